"""Outcomes: what an act leaves with the NPCs that it concerns, in three statements however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.main import memories, relationships
from db.main.memories import Impression, MemoryType
from db.main.relationships import Encounter, NewTrustEvent, Origin, RelationshipType, TrustEventSource
from resolvers.changes import Change
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
    between = [one for one in outcomes if one.towards is not None and one.towards != one.player_id]
    await _trust(change, event, between)
    encounters = [_encounter(one) for one in between]
    await relationships.met(change.conn, change.world_id, event.what, event.at, encounters)
    await _remember(change, event, outcomes)


async def _trust(change: Change, event: Event, between: Sequence[Outcome]) -> None:
    felt = [new for one in between if (new := _felt(change, one)) is not None]
    origin = Origin(event.at, event.source, event.source_id)
    await relationships.add_events(change.conn, change.world_id, origin, felt)


def _felt(change: Change, one: Outcome) -> NewTrustEvent | None:
    feeling = one.feeling
    points = 0 if feeling is None else feeling.points(change.rules)
    if feeling is None or one.towards is None or points == 0:
        return None
    return NewTrustEvent(one.npc_id, one.towards, feeling.kind, points, feeling.half_life, feeling.note)


def _encounter(one: Outcome) -> Encounter:
    assert one.towards is not None
    return Encounter(one.npc_id, one.towards, one.becomes, one.only_from)


async def _remember(change: Change, event: Event, outcomes: Sequence[Outcome]) -> None:
    deep = [one for one in outcomes if one.remembered is not None]
    impressions = [Impression(one.npc_id, one.player_id, *one.remembered) for one in deep if one.remembered]
    what = (event.memory_type, event.data)
    await memories.add_shared(change.conn, change.world_id, what, event.at, event.about, impressions)
