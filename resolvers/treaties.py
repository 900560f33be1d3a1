"""Treaties: how they are proposed, answered and broken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db.main import treaties
from db.main.memories import MemoryType
from db.main.parties import PartyRow, side_a, side_b
from db.main.treaties import NewTreaty, Side, TreatyRow, TreatyStatus, TreatyType
from resolvers.changes import Change, actor, change
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.feelings import BROKEN, BROKEN_WITH_A_FRIEND, HONOURED, SIGNED
from resolvers.inputs import PartyInput, json_object, later, within
from resolvers.parties import OTHER, Sides, face, of_treaty, of_two, own_treaty, present
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt
from resolvers.turns import Turn, agreed, wronged

DURATION = "duration_seconds"
SEVERAL = {
    TreatyType.NAP: "NAPs",
    TreatyType.CONFEDERACY: "confederacies",
    TreatyType.TRADE_AGREEMENT: "trade agreements",
    TreatyType.VASSALAGE: "vassalages",
    TreatyType.WAR: "wars",
}
LONGEST = 100 * 365 * 86_400

enum(TreatyType)
enum(Side)


@input_type
class ProposeTreatyInput(OfWorld):
    """A treaty to propose."""

    as_player_id: int
    """The player who acts: yourself, or a player whom you may act for."""
    proposer: PartyInput | None = None
    """For whom that player acts: itself unless told, or the alliance that it leads."""
    partner: PartyInput
    """Whom it is proposed to."""
    type: TreatyType
    """What it is about; wars are declared with declareWar."""
    overlord: Side | None = None
    """Which side is the overlord of a vassalage, A being the proposer; for a vassalage alone."""
    terms: JSON | None = None
    """What is agreed beside the usual: an object of at most 32 KB."""
    is_public: bool = True
    """Whether everybody may know of it; a secret treaty is known to its two sides."""
    ends_at: datetime | None = None
    """When it is to end; it has no set end unless told."""
    duration_seconds: int | None = None
    """How long it is to last from when it is accepted, instead of endsAt."""
    answer_by: datetime | None = None
    """Until when it may be accepted; as long as the world lets proposals wait unless told."""


@input_type
class OfTreaty(OfWorld):
    """An act of one side of a treaty."""

    as_player_id: int
    """The player who acts: yourself, or one whom you may act for. For an alliance, one who leads it now."""
    treaty_id: BigInt
    """The treaty's id in that world."""


@input_type
class AcceptTreatyInput(OfTreaty):
    """A treaty to accept, and who accepts it."""


@input_type
class DeclineTreatyInput(OfTreaty):
    """A treaty to decline or to withdraw, and who does it."""


@input_type
class BreakTreatyInput(OfTreaty):
    """A treaty to break, and who breaks it."""


async def propose_treaty(
    info: Info, input: Annotated[ProposeTreatyInput, strawberry.argument(description="What to propose.")]
) -> TreatyRow | Refusal:
    """Propose a treaty. It binds nobody before the other side accepts it."""
    terms = _checked_terms(input)
    later("endsAt", input.ends_at, info.context.now)
    later("answerBy", input.answer_by, info.context.now)
    return await change(info, input, lambda under_way: _propose(under_way, input, terms))


def _checked_terms(input: ProposeTreatyInput) -> dict[str, Any]:
    if input.type is TreatyType.WAR:
        raise bad_input("A war is not proposed: use declareWar.")
    if (input.type is TreatyType.VASSALAGE) != (input.overlord is not None):
        raise bad_input("Pass overlord for a vassalage, and for a vassalage alone.")
    terms = {} if input.terms is None else json_object("terms", input.terms)
    if DURATION in terms:
        raise bad_input(f"terms must not name {DURATION}: pass durationSeconds instead.")
    if input.duration_seconds is None:
        return terms
    if input.ends_at is not None:
        raise bad_input("Pass either endsAt or durationSeconds.")
    return {**terms, DURATION: within("durationSeconds", input.duration_seconds, 1, LONGEST)}


async def _propose(change: Change, input: ProposeTreatyInput, terms: dict[str, Any]) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    sides = await of_two(change, by, input.proposer, input.partner)
    await _may_be_made(change, input.type, sides)
    await _one_overlord(change, input.overlord, sides)
    await room_for(change, input.type, sides[Side.A])
    new = NewTreaty(
        world_id=change.world_id,
        type=input.type,
        a=sides[Side.A].key,
        b=sides[Side.B].key,
        by=by.player_id,
        at=change.now,
        terms=terms,
        overlord=input.overlord,
        is_public=input.is_public,
        ends_at=input.ends_at,
        answer_by=_answer_by(change, input),
    )
    return await treaties.proposed(change.conn, new)


def _answer_by(change: Change, input: ProposeTreatyInput) -> datetime:
    """As was told, else as long as the world lets proposals wait; not beyond the end that is proposed."""
    until = input.answer_by or change.now + change.rules.proposals_last
    return until if input.ends_at is None else min(until, input.ends_at)


async def accept_treaty(
    info: Info, input: Annotated[AcceptTreatyInput, strawberry.argument(description="Who accepts what.")]
) -> TreatyRow | Refusal:
    """Accept a treaty that was proposed to you: it is in force at once. The NPCs of both sides trust the
    player who acted for the other side more; a confederacy counts most."""
    return await change(info, input, lambda under_way: _accept(under_way, input))


async def _accept(change: Change, input: AcceptTreatyInput) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    locked, mine = await own_treaty(change, by, input.treaty_id)
    treaty = locked.row
    _waits(treaty)
    if treaty.answer_by is not None and treaty.answer_by <= change.now:
        refuse(RefusalCode.TOO_LATE, f"It waited until {treaty.answer_by:%Y-%m-%d %H:%M}: propose a new one.")
    if Side.B not in mine:
        refuse(RefusalCode.NOT_YOURS, "You proposed this treaty: the other side accepts it.")
    sides = await of_treaty(change, treaty)
    present(sides[Side.A])
    present(sides[Side.B])
    at = change.moment_after(treaty.changed_at)
    ends_at = _end(treaty, at)
    await _may_be_made(change, treaty.type, sides, accepting=treaty)
    await _one_overlord(change, treaty.overlord, sides)
    for party in sides.values():
        await room_for(change, treaty.type, party)
    accepted = await treaties.accepted(change.conn, treaty, by.player_id, at, ends_at)
    faces = {Side.A: face(sides[Side.A], locked.changed_by), Side.B: by.player_id}
    turn = Turn(accepted, sides, faces, by.name, "treaty signed", MemoryType.TREATY_SIGNED)
    await agreed(change, turn, SIGNED[treaty.type])
    return accepted


def _waits(treaty: TreatyRow) -> None:
    if treaty.status is not TreatyStatus.PROPOSED:
        refuse(RefusalCode.NOT_PROPOSED, f"This treaty waits for no answer: it is {treaty.status.value}.")


def _end(treaty: TreatyRow, starts_at: datetime) -> datetime | None:
    if treaty.ends_at is not None and treaty.ends_at <= starts_at:
        refuse(RefusalCode.TOO_LATE, f"It was to end at {treaty.ends_at:%Y-%m-%d %H:%M}: propose a new one.")
    lasts = treaty.terms.get(DURATION)
    if treaty.ends_at is None and type(lasts) is int and 0 < lasts <= LONGEST:
        return starts_at + timedelta(seconds=lasts)
    return treaty.ends_at


async def decline_treaty(
    info: Info, input: Annotated[DeclineTreatyInput, strawberry.argument(description="Who declines what.")]
) -> TreatyRow | Refusal:
    """Decline a treaty that was proposed to you, or withdraw one that you proposed: that one is cancelled."""
    return await change(info, input, lambda under_way: _decline(under_way, input))


async def _decline(change: Change, input: DeclineTreatyInput) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    locked, mine = await own_treaty(change, by, input.treaty_id)
    _waits(locked.row)
    status = TreatyStatus.DECLINED if Side.B in mine else TreatyStatus.CANCELLED
    at = change.moment_after(locked.row.changed_at)
    return await treaties.ended(change.conn, locked.row, status, by.player_id, at)


async def break_treaty(
    info: Info, input: Annotated[BreakTreatyInput, strawberry.argument(description="Who breaks what.")]
) -> TreatyRow | Refusal:
    """Break a treaty that is in force. Those it bound on the other side trust the player who breaks it less,
    for an alliance the leader who acts; so do its friends, a little, where the treaty is public."""
    return await change(info, input, lambda under_way: _break(under_way, input))


async def _break(change: Change, input: BreakTreatyInput) -> TreatyRow:
    by = await actor(change, input.as_player_id)
    locked, mine = await own_treaty(change, by, input.treaty_id)
    in_force(change, locked.row)
    if locked.row.type is TreatyType.WAR:
        refuse(RefusalCode.IS_A_WAR, "A war is not broken: use makePeace.")
    doer = min(mine, key=lambda side: side.value)
    at = change.moment_after(locked.row.changed_at)
    broken = await treaties.broken(change.conn, locked.row, doer, by.player_id, at)
    sides = await of_treaty(change, broken)
    faces = {doer: by.player_id, OTHER[doer]: sides[OTHER[doer]].speaker_id}
    turn = Turn(broken, sides, faces, by.name, "treaty broken", MemoryType.TREATY_BROKEN)
    await wronged(change, turn, doer, BROKEN, BROKEN_WITH_A_FRIEND)
    return broken


# The rules --------------------------------------------------------------------------------------------------


def is_over(treaty: TreatyRow, at: datetime) -> bool:
    """Whether the end that was agreed has passed, though nobody wrote it down yet."""
    return treaty.ends_at is not None and treaty.ends_at <= at


def in_force(change: Change, treaty: TreatyRow) -> None:
    """Refuse a treaty that is not in force."""
    if treaty.status is not TreatyStatus.ACTIVE:
        refuse(RefusalCode.NOT_IN_FORCE, f"This treaty is {treaty.status.value}.")
    if is_over(treaty, change.now):
        refuse(RefusalCode.NOT_IN_FORCE, f"This treaty ended at {treaty.ends_at:%Y-%m-%d %H:%M}.")


def binds_just(treaty: TreatyRow, sides: Sides) -> bool:
    """Whether a treaty is between these two themselves, and not between the alliances they are in."""
    return {side_a(treaty), side_b(treaty)} == {party.key for party in sides.values()}


async def open_between(change: Change, sides: Sides) -> list[TreatyRow]:
    """What is proposed or in force between the two, then what binds them as members of their alliances."""
    one, other = ((party.player_id, party.league_id) for party in sides.values())
    found = await treaties.open_between(change.conn, change.world_id, one, other)
    return sorted(found, key=lambda treaty: not binds_just(treaty, sides))


async def _may_be_made(
    change: Change, kind: TreatyType, sides: Sides, accepting: TreatyRow | None = None
) -> None:
    """Refuse a treaty that there is already, or between two who are at war, be it as members."""
    await treaties.lapse(change.conn, change.world_id, change.now)
    for treaty in await open_between(change, sides):
        if is_over(treaty, change.now):
            if accepting is not None and treaty.status is TreatyStatus.ACTIVE and binds_just(treaty, sides):
                await settle(change, treaty)
        elif treaty.status is TreatyStatus.ACTIVE and treaty.type is TreatyType.WAR:
            who = "The two" if binds_just(treaty, sides) else "Their alliances"
            refuse(RefusalCode.AT_WAR, f"{who} are at war, treaty {treaty.treaty_id}: make peace first.")
        elif treaty.type is kind and binds_just(treaty, sides):
            _not_twice(treaty, accepting)


def _not_twice(treaty: TreatyRow, accepting: TreatyRow | None) -> None:
    named = f"treaty {treaty.treaty_id}"
    if treaty.status is TreatyStatus.ACTIVE:
        refuse(RefusalCode.ALREADY_IN_FORCE, f"The two have agreed on this already: {named}.")
    if accepting is None:
        refuse(RefusalCode.ALREADY_PROPOSED, f"It is proposed already: {named} waits for an answer.")


async def _one_overlord(change: Change, overlord: Side | None, sides: Sides) -> None:
    """Refuse a second overlord."""
    if overlord is None:
        return
    vassal = sides[OTHER[overlord]]
    found = await treaties.vassalage_of(change.conn, change.world_id, vassal.key, change.now)
    if found is not None:
        refuse(
            RefusalCode.HAS_OVERLORD,
            f"{vassal.name} is a vassal already, by treaty {found}: that one has to end first.",
        )


async def settle(change: Change, treaty: TreatyRow) -> None:
    """Write down that a treaty has come to its end. A promise that was kept makes both sides trust more."""
    assert treaty.ends_at is not None
    at = max(treaty.ends_at, treaty.changed_at + timedelta(microseconds=1))
    kept = await treaties.ended(change.conn, treaty, TreatyStatus.EXPIRED, None, at)
    if kept.type is TreatyType.WAR:
        return
    sides = await of_treaty(change, kept)
    faces = {Side.A: face(sides[Side.A], kept.proposed_by), Side.B: sides[Side.B].speaker_id}
    await agreed(change, Turn(kept, sides, faces, None, "treaty kept to its end"), HONOURED)


async def room_for(change: Change, kind: TreatyType, party: PartyRow) -> None:
    """Refuse a treaty more of a type than the world allows an alliance."""
    most = change.rules.max_treaties.get(kind)
    if most is None or party.alliance_id is None:
        return
    if await treaties.in_force(change.conn, change.world_id, party.alliance_id, kind, change.now) >= most:
        refuse(
            RefusalCode.TOO_MANY_TREATIES,
            f"{party.name} has {most} {SEVERAL[kind]}, as many as this world allows: it must end one first.",
        )
