"""Recollections: which memories tell an NPC most now.

| part | weight | share |
| --- | --- | --- |
| importance | 35 | the memory's own, 0 to 1 |
| emotion | 25 | \\|emotional weight\\| |
| relevance | 25 | the greatest stake among the players that were part of it, / 100 |
| recency | 15 | 2^(−days / 30) |

The second memory of one kind about the same people counts half, the third a quarter, and so on, so that ten
raids by one neighbour do not push out everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.main.memories import MemoryRow
from db.main.players import PlayerRow
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.stakes import StakeRow
from resolvers.diplomacy.tales import tale

HALF_LIFE = 30.0
IMPORTANCE, EMOTION, RELEVANCE, RECENCY = 35, 25, 25, 15
MOST_RECALLED = 40
MOST_PEOPLE = 5
"""Of the players in a memory, so many are looked up."""


@dataclass(frozen=True, slots=True)
class RecollectionRow:
    """A memory, how much it tells now, and what it tells."""

    memory: MemoryRow
    score: float
    importance: float
    emotion: float
    relevance: float
    recency: float
    tale: str


def people_of(memories: Iterable[MemoryRow]) -> set[int]:
    """The players that memories speak of."""
    return {player_id for memory in memories for player_id in memory.related_player_ids[:MOST_PEOPLE]}


def recollections_of(
    memories: Sequence[MemoryRow], stakes: Iterable[StakeRow], players: Mapping[int, PlayerRow], days: Days
) -> list[RecollectionRow]:
    """The most telling memories, the one that tells most first."""
    stake_of = {row.player.player_id: row.stake for row in stakes}
    scored = sorted((_scored(memory, stake_of, days) for memory in memories), key=_order)
    seen: Counter[Kind] = Counter()
    faded = sorted((_faded(one, seen) for one in scored), key=_order)
    return [_told(one, players, days) for one in faded[:MOST_RECALLED]]


Kind = tuple[str, tuple[int, ...]]
Scored = tuple[MemoryRow, dict[str, float]]


def _scored(memory: MemoryRow, stake_of: Mapping[int, float], days: Days) -> Scored:
    stakes = [stake_of.get(player_id, 0.0) for player_id in memory.related_player_ids[:MOST_PEOPLE]]
    return memory, {
        "importance": IMPORTANCE * memory.importance,
        "emotion": EMOTION * abs(memory.emotional_weight),
        "relevance": RELEVANCE * max(stakes, default=0.0) / 100,
        "recency": RECENCY * days.freshness(memory.occurred_at, HALF_LIFE),
    }


def _order(scored: Scored) -> tuple[float, float, int]:
    memory, parts = scored
    return -sum(parts.values()), -memory.occurred_at.timestamp(), -memory.memory_id


def _faded(scored: Scored, seen: Counter[Kind]) -> Scored:
    """By a half for each memory of the same kind about the same people that tells more."""
    memory, parts = scored
    kind = (memory.memory_type.value, tuple(sorted(memory.related_player_ids)))
    share = 0.5 ** seen[kind]
    seen[kind] += 1
    return memory, {name: share * points for name, points in parts.items()}


def _told(scored: Scored, players: Mapping[int, PlayerRow], days: Days) -> RecollectionRow:
    memory, parts = scored
    points = {name: round(value, 1) for name, value in parts.items()}
    return RecollectionRow(memory, round(sum(points.values()), 1), **points, tale=tale(memory, players, days))
