"""Alliances: how players join and leave them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from db.main import alliances, treaties
from db.main.alliances import AllianceRole, AllianceRow, MemberRow, MembershipRow
from db.main.memories import MemoryType
from db.main.parties import PartyKey
from db.main.players import ActorRow
from db.main.relationships import TrustEventSource
from db.main.treaties import TreatyStatus, TreatyType
from resolvers.changes import Change, actor, change, standing_alliance
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.feelings import LEFT, TOGETHER
from resolvers.outcomes import Event, Outcome, take_in
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.treaties import is_over

ONE_OF_MANY, THE_NEW_ONE, LEFT_BEHIND, LEAVING = (0.4, 0.1), (0.55, 0.3), (0.5, -0.2), (0.6, -0.3)
"""How important it is to an NPC, and how it feels."""


@input_type
class JoinAllianceInput(OfWorld):
    """An alliance to join."""

    as_player_id: int
    """The player who joins: yourself, or a player whom you may act for."""
    alliance_id: int
    """The alliance's id in that world."""


@input_type
class LeaveAllianceInput(OfWorld):
    """Who leaves its alliance."""

    as_player_id: int
    """The player who leaves: yourself, or a player whom you may act for."""


async def join_alliance(
    info: Info, input: Annotated[JoinAllianceInput, strawberry.argument(description="Who joins what.")]
) -> MembershipRow | Refusal:
    """Join an alliance; the first to join one without members leads it. The NPCs in it and the one who joins
    trust each other a little more."""
    return await change(info, input, lambda under_way: _join(under_way, input))


async def _join(change: Change, input: JoinAllianceInput) -> MembershipRow:
    by = await actor(change, input.as_player_id)
    alliance = await standing_alliance(change, input.alliance_id)
    await _may_join(change, by, alliance)
    before = await alliances.members(change.conn, change.world_id, alliance.alliance_id)
    role = AllianceRole.LEADER if alliance.total_members == 0 else AllianceRole.MEMBER
    membership = await alliances.joined(
        change.conn, change.world_id, alliance.alliance_id, by.player_id, role, change.now
    )
    outcomes = _welcome(by, before) + _arrival(by, before)
    await take_in(change, event(change, "joined", alliance, by), outcomes)
    return membership


async def _may_join(change: Change, by: ActorRow, alliance: AllianceRow) -> None:
    if by.alliance_id == alliance.alliance_id:
        refuse(RefusalCode.ALREADY_IN_ALLIANCE, f"{by.name} is in {alliance.name} already.")
    if by.alliance_id is not None:
        refuse(RefusalCode.ALREADY_IN_ALLIANCE, f"{by.name} is in another alliance: leave it first.")
    if alliance.total_members >= change.rules.max_members:
        refuse(
            RefusalCode.ALLIANCE_FULL,
            f"{alliance.name} has {alliance.total_members} members, as many as this world allows.",
        )
    both = (by.player_id, None), (None, alliance.alliance_id)
    open_ones = await treaties.open_between(change.conn, change.world_id, *both)
    wars = [one for one in open_ones if one.type is TreatyType.WAR and one.status is TreatyStatus.ACTIVE]
    if any(not is_over(war, change.now) for war in wars):
        refuse(RefusalCode.AT_WAR, f"{by.name} is at war with {alliance.name}: make peace first.")


def _welcome(by: ActorRow, members: Sequence[MemberRow]) -> list[Outcome]:
    return [
        Outcome(one.npc_id, one.player_id, by.player_id, TOGETHER, remembered=ONE_OF_MANY)
        for one in members
        if one.npc_id is not None
    ]


def _arrival(by: ActorRow, members: Sequence[MemberRow]) -> list[Outcome]:
    """The one who joins meets everybody, and remembers it once."""
    if by.npc_id is None:
        return []
    arrived = Outcome(by.npc_id, by.player_id, None, remembered=THE_NEW_ONE)
    return [arrived, *(Outcome(by.npc_id, by.player_id, one.player_id, TOGETHER) for one in members)]


async def leave_alliance(
    info: Info, input: Annotated[LeaveAllianceInput, strawberry.argument(description="Who leaves.")]
) -> MembershipRow | Refusal:
    """Leave the alliance that the player is in. The NPCs left behind trust it a little less. When the leader
    leaves, the first of the co-leaders follows, else whoever has been in it longest; when the last member
    leaves, the alliance is disbanded and its treaties end."""
    return await change(info, input, lambda under_way: _leave(under_way, input))


async def _leave(change: Change, input: LeaveAllianceInput) -> MembershipRow:
    by = await actor(change, input.as_player_id)
    membership = await alliances.left(change.conn, change.world_id, by.player_id, change.now)
    if membership is None:
        refuse(RefusalCode.NOT_IN_ALLIANCE, f"{by.name} is in no alliance.")
    alliance = await alliances.find(change.conn, change.world_id, membership.alliance_id)
    assert alliance is not None
    await go_on_without(change, by.player_id, by.role, alliance)
    members = await alliances.members(change.conn, change.world_id, alliance.alliance_id)
    outcomes = [
        Outcome(one.npc_id, one.player_id, by.player_id, LEFT, remembered=LEFT_BEHIND)
        for one in members
        if one.npc_id is not None
    ]
    if by.npc_id is not None:
        outcomes.append(Outcome(by.npc_id, by.player_id, None, remembered=LEAVING))
    await take_in(change, event(change, "left", alliance, by), outcomes)
    return membership


async def go_on_without(
    change: Change, player_id: int, role: AllianceRole | None, alliance: AllianceRow
) -> None:
    """An alliance whose leader left gets another one; one that the last member left is disbanded."""
    if alliance.total_members == 0:
        await disband(change, alliance, player_id)
    elif alliance.leader_id is None and role is AllianceRole.LEADER:
        await alliances.led_by_the_next(change.conn, change.world_id, alliance.alliance_id)


async def disband(change: Change, alliance: AllianceRow, by: int | None) -> None:
    """It comes to its end, and all that it had agreed with it."""
    await alliances.disbanded(change.conn, change.world_id, alliance.alliance_id, change.now)
    await treaties.all_ended(
        change.conn, change.world_id, PartyKey(None, alliance.alliance_id), by, change.now
    )


def event(change: Change, what: str, alliance: AllianceRow, by: ActorRow | None) -> Event:
    """What became of an alliance, or of a player in it."""
    who = {} if by is None else {"player_id": by.player_id, "player": by.name}
    return Event(
        what=f"{what} alliance",
        at=change.now,
        source=TrustEventSource.TREATY,
        memory_type=MemoryType.ALLIANCE_EVENT,
        data={"event": what, "alliance_id": alliance.alliance_id, "alliance": alliance.name, **who},
        about=[] if by is None else [by.player_id],
    )
