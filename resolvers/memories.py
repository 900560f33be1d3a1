"""Memories: how something is recorded for an NPC to remember."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from db.main import memories, players
from db.main.memories import MemoryRow, MemoryType, NewMemory
from resolvers.changes import Change, aside, npc
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import few, json_object, later, moment, short, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld

LONGEST_LESSON = 10_000
MOST_RELATED = 100
# Clocks differ: what is recorded as it happens may seem to lie ahead.
LEEWAY = timedelta(minutes=1)

enum(MemoryType)


@input_type
class RecordMemoryInput(OfWorld):
    """Something for an NPC to remember."""

    npc_id: int
    """The NPC that remembers: your own, or one that you may decide for."""
    memory_type: MemoryType
    """What it is of."""
    event_data: JSON
    """What happened: an object of at most 32 KB, whose fields depend on the type."""
    importance: float = 0.5
    """How important it is, 0 to 1."""
    emotional_weight: float = 0.0
    """How it felt, −1 (bitter) to 1 (sweet)."""
    occurred_at: datetime | None = None
    """When it happened; now unless told."""
    game_day: int | None = None
    """The day of the world it happened on."""
    related_player_ids: list[int] = strawberry.field(default_factory=list)
    """The players that were part of it, by their ids in that world; at most 100."""
    related_village_ids: list[int] = strawberry.field(default_factory=list)
    """The villages that were part of it; at most 100."""
    lesson_learned: str | None = None
    """What the NPC learned from it, at most 10,000 characters."""
    behavior_adjustment: JSON | None = None
    """How it changed the NPC's behaviour: an object of at most 32 KB."""
    expires_at: datetime | None = None
    """When it may be forgotten; never unless told."""


async def record_memory(
    info: Info, input: Annotated[RecordMemoryInput, strawberry.argument(description="Who remembers what.")]
) -> MemoryRow | Refusal:
    """Record something for an NPC to remember. It is the NPC's own: the world's version stays as it is."""
    new = _checked(input, info.context.now)
    return await aside(info, input, lambda under_way: _record(under_way, new))


def _checked(input: RecordMemoryInput, now: datetime) -> NewMemory:
    few("relatedPlayerIds", input.related_player_ids, MOST_RELATED)
    few("relatedVillageIds", input.related_village_ids, MOST_RELATED)
    occurred_at = now if input.occurred_at is None else moment("occurredAt", input.occurred_at)
    if occurred_at > now + LEEWAY:
        raise bad_input("occurredAt must not lie in the future.")
    adjustment = input.behavior_adjustment
    return NewMemory(
        npc_id=input.npc_id,
        memory_type=input.memory_type,
        event_data=json_object("eventData", input.event_data),
        importance=within("importance", input.importance, 0, 1),
        emotional_weight=within("emotionalWeight", input.emotional_weight, -1, 1),
        occurred_at=occurred_at,
        game_day=input.game_day,
        related_player_ids=input.related_player_ids,
        related_village_ids=input.related_village_ids,
        lesson_learned=short("lessonLearned", input.lesson_learned, LONGEST_LESSON),
        behavior_adjustment=None if adjustment is None else json_object("behaviorAdjustment", adjustment),
        expires_at=later("expiresAt", input.expires_at, occurred_at),
    )


async def _record(change: Change, new: NewMemory) -> MemoryRow:
    await npc(change, new.npc_id)
    unknown = await players.unknown(change.conn, change.world_id, new.related_player_ids)
    if unknown:
        named = ", ".join(map(str, unknown))
        refuse(RefusalCode.NOT_FOUND, f"No players of this world, though named in relatedPlayerIds: {named}.")
    return await memories.add(change.conn, change.world_id, new)
