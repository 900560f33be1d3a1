"""Consequences: what acts leave with the NPCs that they concern, gathered in order and written in bulk.

However many acts: one statement enters what they did to trust in the ledger, one counts what NPCs had to do
with players, one lets them remember, one counts what they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from db.main import memories, npcs, numbers, relationships
from db.main.memories import NewMemory
from db.main.npcs import Deeds, Personality
from db.main.relationships import Encounter, NewTrustEvent, TrustEventSource
from resolvers.changes import Change
from resolvers.feelings import Feeling


@dataclass(frozen=True, slots=True)
class Cause:
    """Where trust that moves comes from, and when it happened."""

    at: datetime
    source: TrustEventSource
    source_id: int | None = None


@dataclass(slots=True)
class Consequences:
    """What is to be written of a change, and the personalities of the NPCs in it, as far as they matter."""

    change: Change
    personalities: Mapping[int, Personality]
    felt: list[NewTrustEvent] = field(default_factory=list)
    remembered: list[NewMemory] = field(default_factory=list)
    _met: dict[tuple[int, int], Encounter] = field(default_factory=dict)
    _done: dict[int, Deeds] = field(default_factory=dict)
    _worth: dict[tuple[str, Personality | None], tuple[float, float | None]] = field(default_factory=dict)

    def feels(self, npc_id: int, towards: int, feeling: Feeling, cause: Cause) -> None:
        """An NPC trusts a player more or less, unless the world says that such acts move nothing."""
        points, half_life = self._worth_of(feeling, self.personalities.get(npc_id))
        if points:
            new = NewTrustEvent(
                npc_id=npc_id,
                target_player_id=towards,
                kind=feeling.kind,
                points=points,
                half_life_seconds=half_life,
                note=feeling.note,
                occurred_at=cause.at,
                source=cause.source,
                source_id=cause.source_id,
            )
            self.felt.append(new)
            met = self._encounter(npc_id, towards, cause.at)
            met.felt_at, met.begins = max(met.felt_at or cause.at, cause.at), True

    def meets(self, npc_id: int, player_id: int, what: str, at: datetime) -> Encounter:
        """An NPC has to do with a player; what that did to its counters is added to what is returned."""
        met = self._encounter(npc_id, player_id, at)
        met.times, met.begins = met.times + 1, True
        if met.last_what is None or at >= met.last_at:
            met.last_what, met.last_at = what, at
        return met

    def _encounter(self, npc_id: int, player_id: int, at: datetime) -> Encounter:
        known = self._met.get((npc_id, player_id))
        if known is None:
            known = self._met[npc_id, player_id] = Encounter(npc_id, player_id, at)
        return known

    def does(self, npc_id: int, at: datetime) -> Deeds:
        """An NPC does something; what it was is added to what is returned."""
        known = self._done.setdefault(npc_id, Deeds(npc_id, at))
        known.last_active = max(known.last_active, at)
        return known

    def _worth_of(self, feeling: Feeling, personality: Personality | None) -> tuple[float, float | None]:
        known = self._worth.get((feeling.name, personality))
        if known is None:
            rules = self.change.rules.trust
            half_life = feeling.half_life(rules, personality)
            seconds = half_life.total_seconds() if half_life else None
            known = self._worth[feeling.name, personality] = (feeling.points(rules, personality), seconds)
        return known

    async def write(self) -> None:
        """Write all of it."""
        conn, world_id = self.change.conn, self.change.world_id
        met = list(self._met.values())
        await relationships.first_met(conn, world_id, met)
        await relationships.ADD_EVENTS_TO_BE_COUNTED.add(conn, world_id, self.felt)
        await relationships.met(conn, world_id, met)
        await self._write_memories()
        await npcs.acted(conn, list(self._done.values()))

    async def _write_memories(self) -> None:
        nameless = [memory for memory in self.remembered if not memory.id]
        ids = await numbers.take(self.change.conn, {"npc_memory": len(nameless)})
        for memory, number in zip(nameless, ids["npc_memory"], strict=True):
            memory.id = number
        await memories.ADD.add(self.change.conn, self.change.world_id, self.remembered)
