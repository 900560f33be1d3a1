"""Dice: chance that falls the same way for the same seed, on every machine and with every numpy."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Item = TypeVar("Item")

UNIT = 2.0**-53


class Dice:
    """A stream of chance for one subject, so that a change in one subject leaves all others as they were.

    Only the raw bits of PCG64 are used: numpy promises those for ever, and not what it makes of them.
    """

    def __init__(self, seed: int, subject: str) -> None:
        key = blake2b(f"{seed}/{subject}".encode(), digest_size=16).digest()
        self._bits = np.random.PCG64(int.from_bytes(key, "big"))

    def floats(self, *shape: int) -> Floats:
        """Numbers in [0, 1)."""
        count = int(np.prod(shape))
        raw = np.asarray(self._bits.random_raw(count), dtype=np.uint64)
        return (raw >> np.uint64(11)).astype(np.float64).reshape(shape) * UNIT

    def one(self) -> float:
        """A number in [0, 1)."""
        return (int(self._bits.random_raw()) >> 11) * UNIT

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self.one() * limit)

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.one() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as the others."""
        return items[self.below(len(items))]

    def order(self, count: int) -> Ints:
        """The numbers 0 to count - 1, shuffled."""
        return np.argsort(self.floats(count), kind="stable").astype(np.int64)


def choose(weights: Floats, chances: Floats) -> Ints:
    """For each row of weights the column on which its chance falls."""
    steps = np.cumsum(weights, axis=1)
    passed = chances[:, None] * steps[:, -1:] >= steps
    chosen: Ints = np.minimum(passed.sum(axis=1), weights.shape[1] - 1).astype(np.int64)
    return chosen
