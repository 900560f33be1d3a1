"""Chains of trust: what those whom a player trusts, or those whom they trust, hold about another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graph.snapshot import Indices, Snapshot
from graph.ties import Floats


@dataclass(frozen=True, slots=True)
class Path:
    """Two or three relationships in a row; all but the last are positive: one takes advice from friends."""

    player_ids: tuple[int, ...]
    """From the truster to the trusted, both included."""
    trusts: tuple[int, ...]
    """The score of each relationship on the way, -100..100."""
    strength: float
    """The product of the scores, each as a share of 100, in points: -100..100. Negative: a warning."""


def best_paths(snapshot: Snapshot, truster: int, trusted: int, count: int) -> tuple[Path, ...]:
    """The `count` strongest chains between two players, given by their numbers; warnings count by their
    size."""
    last = _lookup(snapshot, trusted)
    last[truster] = 0.0
    friends, trusts = _friends(snapshot, truster)
    friends, trusts = friends[friends != trusted], trusts[friends != trusted]
    ties, via = _given_by(snapshot, friends)
    onward = snapshot.trusted[ties]
    sides = (
        (friends, np.full(len(friends), -1, dtype=np.int32), trusts * last[friends]),
        (friends[via], onward, trusts[via] * snapshot.score[ties].clip(0) / 100.0 * last[onward]),
    )
    first, second, strength = (np.concatenate(column) for column in zip(*sides, strict=True))
    order = np.lexsort((second, first, -np.abs(strength).round(12)))[:count]
    order = order[strength[order] != 0.0]
    chains = [_chain(truster, int(first[row]), int(second[row]), trusted) for row in order]
    return tuple(_path(snapshot, chain) for chain in chains)


def _chain(*players: int) -> list[int]:
    return [player for player in players if player >= 0]


def _path(snapshot: Snapshot, chain: list[int]) -> Path:
    scores = [_score(snapshot, some, other) for some, other in pairwise(chain)]
    strength = 100.0 * float(np.prod([score / 100.0 for score in scores]))
    return Path(tuple(snapshot.player_ids[chain].tolist()), tuple(scores), strength)


def _score(snapshot: Snapshot, truster: int, trusted: int) -> int:
    start, end = snapshot.given_starts[truster : truster + 2]
    return int(snapshot.score[start + np.searchsorted(snapshot.trusted[start:end], trusted)])


def _lookup(snapshot: Snapshot, trusted: int) -> Floats:
    """What each player holds about this one, -1..1."""
    ties = snapshot.received[snapshot.received_starts[trusted] : snapshot.received_starts[trusted + 1]]
    scores = np.zeros(snapshot.player_count)
    scores[snapshot.truster[ties]] = snapshot.score[ties] / 100.0
    return scores


def _friends(snapshot: Snapshot, truster: int) -> tuple[Indices, Floats]:
    ties = slice(snapshot.given_starts[truster], snapshot.given_starts[truster + 1])
    liked = snapshot.score[ties] > 0
    return snapshot.trusted[ties][liked], snapshot.score[ties][liked] / 100.0


def _given_by(snapshot: Snapshot, players: Indices) -> tuple[Indices, Indices]:
    """The ties that these players give, and for each the position of its player in the list."""
    starts = snapshot.given_starts[players]
    counts = snapshot.given_starts[players + 1] - starts
    via = np.repeat(np.arange(len(players), dtype=np.int32), counts)
    before = np.cumsum(counts) - counts
    return (np.arange(len(via)) + (starts - before)[via]).astype(np.int32), via
