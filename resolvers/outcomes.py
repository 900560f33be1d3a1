"""Outcomes: what an act of diplomacy leaves with the NPCs that it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.main import npcs
from db.main.memories import MemoryType, NewMemory
from db.main.npcs import Personality
from db.main.relationships import RelationshipType, TrustEventSource
from resolvers.changes import Change
from resolvers.consequences import Cause, Consequences
from resolvers.feelings import Feeling


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, as it is remembered."""

    what: str
    """In a word or two: a relationship's last interaction."""
    at: datetime
    source: TrustEventSource
    source_id: int | None = None
    memory_type: MemoryType
    data: dict[str, Any]
    about: Sequence[int]
    """The players that were part of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event changed for one NPC, towards one player where there is one."""

    npc_id: int
    player_id: int
    towards: int | None
    feeling: Feeling | None = None
    becomes: RelationshipType | None = None
    only_from: RelationshipType | None = None
    remembered: tuple[float, float] | None = None
    """How important it is and how it felt; None where the NPC remembers it already."""


async def take_in(change: Change, event: Event, outcomes: Sequence[Outcome]) -> None:
    """Let every NPC concerned take in what happened: trust, regard and remember."""
    made = Consequences(change, await personalities(change, [one.npc_id for one in outcomes]))
    cause = Cause(event.at, event.source, event.source_id)
    for one in outcomes:
        _between(made, event, one, cause)
        if one.remembered is not None:
            made.remembered.append(_memory(event, one, *one.remembered))
    await made.write()


async def personalities(change: Change, npc_ids: Sequence[int]) -> Mapping[int, Personality]:
    """The personalities of NPCs, where the world's rules make a difference between them."""
    if not change.rules.trust.of_personality:
        return {}
    return await npcs.personalities(change.conn, npc_ids)


def _between(made: Consequences, event: Event, one: Outcome, cause: Cause) -> None:
    if one.towards is None or one.towards == one.player_id:
        return
    if one.feeling is not None:
        made.feels(one.npc_id, one.towards, one.feeling, cause)
    encounter = made.meets(one.npc_id, one.towards, event.what, event.at)
    encounter.becomes, encounter.only_from = one.becomes, one.only_from
    encounter.begins = encounter.felt_at is not None  # what moves no trust makes nobody acquainted


def _memory(event: Event, one: Outcome, importance: float, weight: float) -> NewMemory:
    """As it struck one NPC; none is part of its own memories of others."""
    return NewMemory(
        npc_id=one.npc_id,
        memory_type=event.memory_type,
        event_data=event.data,
        importance=importance,
        emotional_weight=weight,
        occurred_at=event.at,
        related_player_ids=[about for about in event.about if about != one.player_id],
    )
