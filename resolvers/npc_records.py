"""Records: what NPCs have to show for themselves, over all their worlds and in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import strawberry

from db.main import npc_records
from db.main.npc_records import RecordOrder, RecordRow
from db.main.npcs import NpcRow
from db.paging import Ask
from resolvers.context import Info

MOST_WORLDS = 100
LARGEST = 2**63 - 1
COUNTED = tuple(one.name for one in fields(RecordRow) if one.name not in ("world_id", "npc_id"))


@dataclass(frozen=True, slots=True)
class NpcRecord:
    """The record of an NPC."""

    worlds: int
    total: RecordRow
    per_world: list[RecordRow]


async def record(info: Info, npc: strawberry.Parent[NpcRow]) -> NpcRecord | None:
    """What it has to show for itself: battles, trades, decisions, predictions, messages, over all its worlds
    and in each (of those that you are shown, the first 100). It is the NPC's own: null for others, and where
    it plays in no world."""
    ask = Ask(order=RecordOrder.WORLD_ID, limit=MOST_WORLDS)
    rows = await info.context.loaders.many(npc_records.OF_NPC, ask, npc.npc_id)
    return NpcRecord(len(rows), _total(npc.npc_id, rows), rows) if rows else None


def _total(npc_id: int, rows: Sequence[RecordRow]) -> RecordRow:
    sums = {name: min(LARGEST, sum(getattr(row, name) for row in rows)) for name in COUNTED}
    return RecordRow(world_id=None, npc_id=npc_id, **sums)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def success_rate(record: strawberry.Parent[RecordRow]) -> float | None:
    """The share of decisions that turned out well among those whose outcome was measured, 0 to 1; null where
    none was."""
    return _share(record.outcomes_successful, record.outcomes_measured)


def win_rate(record: strawberry.Parent[RecordRow]) -> float | None:
    """The share of its battles that it won, 0 to 1; null where there was none."""
    return _share(record.battles_won, record.battles_won + record.battles_lost + record.battles_drawn)


def prediction_accuracy(record: strawberry.Parent[RecordRow]) -> float | None:
    """How right it was about its battles on average, 0 to 1; null where it predicted none."""
    return _share(record.accuracy_sum, record.predictions)


def llm_latency_ms(record: strawberry.Parent[RecordRow]) -> float | None:
    """How long its language model took for a decision on average, in milliseconds; null where nobody
    timed it."""
    return _share(record.llm_latency_sum, record.llm_calls_timed)
