"""Players: how they come into a world, change and leave it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import GAME, done
from tests.asking import Ask
from tests.world import World

PLAYER = """fragment player on Player { playerId name tribe population rank villageCount capitalX goneAt
    alliance { name } }
    fragment refusal on Refusal { code message }"""
ADD = "mutation ($input: AddPlayerInput!) { addPlayer(input: $input) { ...player ...refusal } }" + PLAYER
CHANGE = (
    "mutation ($input: ChangePlayerInput!) { changePlayer(input: $input) { ...player ...refusal } }" + PLAYER
)
STATUS = "SELECT status FROM treaties WHERE world_id = $1 AND treaty_id = $2"
LEADER = "SELECT leader_id FROM alliances WHERE world_id = $1 AND alliance_id = $2"


def a_hun(world: World, **more: Any) -> dict[str, Any]:
    """A player to be added."""
    return {"worldId": world.world_id, "name": "Attila", "tribe": "HUNS"} | more


async def test_a_player_comes(world: World, ask: Ask) -> None:
    before = await world.version()
    added = await done(ask, ADD, **a_hun(world, population=2**33, playerId=77, capitalX=1, capitalY=-2))
    assert added == {
        "playerId": 77, "name": "Attila", "tribe": "HUNS", "population": 2**33, "rank": None,
        "villageCount": 0, "capitalX": 1, "goneAt": None, "alliance": None,
    }  # fmt: skip
    assert await world.version() == before + 1
    assert (await done(ask, ADD, **a_hun(world, name="Bleda")))["playerId"] == 78


async def test_ids_and_names_are_taken_once(world: World, ask: Ask) -> None:
    zed, bela = await world.player("Zed"), await world.npc("Bela")
    assert (await done(ask, ADD, **a_hun(world, playerId=zed.player_id)))["code"] == "ID_TAKEN"
    assert (await done(ask, ADD, **a_hun(world, name=zed.name)))["code"] == "NAME_TAKEN"
    assert (await done(ask, ADD, bela, **a_hun(world)))["code"] == "NOT_YOURS"
    assert (await done(ask, ADD, **a_hun(world, playerId=2**31 - 1)))["playerId"] == 2**31 - 1
    refused = await done(ask, ADD, **a_hun(world, name="Bleda"))
    assert (refused["code"], "pass a playerId" in refused["message"]) == ("ID_TAKEN", True)


async def test_what_everybody_sees_changes_and_the_npcs_state_follows(world: World, ask: Ask) -> None:
    bela, zed = await world.npc("Bela"), await world.player("Zed")
    of_bela: dict[str, Any] = {"worldId": world.world_id, "playerId": bela.player_id}
    changed = await done(ask, CHANGE, **of_bela, population=900, rank=1, name="Bela the Great")
    assert (changed["population"], changed["rank"], changed["name"]) == (900, 1, "Bela the Great")
    stands = "SELECT total_population FROM npc_world_state WHERE world_id = $1 AND npc_id = $2"
    assert await world.value(stands, world.world_id, bela.npc_id) == 900
    assert (await done(ask, CHANGE, **of_bela, rank=None))["rank"] is None
    assert (await done(ask, CHANGE, **of_bela, name=zed.name))["code"] == "NAME_TAKEN"
    assert (await done(ask, CHANGE, bela, **of_bela, population=1))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, worldId=world.world_id, playerId=999))["code"] == "NOT_FOUND"


async def test_who_goes_leaves_alliance_and_treaties(world: World, ask: Ask) -> None:
    bela, otto, zed = await world.npc("Bela"), await world.npc("Otto"), await world.player("Zed")
    reds = await world.alliance("Reds", [otto], leader=bela)
    pact = await world.treaty("nap", bela, zed)
    offer = await world.treaty("confederacy", zed, bela, status="proposed")
    of_bela: dict[str, Any] = {"worldId": world.world_id, "playerId": bela.player_id}

    gone = await done(ask, CHANGE, GAME, **of_bela, isGone=True)
    assert gone["goneAt"] is not None
    assert (gone["population"], gone["alliance"]) == (0, None)
    assert await world.value(LEADER, world.world_id, reds.alliance_id) == otto.player_id
    for treaty in (pact, offer):
        assert await world.value(STATUS, world.world_id, treaty.treaty_id) == "cancelled"

    version = await world.version()
    assert (await done(ask, CHANGE, **of_bela, isGone=True))["goneAt"] == gone["goneAt"]
    assert await world.version() == version
    assert (await done(ask, CHANGE, **of_bela, isGone=False))["goneAt"] is None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"name": "x" * 101}, "name must have at most 100"),
        ({"playerId": 0}, "playerId must be between 1"),
        ({"population": -1}, "population must be between 0"),
        ({"rank": 0}, "rank must be between 1"),
        ({"capitalX": 3}, "Pass both capitalX and capitalY"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    answer = await ask.anyway(ADD, input=a_hun(world) | bad)
    assert says in answer.messages[0]
