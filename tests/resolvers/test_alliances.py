"""Alliances: joined and left, with what that does to those in them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.acting import events, memories, written
from tests.asking import Ask
from tests.world import Alliance, Npc, Player, World

JOIN = """mutation ($input: JoinAllianceInput!) { joinAlliance(input: $input) {
    ... on Membership { role leftAt player { playerId alliance { totalMembers } } alliance { name } }
    ... on Refusal { code message } } }"""
LEAVE = """mutation ($input: LeaveAllianceInput!) { leaveAlliance(input: $input) {
    ... on Membership { leftAt player { alliance { name } }
                        alliance { totalMembers disbandedAt leader { playerId } } }
    ... on Refusal { code message } } }"""


async def join(ask: Ask, world: World, player: Player, alliance: Alliance) -> dict[str, Any]:
    """What becomes of it when a player joins."""
    viewer = {"viewer": player} if isinstance(player, Npc) else {}
    given = {"worldId": world.world_id, "asPlayerId": player.player_id, "allianceId": alliance.alliance_id}
    result: dict[str, Any] = (await ask(JOIN, **viewer, input=given))["joinAlliance"]
    return result


async def leave(ask: Ask, world: World, player: Player) -> dict[str, Any]:
    """What becomes of it when a player leaves."""
    viewer = {"viewer": player} if isinstance(player, Npc) else {}
    given = {"worldId": world.world_id, "asPlayerId": player.player_id}
    result: dict[str, Any] = (await ask(LEAVE, **viewer, input=given))["leaveAlliance"]
    return result


async def test_those_who_join_and_those_who_are_in_trust_each_other(world: World, ask: Ask) -> None:
    bela, otto, human, una = (
        await world.npc("Bela"), await world.npc("Otto"), await world.player("Human"), await world.npc("Una"),
    )  # fmt: skip
    reds = await world.alliance("Reds", [human], leader=bela)
    before = await world.version()

    joined = await join(ask, world, otto, reds)
    assert joined["role"] == "MEMBER"
    assert joined["player"] == {"playerId": otto.player_id, "alliance": {"totalMembers": 3}}
    assert await world.version() == before + 1

    assert await events(world, bela, otto) == [("alliance_formed", 10)]
    assert [await world.trust(otto, one) for one in (bela, human, una)] == [10, 10, None]
    told = {
        "event": "joined", "alliance_id": reds.alliance_id, "alliance": "Reds", "player_id": otto.player_id,
        "player": otto.name,
    }  # fmt: skip
    assert await memories(world, otto) == await memories(world, bela) == [("alliance_event", told)]


async def test_those_left_behind_trust_less(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [otto], leader=bela)
    before = await world.version()

    left = await leave(ask, world, otto)
    assert left["leftAt"] is not None
    assert left["player"] == {"alliance": None}
    assert left["alliance"]["totalMembers"] == 1
    assert await world.version() == before + 1
    assert await events(world, bela, otto) == [("alliance_left", -10)]
    assert await world.trust(otto, bela) is None
    assert [data["event"] for _, data in await memories(world, otto)] == ["left"]


async def test_a_co_leader_follows_a_leader_who_leaves(world: World, ask: Ask) -> None:
    bela, first, second = await world.npc("Bela"), await world.npc("First"), await world.npc("Second")
    reds = await world.alliance("Reds", [first], leader=bela)
    await world.joins(second, reds, role="co-leader")
    assert (await leave(ask, world, bela))["alliance"]["leader"] == {"playerId": second.player_id}
    assert (await leave(ask, world, second))["alliance"]["leader"] == {"playerId": first.player_id}


async def test_the_last_to_leave_disbands_it_and_ends_its_treaties(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", leader=bela)
    pact = await world.treaty("nap", otto, reds)
    before = await world.version()
    assert (await leave(ask, world, bela))["alliance"]["disbandedAt"] is not None
    assert (
        await world.value("SELECT status FROM treaties WHERE treaty_id = $1", pact.treaty_id) == "cancelled"
    )
    assert await world.version() == before + 1
    assert (await join(ask, world, otto, reds))["code"] == "GONE"


async def test_the_first_to_join_leads(world: World, ask: Ask) -> None:
    human = await world.player("Human")
    assert (await join(ask, world, human, await world.alliance("Reds")))["role"] == "LEADER"


async def test_a_refused_step_leaves_nothing(world: World, ask: Ask) -> None:
    bela, otto, una, gone = [await world.npc(name) for name in ("Bela", "Otto", "Una", "Gone")]
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, gone.player_id)  # fmt: skip
    reds = await world.alliance("Reds", leader=bela)
    blues = await world.alliance("Blues", leader=otto)
    fallen = await world.alliance("Fallen", disbanded_at=datetime.now(UTC))
    await world.treaty("war", reds, una)
    before = await written(world)

    assert (await join(ask, world, bela, reds))["code"] == "ALREADY_IN_ALLIANCE"
    assert (await join(ask, world, bela, blues))["code"] == "ALREADY_IN_ALLIANCE"
    assert (await join(ask, world, una, reds))["code"] == "AT_WAR"
    assert (await join(ask, world, una, fallen))["code"] == "GONE"
    assert (await join(ask, world, gone, blues))["code"] == "GONE"
    assert (await join(ask, world, una, Alliance(999, "None")))["code"] == "NOT_FOUND"
    assert (await join(ask, world, Player(999, "Nobody"), reds))["code"] == "NOT_FOUND"
    assert (await leave(ask, world, una))["code"] == "NOT_IN_ALLIANCE"
    given = {"worldId": world.world_id, "asPlayerId": otto.player_id}
    assert (await ask(LEAVE, viewer=bela, input=given))["leaveAlliance"]["code"] == "NOT_YOURS"
    assert await written(world) == before


async def test_an_alliance_that_many_join_at_once_is_not_overfilled(world: World, ask: Ask) -> None:
    await world.run(
        """UPDATE worlds SET settings = '{"max_members": 4}' WHERE world_id = $1""", world.world_id
    )
    bela = await world.npc("Bela")
    reds = await world.alliance("Reds", leader=bela)
    crowd = [await world.npc(f"P{number}") for number in range(8)]
    answers = await asyncio.gather(*(join(ask, world, one, reds) for one in crowd))
    assert sorted(answer.get("code", "-") for answer in answers) == ["-"] * 3 + ["ALLIANCE_FULL"] * 5
    assert await world.value("SELECT total_members FROM alliances WHERE world_id = $1", world.world_id) == 4


async def test_nobody_joins_two_at_once(world: World, ask: Ask) -> None:
    una = await world.npc("Una")
    both = [await world.alliance(name, leader=await world.npc(f"L{name}")) for name in ("Reds", "Blues")]
    answers = await asyncio.gather(*(join(ask, world, una, one) for one in both))
    assert sorted(answer.get("code", "-") for answer in answers) == ["-", "ALREADY_IN_ALLIANCE"]


async def test_the_statements_do_not_grow_with_the_members(
    world: World, ask: Ask, statements: list[str]
) -> None:
    costs = []
    for size in (1, 12):
        members = [await world.npc(f"M{size}x{number}") for number in range(size)]
        reds = await world.alliance(f"Reds{size}", members[1:], leader=members[0])
        newcomer = await world.npc(f"New{size}")
        statements.clear()
        assert (await join(ask, world, newcomer, reds))["role"] == "MEMBER"
        costs.append(len(statements))
        assert [await world.trust(one, newcomer) for one in members] == [10] * size
    assert costs[0] == costs[1]
