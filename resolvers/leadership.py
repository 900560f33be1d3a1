"""Leadership: how an alliance is founded, led, changed and disbanded, and who holds which office in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from db.main import alliances, players
from db.main.alliances import (
    AllianceRole,
    AllianceRow,
    AllianceStrategy,
    MemberRow,
    MembershipRow,
    NewAlliance,
)
from db.main.players import ActorRow
from resolvers.alliances import LEAVING, LEFT_BEHIND, ONE_OF_MANY, THE_NEW_ONE, disband, event
from resolvers.changes import (
    Change,
    actor,
    change,
    only_those_who_run_it,
    standing_alliance,
    unchanged_since,
)
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.feelings import EXPELLED
from resolvers.inputs import HIGHEST_INT, called, told, within
from resolvers.outcomes import Outcome, take_in
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.stances import DiplomaticStanceInput, stance, stands_with_others

LONGEST_NAME, LONGEST_TAG = 100, 10

enum(AllianceRole)
enum(AllianceStrategy)


@input_type
class FoundAllianceInput(OfWorld):
    """An alliance to be founded."""

    as_player_id: int
    """The player who founds it, and leads it from then on: yourself, or a player whom you may act for."""
    name: str
    """Its name, at most 100 characters; no other standing alliance has it."""
    tag: str
    """Its short name, at most 10 characters; no other standing alliance has it."""
    alliance_id: int | None = None
    """Its id in that world, 1 or more; a free one unless told."""
    alliance_strategy: AllianceStrategy | None = None
    """What it is out for."""
    diplomatic_stance: DiplomaticStanceInput | None = None
    """How it is to stand with others."""


async def found_alliance(
    info: Info, input: Annotated[FoundAllianceInput, strawberry.argument(description="Who founds what.")]
) -> AllianceRow | Refusal:
    """Found an alliance. Its founder leads it and is its first member."""
    _check({"name": input.name, "tag": input.tag})
    stand = stance(input.diplomatic_stance)
    return await change(info, input, lambda under_way: _found(under_way, input, stand))


async def _found(change: Change, input: FoundAllianceInput, stand: dict[str, Any] | None) -> AllianceRow:
    by = await actor(change, input.as_player_id)
    if by.alliance_id is not None:
        refuse(RefusalCode.ALREADY_IN_ALLIANCE, f"{by.name} is in an alliance: leave it first.")
    await _is_free(change, input.name, input.tag)
    new = NewAlliance(
        alliance_id=await _free_id(change, input.alliance_id),
        name=input.name,
        tag=input.tag,
        alliance_strategy=input.alliance_strategy,
        diplomatic_stance=stand,
    )
    await stands_with_others(change, stand, new.alliance_id)
    await alliances.founded(change.conn, change.world_id, new, change.now)
    joined = (new.alliance_id, by.player_id, AllianceRole.LEADER, change.now)
    await alliances.joined(change.conn, change.world_id, *joined)
    alliance = await standing_alliance(change, new.alliance_id)
    outcomes = _impressed([MemberRow(by.player_id, by.npc_id)], THE_NEW_ONE)
    await take_in(change, event(change, "founded", alliance, by), outcomes)
    return alliance


def _check(given: dict[str, Any]) -> None:
    """Refuse names that no alliance may have."""
    for name, longest in (("name", LONGEST_NAME), ("tag", LONGEST_TAG)):
        if name in given:
            called(name, given[name], longest)


async def _is_free(change: Change, name: str, tag: str, own: int | None = None) -> None:
    others = await alliances.called(change.conn, change.world_id, name, tag) - {own}
    if others:
        refuse(
            RefusalCode.NAME_TAKEN, f"Alliance {min(others)} has this name or tag already: pass another one."
        )


async def _free_id(change: Change, wanted: int | None) -> int:
    found = await alliances.next_id(change.conn, change.world_id) if wanted is None else wanted
    if wanted is not None:
        within("allianceId", wanted, 1, HIGHEST_INT)
    if found > HIGHEST_INT or await alliances.find(change.conn, change.world_id, found) is not None:
        refuse(RefusalCode.ID_TAKEN, f"There is no room for an alliance {found}: pass another allianceId.")
    return found


def _impressed(members: Sequence[MemberRow], impression: tuple[float, float]) -> list[Outcome]:
    """The NPCs among these players remember it."""
    return [
        Outcome(one.npc_id, one.player_id, None, remembered=impression)
        for one in members
        if one.npc_id is not None
    ]


@input_type
class OfAlliance(OfWorld):
    """An act of those who lead an alliance."""

    alliance_id: int
    """The alliance's id in that world."""
    as_player_id: int | None = None
    """The player who acts: one who leads it. Those who run the game may leave it out."""


async def _led(change: Change, input: OfAlliance, what: str) -> tuple[AllianceRow, ActorRow | None]:
    """A standing alliance, and who acts as one who leads it; None where those who run the game do."""
    if input.as_player_id is None:
        only_those_who_run_it(change.viewer, f"{what} without asPlayerId")
        return await standing_alliance(change, input.alliance_id), None
    by = await actor(change, input.as_player_id)
    alliance = await standing_alliance(change, input.alliance_id)
    if by.alliance_id != alliance.alliance_id or not by.leads:
        refuse(RefusalCode.NOT_YOURS, f"{by.name} does not lead {alliance.name}.")
    return alliance, by


async def _led_by_its_leader(
    change: Change, input: OfAlliance, what: str
) -> tuple[AllianceRow, ActorRow | None]:
    alliance, by = await _led(change, input, what)
    if by is not None and by.role is not AllianceRole.LEADER:
        refuse(RefusalCode.NOT_YOURS, f"Only the leader of {alliance.name} may {what}.")
    return alliance, by


@input_type
class ChangeAllianceInput(OfAlliance):
    """What is to be changed of an alliance; what is left out stays as it is."""

    expected_version: int | None = None
    """The version that you have seen: if somebody changed it since, this is refused. Unless told, whatever
    there is is replaced."""
    name: str | None = strawberry.UNSET
    """Its name, at most 100 characters; no other standing alliance has it."""
    tag: str | None = strawberry.UNSET
    """Its short name, at most 10 characters; no other standing alliance has it."""
    alliance_strategy: AllianceStrategy | None = strawberry.UNSET
    """What it is out for; null: nothing in particular."""
    diplomatic_stance: DiplomaticStanceInput | None = strawberry.UNSET
    """How it is to stand with others, whole; null: it does not say."""


async def change_alliance(
    info: Info, input: Annotated[ChangeAllianceInput, strawberry.argument(description="What to change.")]
) -> AllianceRow | Refusal:
    """Change an alliance: its name and tag, what it is out for, how it means to stand with others."""
    fields = ("name", "tag", "alliance_strategy", "diplomatic_stance")
    given = told(input, fields, clearable=("alliance_strategy", "diplomatic_stance"))
    _check(given)
    if "diplomatic_stance" in given:
        given["diplomatic_stance"] = stance(given["diplomatic_stance"])
    return await change(info, input, lambda under_way: _change(under_way, input, given))


async def _change(change: Change, input: ChangeAllianceInput, given: dict[str, Any]) -> AllianceRow:
    alliance, _ = await _led(change, input, "change alliances")
    unchanged_since(alliance.name, alliance.version, input.expected_version)
    if not given:
        return alliance
    name, tag = given.get("name", alliance.name), given.get("tag", alliance.tag)
    if (name, tag) != (alliance.name, alliance.tag):
        await _is_free(change, name, tag, alliance.alliance_id)
    await stands_with_others(change, given.get("diplomatic_stance"), alliance.alliance_id)
    return await alliances.changed(change.conn, alliance, given, change.now)


@input_type
class AppointRoleInput(OfAlliance):
    """An office in an alliance to be given."""

    player_id: int
    """The member to whom it is given."""
    role: AllianceRole
    """What the member is to be."""


async def appoint_role(
    info: Info, input: Annotated[AppointRoleInput, strawberry.argument(description="Who becomes what.")]
) -> MembershipRow | Refusal:
    """Make a member of an alliance its leader, a co-leader or a mere member. Only the leader may; one who
    makes another the leader becomes a co-leader. The NPCs in it remember."""
    return await change(info, input, lambda under_way: _appoint(under_way, input))


async def _appoint(change: Change, input: AppointRoleInput) -> MembershipRow:
    alliance, _ = await _led_by_its_leader(change, input, "give offices")
    member = await _member(change, alliance, input.player_id)
    if member.role is AllianceRole.LEADER and input.role is not AllianceRole.LEADER:
        refuse(
            RefusalCode.NEEDS_A_LEADER,
            f"{member.name} leads {alliance.name}: make somebody else the leader instead.",
        )
    leader = alliance.leader_id
    if input.role is AllianceRole.LEADER and leader is not None and leader != member.player_id:
        await alliances.appointed(change.conn, change.world_id, leader, AllianceRole.CO_LEADER)
    membership = await alliances.appointed(change.conn, change.world_id, member.player_id, input.role)
    if input.role is not member.role:
        members = await alliances.members(change.conn, change.world_id, alliance.alliance_id)
        became = event(change, f"became {input.role.value} of", alliance, member)
        await take_in(change, became, _impressed(members, ONE_OF_MANY))
    return membership


async def _member(change: Change, alliance: AllianceRow, player_id: int) -> ActorRow:
    member = await players.actor(change.conn, change.world_id, player_id)
    if member is None or member.alliance_id != alliance.alliance_id:
        refuse(RefusalCode.NOT_IN_ALLIANCE, f"Player {player_id} is no member of {alliance.name}.")
    return member


@input_type
class ExpelMemberInput(OfAlliance):
    """A member whom an alliance expels."""

    player_id: int
    """The member."""


async def expel_member(
    info: Info, input: Annotated[ExpelMemberInput, strawberry.argument(description="Who is expelled.")]
) -> MembershipRow | Refusal:
    """Expel a member from an alliance. Those who lead it may; a co-leader is expelled by the leader alone,
    and the leader by nobody. An NPC that is expelled trusts the player who did it less."""
    return await change(info, input, lambda under_way: _expel(under_way, input))


async def _expel(change: Change, input: ExpelMemberInput) -> MembershipRow:
    alliance, by = await _led(change, input, "expel members")
    member = await _member(change, alliance, input.player_id)
    if member.role is AllianceRole.LEADER:
        refuse(RefusalCode.NEEDS_A_LEADER, f"{member.name} leads {alliance.name}, and cannot be expelled.")
    if member.leads and by is not None and by.role is not AllianceRole.LEADER:
        refuse(RefusalCode.NOT_YOURS, f"Only the leader of {alliance.name} may expel a co-leader.")
    membership = await alliances.left(change.conn, change.world_id, member.player_id, change.now)
    assert membership is not None
    members = await alliances.members(change.conn, change.world_id, alliance.alliance_id)
    outcomes = _impressed(members, LEFT_BEHIND)
    if member.npc_id is not None:
        doer = None if by is None else by.player_id
        outcomes.append(Outcome(member.npc_id, member.player_id, doer, EXPELLED, remembered=LEAVING))
    await take_in(change, event(change, "was expelled from", alliance, member), outcomes)
    return membership


@input_type
class DisbandAllianceInput(OfAlliance):
    """An alliance that is to end."""


async def disband_alliance(
    info: Info, input: Annotated[DisbandAllianceInput, strawberry.argument(description="Which one.")]
) -> AllianceRow | Refusal:
    """Disband an alliance: nobody is a member any longer, and whatever it had agreed ends. Only the leader
    may. The NPCs that were in it remember."""
    return await change(info, input, lambda under_way: _disband(under_way, input))


async def _disband(change: Change, input: DisbandAllianceInput) -> AllianceRow:
    alliance, by = await _led_by_its_leader(change, input, "disband it")
    members = await alliances.members(change.conn, change.world_id, alliance.alliance_id)
    await alliances.all_left(change.conn, change.world_id, alliance.alliance_id, change.now)
    await disband(change, alliance, None if by is None else by.player_id)
    await take_in(change, event(change, "disbanded", alliance, by), _impressed(members, LEAVING))
    found = await alliances.find(change.conn, change.world_id, alliance.alliance_id)
    assert found is not None
    return found
