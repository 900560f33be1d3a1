"""Trust changes: events that are entered in the ledger by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from db.main import players, relationships
from db.main.relationships import NewTrustEvent, Origin, RelationshipRow, TrustEventKind, TrustEventSource
from db.main.rules import MOST_POINTS
from resolvers.changes import Change, change, npc
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.inputs import LONGEST_NOTE, short, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld

LONGEST_HALF_LIFE = 100 * 365 * 86_400.0

enum(TrustEventKind)


@input_type
class AdjustTrustInput(OfWorld):
    """A cause for an NPC to trust a player more or less."""

    npc_id: int
    """The NPC whose trust moves: your own, or one that you may decide for."""
    target_player_id: int
    """The player whom it trusts more or less, by its id in that world."""
    points: float
    """By how much, −1000 to 1000. The score itself stays within −100 and 100."""
    kind: TrustEventKind = TrustEventKind.ADJUSTED
    """What happened."""
    half_life_seconds: float | None = None
    """After how many seconds it counts half; it does not fade unless told."""
    note: str | None = None
    """A note of at most 2000 characters."""


async def adjust_trust(
    info: Info, input: Annotated[AdjustTrustInput, strawberry.argument(description="Whose trust moves how.")]
) -> RelationshipRow | Refusal:
    """Enter an event in the ledger of trust of an NPC; its trust score follows."""
    within("points", input.points, -MOST_POINTS, MOST_POINTS)
    if input.half_life_seconds is not None:
        within("halfLifeSeconds", input.half_life_seconds, 1, LONGEST_HALF_LIFE)
    short("note", input.note, LONGEST_NOTE)
    return await change(info, input, lambda under_way: _adjust(under_way, input))


async def _adjust(change: Change, input: AdjustTrustInput) -> RelationshipRow:
    truster = await npc(change, input.npc_id)
    if truster.player_id == input.target_player_id:
        refuse(RefusalCode.SAME_PARTY, f"{truster.name} holds nothing about itself: pass another player.")
    if await players.unknown(change.conn, change.world_id, [input.target_player_id]):
        refuse(RefusalCode.NOT_FOUND, f"There is no player {input.target_player_id} in this world.")
    origin = Origin(change.now, TrustEventSource.MANUAL)
    await relationships.add_events(change.conn, change.world_id, origin, [_event(input)])
    found = await relationships.find(change.conn, change.world_id, input.npc_id, input.target_player_id)
    assert found is not None
    return found


def _event(input: AdjustTrustInput) -> NewTrustEvent:
    half_life = None if input.half_life_seconds is None else timedelta(seconds=input.half_life_seconds)
    return NewTrustEvent(
        input.npc_id, input.target_player_id, input.kind, input.points, half_life, input.note
    )
