"""Counters: plain numbers that the engine moves, and that somebody reads now and then."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Histogram:
    """How often a value fell below each bound."""

    bounds: Sequence[float]
    counts: list[int] = field(init=False)
    """One for each bound, and one for what is above them all."""
    total: float = 0.0

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Note a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class Counters:
    """What the engine does, since the start."""

    plans_compiled: int = 0
    plans_failed: int = 0
    """Operations that are not compiled, and go to the reference executor."""
    cache_hits: Counter[str] = field(default_factory=Counter)
    """By cache, such as `documents`."""
    cache_misses: Counter[str] = field(default_factory=Counter)
    statements: int = 0
    batches: Histogram = field(default_factory=lambda: Histogram(BATCH_SIZES))
    """By how many requests they answered."""
