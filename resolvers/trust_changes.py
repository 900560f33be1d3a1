"""Trust changes: events that are entered in the ledger by hand."""

from __future__ import annotations

from typing import Annotated

import strawberry

from db.main import players, relationships
from db.main.relationships import NewTrustEvent, RelationshipRow, TrustEventKind, TrustEventSource
from db.main.trust_rules import MOST_POINTS
from resolvers.changes import Change, change, npc
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.feelings import BY_KIND
from resolvers.inputs import LONGEST_NOTE, short, within
from resolvers.outcomes import personalities
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
    points: float | None = None
    """By how much, −1000 to 1000; unless told, as much as the rules of the world say for what happened (see
    `World.trustRules`). The score itself stays within −100 and 100."""
    kind: TrustEventKind = TrustEventKind.ADJUSTED
    """What happened."""
    half_life_seconds: float | None = None
    """After how many seconds it counts half. Unless told, it does not fade where points are given; where
    they are not, it fades as the rules say."""
    note: str | None = None
    """A note of at most 2000 characters."""


async def adjust_trust(
    info: Info, input: Annotated[AdjustTrustInput, strawberry.argument(description="Whose trust moves how.")]
) -> RelationshipRow | Refusal:
    """Enter an event in the ledger of trust of an NPC; its trust score follows."""
    if input.points is not None:
        within("points", input.points, -MOST_POINTS, MOST_POINTS)
    elif input.kind not in BY_KIND:
        raise bad_input(f"Pass points: no rule says what {input.kind.name} is worth.")
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
    event = await _event(change, input)
    await relationships.ADD_EVENTS.add(change.conn, change.world_id, [event])
    found = await relationships.find(change.conn, change.world_id, input.npc_id, input.target_player_id)
    assert found is not None
    return found


async def _event(change: Change, input: AdjustTrustInput) -> NewTrustEvent:
    points, half_life = input.points, input.half_life_seconds
    if points is None:
        known = await personalities(change, [input.npc_id])
        rules, played = change.rules.trust, known.get(input.npc_id)
        points = BY_KIND[input.kind].points(rules, played)
        usual = BY_KIND[input.kind].half_life(rules, played)
        half_life = half_life or (usual.total_seconds() if usual else None)
    return NewTrustEvent(
        npc_id=input.npc_id,
        target_player_id=input.target_player_id,
        kind=input.kind,
        points=points,
        half_life_seconds=half_life,
        note=input.note,
        occurred_at=change.now,
        source=TrustEventSource.MANUAL,
    )
