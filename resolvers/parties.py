"""Parties: who may act for which side of a treaty."""

from __future__ import annotations

from collections.abc import Mapping

from db.main import parties, treaties
from db.main.parties import PartyKey, PartyRow, side_a, side_b
from db.main.players import ActorRow
from db.main.treaties import LockedTreaty, Side, TreatyRow
from resolvers.changes import Change
from resolvers.inputs import PartyInput
from resolvers.refusal import RefusalCode, refuse

OTHER = {Side.A: Side.B, Side.B: Side.A}
Sides = Mapping[Side, PartyRow]


def speaks_for(actor: ActorRow, party: PartyKey) -> bool:
    """Whether a player is this party, or leads it."""
    if party.player_id is not None:
        return party.player_id == actor.player_id
    return party.alliance_id == actor.alliance_id and actor.leads


async def of_two(change: Change, actor: ActorRow, own: PartyInput | None, other: PartyInput) -> Sides:
    """The party that a player acts for, as side A, and the one it turns to."""
    mine = own.key if own is not None else PartyKey(actor.player_id, None)
    theirs = other.key
    if mine == theirs:
        refuse(RefusalCode.SAME_PARTY, "A party cannot treat with itself: pass another one.")
    one, two = await parties.pair(change.conn, change.world_id, mine, theirs)
    sides = {Side.A: _known(one, mine), Side.B: _known(two, theirs)}
    if not speaks_for(actor, mine):
        refuse(RefusalCode.NOT_YOURS, f"{actor.name} does not speak for {sides[Side.A].name}.")
    _apart(sides)
    for party in sides.values():
        present(party)
    return sides


def _apart(sides: Sides) -> None:
    """Refuse an alliance and one of its own."""
    one, other = sides.values()
    if one.league_id == other.league_id and None in (one.player_id, other.player_id):
        refuse(RefusalCode.SAME_PARTY, f"{one.name} and {other.name} are of one alliance already.")


def _known(party: PartyRow | None, key: PartyKey) -> PartyRow:
    if party is None:
        called = f"player {key.player_id}" if key.alliance_id is None else f"alliance {key.alliance_id}"
        refuse(RefusalCode.NOT_FOUND, f"There is no {called} in this world: pass one that there is.")
    return party


def present(party: PartyRow) -> None:
    """Refuse a party that is no longer there."""
    if party.gone_at is not None:
        refuse(RefusalCode.GONE, f"{party.name} is no longer in this world: nothing can be agreed with it.")


async def of_treaty(change: Change, treaty: TreatyRow) -> Sides:
    """The parties of a treaty."""
    one, two = await parties.pair(change.conn, change.world_id, side_a(treaty), side_b(treaty))
    return {Side.A: _known(one, side_a(treaty)), Side.B: _known(two, side_b(treaty))}


async def own_treaty(change: Change, actor: ActorRow, treaty_id: int) -> tuple[LockedTreaty, frozenset[Side]]:
    """A treaty, and the sides of it that a player speaks for: at least one."""
    locked = await treaties.lock(change.conn, change.world_id, treaty_id)
    if locked is None or not _may_know(change, actor, locked.row):
        refuse(RefusalCode.NOT_FOUND, f"There is no treaty {treaty_id} in this world: see `treaties`.")
    keys = {Side.A: side_a(locked.row), Side.B: side_b(locked.row)}
    mine = frozenset(side for side, key in keys.items() if speaks_for(actor, key))
    if not mine:
        refuse(RefusalCode.NOT_YOURS, f"{actor.name} speaks for neither side of this treaty.")
    return locked, mine


def _may_know(change: Change, actor: ActorRow, treaty: TreatyRow) -> bool:
    if treaty.is_public or change.viewer.sees_all:
        return True
    mine = {PartyKey(actor.player_id, None), PartyKey(None, actor.alliance_id)}
    return side_a(treaty) in mine or side_b(treaty) in mine


def face(party: PartyRow, acted: int | None) -> int | None:
    """The player who stands for a party: itself, for an alliance who acted for it, else its leader."""
    known = (one for one in (party.player_id, acted, party.speaker_id) if one is not None)
    return next(known, None)
