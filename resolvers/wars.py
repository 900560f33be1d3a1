"""Wars: how they are declared, and how peace is made."""

from __future__ import annotations

from typing import Annotated, NoReturn

import strawberry

from db.main import treaties
from db.main.memories import MemoryType
from db.main.treaties import LockedTreaty, NewTreaty, Side, TreatyRow, TreatyStatus, TreatyType
from resolvers.changes import Change, actor, change
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.feelings import PEACE, WAR, WAR_ON_A_FRIEND
from resolvers.inputs import PartyInput
from resolvers.parties import OTHER, Sides, face, of_treaty, of_two, own_treaty
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.treaties import OfTreaty, binds_just, in_force, is_over, open_between, room_for, settle
from resolvers.turns import Turn, agreed, wronged


@input_type
class DeclareWarInput(OfWorld):
    """A war to declare."""

    as_player_id: int
    """The player who acts: yourself, or a player whom you may act for."""
    declarer: PartyInput | None = None
    """For whom that player acts: itself unless told, or the alliance that it leads."""
    against: PartyInput
    """Whom it is declared on."""


@input_type
class MakePeaceInput(OfTreaty):
    """A war to end, and who makes peace."""


async def declare_war(
    info: Info, input: Annotated[DeclareWarInput, strawberry.argument(description="Who declares it on whom.")]
) -> TreatyRow | Refusal:
    """Declare war: it is in force at once, and everybody knows. Whatever treaty is in force between the two
    has to be broken first. Those it is declared on trust the player who declares it less, and so do their
    friends, a little."""
    return await change(info, input, lambda under_way: _declare(under_way, input))


async def _declare(change: Change, input: DeclareWarInput) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    sides = await of_two(change, by, input.declarer, input.against)
    _no_comrades(sides)
    await _nothing_in_the_way(change, sides)
    await room_for(change, TreatyType.WAR, sides[Side.A])
    new = NewTreaty(
        world_id=change.world_id,
        type=TreatyType.WAR,
        a=sides[Side.A].key,
        b=sides[Side.B].key,
        by=by.player_id,
        at=change.now,
    )
    war = await treaties.declared(change.conn, new)
    faces = {Side.A: by.player_id, Side.B: sides[Side.B].speaker_id}
    await wronged(change, Turn(war, sides, faces, by.name, "war declared"), Side.A, WAR, WAR_ON_A_FRIEND)
    return war


def _no_comrades(sides: Sides) -> None:
    one, other = sides.values()
    if one.league_id is not None and one.league_id == other.league_id:
        refuse(RefusalCode.SAME_PARTY, f"{one.name} and {other.name} are of one alliance: leave it first.")


BINDING = (TreatyType.NAP, TreatyType.CONFEDERACY, TreatyType.VASSALAGE)
"""What alliances agree on in the name of their members, too."""


async def _nothing_in_the_way(change: Change, sides: Sides) -> None:
    for treaty in await open_between(change, sides):
        between_them = binds_just(treaty, sides)
        if treaty.status is TreatyStatus.PROPOSED or not (between_them or treaty.type in BINDING):
            continue
        if is_over(treaty, change.now):
            if between_them:
                await settle(change, treaty)
        elif treaty.type is TreatyType.WAR:
            refuse(RefusalCode.ALREADY_IN_FORCE, f"The two are at war already: treaty {treaty.treaty_id}.")
        else:
            _at_peace(treaty, between_them)


def _at_peace(treaty: TreatyRow, between_them: bool) -> NoReturn:
    named = f"{treaty.type.value.replace('_', ' ')}, treaty {treaty.treaty_id},"
    if between_them:
        refuse(RefusalCode.AT_PEACE_BY_TREATY, f"Their {named} is in force: break it first.")
    refuse(
        RefusalCode.AT_PEACE_BY_TREATY,
        f"Their alliances' {named} is in force and binds members, too: whoever leads has to break it first.",
    )


async def make_peace(
    info: Info, input: Annotated[MakePeaceInput, strawberry.argument(description="Who ends which war.")]
) -> TreatyRow | Refusal:
    """Offer peace in a war, or take the peace that the other side has offered: then the war is over, and the
    NPCs of both sides trust the player who acted for the other side a little more."""
    return await change(info, input, lambda under_way: _make_peace(under_way, input))


async def _make_peace(change: Change, input: MakePeaceInput) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    locked, mine = await own_treaty(change, by, input.treaty_id)
    war = locked.row
    if war.type is not TreatyType.WAR:
        refuse(RefusalCode.NOT_A_WAR, "This treaty is no war: break it, or let it end.")
    in_force(change, war)
    at = change.moment_after(war.changed_at)
    side = _answering(war, mine)
    sides = await of_treaty(change, war)
    if war.peace_offered_by is OTHER[side] or sides[OTHER[side]].gone_at is not None:
        over = await treaties.ended(change.conn, war, TreatyStatus.CANCELLED, by.player_id, at)
        faces = {side: by.player_id, OTHER[side]: _offered(locked, sides, OTHER[side])}
        await agreed(change, Turn(over, sides, faces, by.name, "peace made", MemoryType.TREATY_SIGNED), PEACE)
        return over
    if war.peace_offered_by is side:
        refuse(RefusalCode.ALREADY_PROPOSED, "You have offered peace already: the other side has to take it.")
    return await treaties.peace_offered(change.conn, war, side, by.player_id, at)


def _answering(war: TreatyRow, mine: frozenset[Side]) -> Side:
    """The side that a player acts for, the one that was offered peace where it is both."""
    offered = war.peace_offered_by
    if offered is not None and OTHER[offered] in mine:
        return OTHER[offered]
    return min(mine, key=lambda side: side.value)


def _offered(locked: LockedTreaty, sides: Sides, side: Side) -> int | None:
    """Who stands for the side that offered: an alliance's offer was the last change of the war."""
    return face(sides[side], locked.changed_by if locked.row.peace_offered_by is side else None)
