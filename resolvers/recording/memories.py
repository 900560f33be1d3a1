"""Memories: what an NPC is to remember."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db.main.memories import MemoryType, NewMemory
from resolvers.descriptions import enum, input_type
from resolvers.inputs import (
    as_object,
    as_object_or_none,
    few,
    json_object,
    json_object_or_none,
    later,
    past,
    short,
    within,
)
from resolvers.recording.scene import Scene, Wanted
from resolvers.refusal import RefusalCode, refuse

TABLE = "npc_memory"
LONGEST_LESSON = 10_000
MOST_RELATED = 100

enum(MemoryType)


@input_type
class MemoryInput:
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
    """The day of the world it happened on; worked out unless told."""
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

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""
        few("relatedPlayerIds", self.related_player_ids, MOST_RELATED)
        few("relatedVillageIds", self.related_village_ids, MOST_RELATED)
        within("importance", self.importance, 0, 1)
        within("emotionalWeight", self.emotional_weight, -1, 1)
        short("lessonLearned", self.lesson_learned, LONGEST_LESSON)
        json_object("eventData", self.event_data)
        json_object_or_none("behaviorAdjustment", self.behavior_adjustment)
        later("expiresAt", self.expires_at, past("occurredAt", self.occurred_at, now))

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""
        wanted.npcs.add(self.npc_id)
        wanted.players.update(self.related_player_ids)
        wanted.row(TABLE)

    def record(self, scene: Scene) -> list[int]:
        """Record it; its id."""
        scene.npc(self.npc_id)
        unknown = [str(one) for one in self.related_player_ids if one not in scene.players]
        if unknown:
            named = ", ".join(unknown)
            message = f"No players of this world, though named in relatedPlayerIds: {named}."
            refuse(RefusalCode.NOT_FOUND, message)
        row = self._row(next(scene.ids[TABLE]), scene.change.now)
        scene.made.remembered.append(row)
        return [row.id]

    def _row(self, number: int, now: datetime) -> NewMemory:
        return NewMemory(
            id=number,
            npc_id=self.npc_id,
            memory_type=self.memory_type,
            event_data=as_object(self.event_data),
            importance=self.importance,
            emotional_weight=self.emotional_weight,
            occurred_at=now if self.occurred_at is None else self.occurred_at,
            game_day=self.game_day,
            related_player_ids=self.related_player_ids,
            related_village_ids=self.related_village_ids,
            lesson_learned=self.lesson_learned,
            behavior_adjustment=as_object_or_none(self.behavior_adjustment),
            expires_at=self.expires_at,
        )
