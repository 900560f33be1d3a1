"""Outcomes: what an act leaves with the NPCs that it concerns, in three statements however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.main import memories, npcs, relationships
from db.main.memories import Impression, MemoryType
from db.main.npcs import Personality
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
    known = await personalities(change, [one.npc_id for one in between])
    felt = [new for one in between if (new := _felt(change, one, known.get(one.npc_id))) is not None]
    origin = Origin(event.at, event.source, event.source_id)
    await relationships.add_events(change.conn, change.world_id, origin, felt)


async def personalities(change: Change, npc_ids: Sequence[int]) -> Mapping[int, Personality]:
    """The personalities of NPCs, where the world's rules make a difference between them."""
    if not change.rules.trust.of_personality:
        return {}
    return await npcs.personalities(change.conn, npc_ids)


def _felt(change: Change, one: Outcome, personality: Personality | None) -> NewTrustEvent | None:
    feeling = one.feeling
    if feeling is None or one.towards is None:
        return None
    points = feeling.points(change.rules.trust, personality)
    if points == 0:
        return None
    half_life = feeling.half_life(change.rules.trust, personality)
    return NewTrustEvent(one.npc_id, one.towards, feeling.kind, points, half_life, feeling.note)


def _encounter(one: Outcome) -> Encounter:
    assert one.towards is not None
    return Encounter(one.npc_id, one.towards, one.becomes, one.only_from)


async def _remember(change: Change, event: Event, outcomes: Sequence[Outcome]) -> None:
    deep = [one for one in outcomes if one.remembered is not None]
    impressions = [Impression(one.npc_id, one.player_id, *one.remembered) for one in deep if one.remembered]
    what = (event.memory_type, event.data)
    await memories.add_shared(change.conn, change.world_id, what, event.at, event.about, impressions)
