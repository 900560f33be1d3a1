"""NPCs in worlds: how they enter, as a new player or in the place of one, and how they stand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import GAME, done
from tests.asking import Ask
from tests.resolvers.test_npcs import CREATE, a_gaul, of_npc
from tests.world import World

STATE = """fragment state on NpcWorldState { npcId rank totalPopulation totalWheat productionRateWheat
    currentStrategy strategicGoal threatLevel lastLogin
    player { playerId name tribe npc { npcId } alliance { name } } }
    fragment refusal on Refusal { code message }"""
ENTER, UPDATE = (
    f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ ...state ...refusal }} }}{STATE}"
    for kind, name in (("EnterWorldInput", "enterWorld"), ("UpdateNpcStateInput", "updateNpcState"))
)


async def test_an_npc_enters_as_a_new_player(world: World, ask: Ask) -> None:
    zed = await world.player("Zed")
    made = await done(ask, CREATE, **a_gaul(world))
    before = await world.version()
    state = await done(ask, ENTER, worldId=world.world_id, npcId=made["npcId"])
    assert state["player"] == {
        "playerId": zed.player_id + 1,
        "name": made["name"],
        "tribe": "GAULS",
        "npc": {"npcId": made["npcId"]},
        "alliance": None,
    }
    assert await world.version() == before + 1
    again = await done(ask, ENTER, worldId=world.world_id, npcId=made["npcId"])
    assert again["code"] == "ALREADY_IN_WORLD"


async def test_an_npc_takes_the_place_of_a_human(world: World, ask: Ask) -> None:
    zed = await world.player("Zed", population=700, rank=3)
    alliance = await world.alliance("Reds", leader=zed)
    made = await done(ask, CREATE, **a_gaul(world))
    given = {"worldId": world.world_id, "npcId": made["npcId"], "playerId": zed.player_id}
    assert (await done(ask, ENTER, **given, name="Other"))["code"] == "ID_TAKEN"
    state = await done(ask, ENTER, **given)
    assert (state["rank"], state["totalPopulation"]) == (3, 700)
    assert state["player"]["name"] == zed.name
    assert state["player"]["alliance"] == {"name": "Reds"}
    leads = "SELECT npc_leader_id FROM alliances WHERE world_id = $1 AND alliance_id = $2"
    assert await world.value(leads, world.world_id, alliance.alliance_id) == made["npcId"]


async def test_who_may_not_enter(world: World, ask: Ask) -> None:
    bela, gone = await world.npc("Bela"), await world.player("Gone")
    await world.run("UPDATE players SET gone_at = now() WHERE player_id = $1", gone.player_id)
    zed = await world.player("Zed")
    made = await done(ask, CREATE, **a_gaul(world))
    given = {"worldId": world.world_id, "npcId": made["npcId"]}
    for viewer, more, code in (
        (bela, {}, "NOT_YOURS"),
        (GAME, {"npcId": 2**31 - 1}, "NOT_FOUND"),
        (GAME, {"worldId": "nowhere"}, "NOT_FOUND"),
        (GAME, {"playerId": bela.player_id}, "ID_TAKEN"),
        (GAME, {"playerId": gone.player_id}, "GONE"),
        (GAME, {"name": zed.name}, "NAME_TAKEN"),
    ):
        assert (await done(ask, ENTER, viewer, **given | more))["code"] == code
    await done(ask, of_npc("retire"), npcId=made["npcId"])
    assert (await done(ask, ENTER, **given))["code"] == "GONE"


async def test_it_is_told_how_an_npc_stands(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()
    given = {
        "totalWheat": 2**40,
        "productionRateWheat": -120,
        "currentStrategy": "MILITARY",
        "strategicGoal": "The hills.",
        "threatLevel": 0.7,
        "lastLogin": "2026-11-01T12:00:00+00:00",
        "rank": 5,
    }
    of_bela = {"worldId": world.world_id, "npcId": bela.npc_id}
    told = await done(ask, UPDATE, bela, **of_bela, **given)
    assert {name: told[name] for name in given} == given
    later = await done(ask, UPDATE, bela, **of_bela, rank=None, strategicGoal=None)
    assert later == told | {"rank": None, "strategicGoal": None}
    assert await world.version() == before
    assert (await done(ask, UPDATE, otto, **of_bela, rank=1))["code"] == "NOT_YOURS"
    assert (await done(ask, UPDATE, bela, **of_bela | {"npcId": 2**31 - 1}, rank=1))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({}, "Pass at least one field"),
        ({"totalWood": -1}, "totalWood must be between 0"),
        ({"threatLevel": 1.1}, "threatLevel must be between 0 and 1"),
        ({"rank": 0}, "rank must be between 1"),
        ({"villageCount": None}, "villageCount must not be null"),
        ({"strategicGoal": "x" * 2001}, "strategicGoal must have at most 2000"),
        ({"lastLogin": "0001-01-01T00:00:00Z"}, "lastLogin must lie between"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela = await world.npc("Bela")
    given = {"worldId": world.world_id, "npcId": bela.npc_id} | bad
    answer = await ask.anyway(UPDATE, viewer=bela, input=given)
    assert says in answer.messages[0]
