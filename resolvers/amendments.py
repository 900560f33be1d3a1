"""Amendments: how a treaty in force is ended or prolonged in agreement."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from db.main import treaties
from db.main.memories import MemoryType
from db.main.players import ActorRow
from db.main.treaties import (
    LockedTreaty,
    NewOffer,
    Side,
    TreatyOffer,
    TreatyRow,
    TreatyStatus,
    TreatyType,
)
from resolvers.changes import Change, actor, change
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.feelings import PROLONGED
from resolvers.inputs import later
from resolvers.parties import OTHER, Sides, face, of_treaty, own_treaty, present
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.treaties import OfTreaty, in_force
from resolvers.turns import Turn, agreed

enum(TreatyOffer)


@input_type
class CancelTreatyInput(OfTreaty):
    """A treaty to end in agreement, and who offers or agrees to it."""


async def cancel_treaty(
    info: Info, input: Annotated[CancelTreatyInput, strawberry.argument(description="Who ends what.")]
) -> TreatyRow | Refusal:
    """Offer to end a treaty in agreement, or agree to the end that the other side has offered: then it is
    over, and costs no trust. Where the other side is no longer there, it is over at once."""
    return await change(info, input, lambda under_way: _cancel(under_way, input))


async def _cancel(change: Change, input: CancelTreatyInput) -> TreatyRow:
    by, locked, side = await _amended(change, input, TreatyOffer.END)
    treaty, at = locked.row, change.moment_after(locked.row.changed_at)
    sides = await of_treaty(change, treaty)
    if _is_offered(treaty, TreatyOffer.END, OTHER[side]) or sides[OTHER[side]].gone_at is not None:
        over = await treaties.ended(change.conn, treaty, TreatyStatus.CANCELLED, by.player_id, at)
        turn = _turn(over, sides, by, side, locked, "treaty ended in agreement")
        await agreed(change, turn, None)
        return over
    if _is_offered(treaty, TreatyOffer.END, side):
        refuse(RefusalCode.ALREADY_PROPOSED, "You have offered to end it: the other side has to agree.")
    return await treaties.offered(change.conn, treaty, NewOffer(TreatyOffer.END, side), by.player_id, at)


@input_type
class ProlongTreatyInput(OfTreaty):
    """A treaty to prolong, and who offers or agrees to it."""

    ends_at: datetime | None = None
    """Until when it is to last; without a set end unless told."""


async def prolong_treaty(
    info: Info, input: Annotated[ProlongTreatyInput, strawberry.argument(description="Who prolongs what.")]
) -> TreatyRow | Refusal:
    """Offer to prolong a treaty, or agree to what the other side has offered by naming the same end: then it
    lasts until that, and the NPCs of both sides trust the player who acted for the other side a little more.
    Another end is an offer of its own, in the place of theirs."""
    ends_at = later("endsAt", input.ends_at, info.context.now)
    return await change(info, input, lambda under_way: _prolong(under_way, input, ends_at))


async def _prolong(change: Change, input: ProlongTreatyInput, ends_at: datetime | None) -> TreatyRow:
    by, locked, side = await _amended(change, input, TreatyOffer.PROLONG)
    treaty, at = locked.row, change.moment_after(locked.row.changed_at)
    _lasts_longer(treaty, ends_at)
    sides = await of_treaty(change, treaty)
    present(sides[OTHER[side]])
    same = treaty.offered_ends_at == ends_at
    if same and _is_offered(treaty, TreatyOffer.PROLONG, OTHER[side]):
        prolonged = await treaties.prolonged(change.conn, treaty, by.player_id, at)
        turn = _turn(prolonged, sides, by, side, locked, "treaty prolonged")
        await agreed(change, turn, PROLONGED)
        return prolonged
    if same and _is_offered(treaty, TreatyOffer.PROLONG, side):
        refuse(RefusalCode.ALREADY_PROPOSED, "You have offered just that: the other side has to agree.")
    offer = NewOffer(TreatyOffer.PROLONG, side, ends_at)
    return await treaties.offered(change.conn, treaty, offer, by.player_id, at)


def _lasts_longer(treaty: TreatyRow, ends_at: datetime | None) -> None:
    if treaty.ends_at is None:
        refuse(RefusalCode.NOTHING_TO_PROLONG, "This treaty has no set end.")
    if ends_at is not None and ends_at <= treaty.ends_at:
        until = f"{treaty.ends_at:%Y-%m-%d %H:%M}"
        refuse(RefusalCode.NOTHING_TO_PROLONG, f"It lasts until {until} already: pass a later endsAt.")


async def _amended(
    change: Change, input: OfTreaty, offer: TreatyOffer
) -> tuple[ActorRow, LockedTreaty, Side]:
    """Who acts, the treaty, which is in force and no war, and the side that is acted for: of one who speaks
    for both, the side that was offered this."""
    by = await actor(change, input.as_player_id)
    locked, mine = await own_treaty(change, by, input.treaty_id)
    in_force(change, locked.row)
    if locked.row.type is TreatyType.WAR:
        refuse(RefusalCode.IS_A_WAR, "A war has no end to agree on but peace: use makePeace.")
    answering = [side for side in mine if _is_offered(locked.row, offer, OTHER[side])]
    return by, locked, min(answering or mine, key=lambda side: side.value)


def _is_offered(treaty: TreatyRow, offer: TreatyOffer, by: Side) -> bool:
    return treaty.offer is offer and treaty.offered_by is by


def _turn(treaty: TreatyRow, sides: Sides, by: ActorRow, side: Side, locked: LockedTreaty, what: str) -> Turn:
    """What both did together: an alliance's offer was the last change of the treaty."""
    offered = locked.changed_by if locked.row.offered_by is OTHER[side] else None
    faces = {side: by.player_id, OTHER[side]: face(sides[OTHER[side]], offered)}
    return Turn(treaty, sides, faces, by.name, what, MemoryType.TREATY_SIGNED)
