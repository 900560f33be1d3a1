"""Memories: how something is recorded for an NPC to remember."""

from __future__ import annotations

from typing import Annotated

import strawberry

from db.main import memories
from db.main.memories import MemoryRow
from db.rows import sure
from resolvers.changes import Change, aside
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.recording.memories import MemoryInput
from resolvers.recording.recorder import record
from resolvers.refusal import Refusal
from resolvers.repeats import OfWorld


@input_type
class RecordMemoryInput(OfWorld, MemoryInput):
    """Something for an NPC to remember of a world."""


async def record_memory(
    info: Info, input: Annotated[RecordMemoryInput, strawberry.argument(description="Who remembers what.")]
) -> MemoryRow | Refusal:
    """Record something for an NPC to remember. It is the NPC's own: the world's version stays as it is."""
    input.check(info.context.now)

    async def act(under_way: Change) -> MemoryRow:
        (memory_id,) = await record(under_way, input)
        at = under_way.now if input.occurred_at is None else input.occurred_at
        return await sure(under_way.conn, memories.BY_ID, input.world_id, at, memory_id)

    return await aside(info, input, act)
