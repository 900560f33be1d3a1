"""Leadership: how alliances are founded, changed and disbanded, and who holds which office in them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.acting import GAME, done, events, memories
from tests.asking import Ask
from tests.world import Alliance, Npc, World

ALLIANCE = """fragment alliance on Alliance { allianceId name tag version allianceStrategy totalMembers
    disbandedAt leader { playerId }
    diplomaticStance { more alliedAlliances { name } enemyAlliances { name } napAlliances { name } } }
    fragment refusal on Refusal { code message }"""
FOUND, CHANGE, DISBAND = (
    f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ ...alliance ...refusal }} }}{ALLIANCE}"
    for kind, name in (
        ("FoundAllianceInput", "foundAlliance"),
        ("ChangeAllianceInput", "changeAlliance"),
        ("DisbandAllianceInput", "disbandAlliance"),
    )
)
MEMBERSHIP = """fragment membership on Membership { role leftAt player { playerId } alliance { name } }
    fragment refusal on Refusal { code message }"""
APPOINT, EXPEL = (
    f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ ...membership ...refusal }} }}{MEMBERSHIP}"
    for kind, name in (("AppointRoleInput", "appointRole"), ("ExpelMemberInput", "expelMember"))
)
ROLES = """SELECT player_id, role FROM alliance_members
 WHERE world_id = $1 AND alliance_id = $2 AND left_at IS NULL ORDER BY player_id"""


async def roles(world: World, alliance: Alliance) -> dict[int, str]:
    """Who is what in an alliance."""
    found = await world.run(ROLES, world.world_id, alliance.alliance_id)
    return {record["player_id"]: record["role"] for record in found}


def led(world: World, alliance: Alliance, by: Npc | None = None, **more: Any) -> dict[str, Any]:
    """The input of an act of those who lead."""
    acting = {} if by is None else {"asPlayerId": by.player_id}
    return {"worldId": world.world_id, "allianceId": alliance.alliance_id, **acting, **more}


def founding(world: World, by: Npc, **more: Any) -> dict[str, Any]:
    """The input of one who founds an alliance."""
    return {"worldId": world.world_id, "asPlayerId": by.player_id, "name": "Reds", "tag": "RED"} | more


async def test_whoever_founds_an_alliance_leads_it(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    blues = await world.alliance("Blues", [await world.player("Zed")])
    version = await world.version()
    stance = {"enemyAlliances": [blues.alliance_id], "more": {"motto": "Never blue."}}
    given = founding(world, bela, allianceStrategy="MILITARY", diplomaticStance=stance)
    founded = await done(ask, FOUND, bela, **given)
    assert founded == {
        "allianceId": blues.alliance_id + 1,
        "name": "Reds",
        "tag": "RED",
        "version": 1,
        "allianceStrategy": "MILITARY",
        "totalMembers": 1,
        "disbandedAt": None,
        "leader": {"playerId": bela.player_id},
        "diplomaticStance": {
            "more": {"motto": "Never blue."},
            "alliedAlliances": [],
            "enemyAlliances": [{"name": "Blues"}],
            "napAlliances": [],
        },
    }
    assert await world.version() == version + 1
    told = {"event": "founded", "alliance_id": blues.alliance_id + 1, "alliance": "Reds"}
    told |= {"player_id": bela.player_id, "player": bela.name}
    assert await memories(world, bela) == [("alliance_event", told)]
    assert (await done(ask, FOUND, bela, **founding(world, bela)))["code"] == "ALREADY_IN_ALLIANCE"


async def test_what_keeps_from_founding(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    blues = await world.alliance("Blues")
    for viewer, more, code in (
        (bela, {"name": "Blues"}, "NAME_TAKEN"),
        (bela, {"tag": "Blues"}, "NAME_TAKEN"),
        (bela, {"allianceId": blues.alliance_id}, "ID_TAKEN"),
        (bela, {"diplomaticStance": {"napAlliances": [998, 999]}}, "NOT_FOUND"),
        (otto, {}, "NOT_YOURS"),
    ):
        assert (await done(ask, FOUND, viewer, **founding(world, bela, **more)))["code"] == code
    await world.run("UPDATE alliances SET disbanded_at = now() WHERE world_id = $1", world.world_id)
    assert (await done(ask, FOUND, bela, **founding(world, bela, name="Blues")))["name"] == "Blues"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"name": " "}, "name must not be empty"),
        ({"tag": "x" * 11}, "tag must have at most 10"),
        ({"allianceId": 0}, "allianceId must be between 1"),
        ({"diplomaticStance": {"napAlliances": [1], "enemyAlliances": [1]}}, "name each alliance once"),
        ({"diplomaticStance": {"napAlliances": list(range(201))}}, "must name at most 200"),
        ({"diplomaticStance": {"more": {"nap_alliances": []}}}, "more must not hold nap_alliances"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela = await world.npc("Bela")
    answer = await ask.anyway(FOUND, viewer=bela, input=founding(world, bela, **bad))
    assert says in answer.messages[0]


async def test_those_who_lead_it_change_it_of_two_at_once_one(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", [otto], leader=bela)
    mine = led(world, reds, bela)
    changed = await done(ask, CHANGE, bela, **mine, name="Crimsons", allianceStrategy="TRADING")
    assert (changed["name"], changed["tag"], changed["allianceStrategy"]) == ("Crimsons", "Reds", "TRADING")
    assert changed["version"] == 2
    assert (await done(ask, CHANGE, otto, **led(world, reds, otto), tag="C"))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, bela, **led(world, reds), tag="C"))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, GAME, **led(world, reds), tag="C"))["tag"] == "C"
    own = {"alliedAlliances": [reds.alliance_id]}
    assert (await done(ask, CHANGE, bela, **mine, diplomaticStance=own))["code"] == "SAME_PARTY"
    several = await asyncio.gather(
        *(done(ask, CHANGE, bela, **mine, expectedVersion=3, tag=f"C{n}") for n in range(3))
    )
    assert sorted(one.get("code", "changed") for one in several) == ["VERSION_CHANGED"] * 2 + ["changed"]


async def test_offices_are_the_leaders_to_give(world: World, ask: Ask) -> None:
    bela, otto, away = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Away")
    zed = await world.player("Zed")
    reds = await world.alliance("Reds", [otto, zed], leader=bela)
    mine = led(world, reds, bela)

    made = await done(ask, APPOINT, bela, **mine, playerId=otto.player_id, role="CO_LEADER")
    assert (made["role"], made["alliance"]) == ("CO_LEADER", {"name": "Reds"})
    ((kind, told),) = await memories(world, otto)
    assert (kind, told["event"], told["player"]) == ("alliance_event", "became co-leader of", otto.name)
    refused = await done(ask, APPOINT, bela, **mine, playerId=bela.player_id, role="MEMBER")
    assert refused["code"] == "NEEDS_A_LEADER"
    by_otto = led(world, reds, otto)
    refused = await done(ask, APPOINT, otto, **by_otto, playerId=zed.player_id, role="CO_LEADER")
    assert refused["code"] == "NOT_YOURS"
    refused = await done(ask, APPOINT, bela, **mine, playerId=away.player_id, role="CO_LEADER")
    assert refused["code"] == "NOT_IN_ALLIANCE"

    await done(ask, APPOINT, bela, **mine, playerId=otto.player_id, role="LEADER")
    offices = {bela.player_id: "co-leader", otto.player_id: "leader", zed.player_id: "member"}
    assert await roles(world, reds) == offices


async def test_who_is_expelled_trusts_less(world: World, ask: Ask) -> None:
    bela, otto, karl = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Karl")
    reds = await world.alliance("Reds", [otto, karl], leader=bela)
    await done(ask, APPOINT, bela, **led(world, reds, bela), playerId=otto.player_id, role="CO_LEADER")
    by_otto = led(world, reds, otto)
    assert (await done(ask, EXPEL, otto, **by_otto, playerId=bela.player_id))["code"] == "NEEDS_A_LEADER"
    by_karl = led(world, reds, karl)
    assert (await done(ask, EXPEL, karl, **by_karl, playerId=otto.player_id))["code"] == "NOT_YOURS"

    over = await done(ask, EXPEL, otto, **by_otto, playerId=karl.player_id)
    assert over["leftAt"] is not None
    assert await events(world, karl, otto) == [("alliance_left", -20)]
    assert (await memories(world, karl))[-1][1]["event"] == "was expelled from"
    assert await world.trust(bela, karl) is None
    assert (await done(ask, EXPEL, otto, **by_otto, playerId=karl.player_id))["code"] == "NOT_IN_ALLIANCE"
    assert (await done(ask, EXPEL, bela, **led(world, reds, bela), playerId=otto.player_id))["leftAt"]
    assert await roles(world, reds) == {bela.player_id: "leader"}


async def test_a_disbanded_alliance_is_over_with_all_it_agreed(world: World, ask: Ask) -> None:
    bela, otto, zed = await world.npc("Bela"), await world.npc("Otto"), await world.player("Zed")
    reds = await world.alliance("Reds", [otto], leader=bela)
    pact = await world.treaty("nap", reds, zed)
    assert (await done(ask, DISBAND, otto, **led(world, reds, otto)))["code"] == "NOT_YOURS"
    over = await done(ask, DISBAND, bela, **led(world, reds, bela))
    assert over["disbandedAt"] is not None
    assert (over["totalMembers"], over["leader"]) == (0, None)
    assert await roles(world, reds) == {}
    status = "SELECT status FROM treaties WHERE world_id = $1 AND treaty_id = $2"
    assert await world.value(status, world.world_id, pact.treaty_id) == "cancelled"
    assert [told["event"] for _, told in await memories(world, otto)] == ["disbanded"]
    assert (await done(ask, DISBAND, GAME, **led(world, reds)))["code"] == "GONE"
