"""Village configs: how a village is to be run its NPC says, and nobody overwrites what they have not seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from db.viewer import ADMIN, Viewer
from tests.asking import Ask
from tests.world import Npc, Village, World

CONFIGURE = """mutation ($input: ConfigureVillageInput!) { configureVillage(input: $input) {
    ... on VillageConfig {
      villageType buildTemplateName currentBuildPhase autoBuildEnabled nextScheduledBuild buildQueueStrategy
      resourcePriority { wood clay iron wheat } warehouseReserve troopTrainingEnabled autoRaidEnabled version
      npc { name } village { name }
    }
    ... on Refusal { code message } } }"""
UNSAID = {
    "villageType": None,
    "buildTemplateName": None,
    "currentBuildPhase": None,
    "autoBuildEnabled": True,
    "nextScheduledBuild": None,
    "buildQueueStrategy": None,
    "resourcePriority": None,
    "warehouseReserve": 5000,
    "troopTrainingEnabled": True,
    "autoRaidEnabled": False,
    "version": 1,
}


@pytest.fixture
async def bela(world: World) -> Npc:
    return await world.npc("Bela")


@pytest.fixture
async def home(world: World, bela: Npc) -> Village:
    return await world.village(bela, "Home")


async def configure(
    ask: Ask, world: World, village: Village, viewer: Viewer | Npc = ADMIN, **given: Any
) -> dict[str, Any]:
    """What becomes of a wish."""
    asked = {"worldId": world.world_id, "villageId": village.village_id, **given}
    result: dict[str, Any] = (await ask(CONFIGURE, viewer=viewer, input=asked))["configureVillage"]
    return result


async def test_what_is_left_out_stays_and_null_takes_away(
    world: World, ask: Ask, bela: Npc, home: Village
) -> None:
    whose = {"npc": {"name": bela.name}, "village": {"name": "Home"}}
    priority = {"wood": 2, "clay": 1, "iron": 3, "wheat": 4}
    first = await configure(
        ask, world, home, bela, villageType="MILITARY", resourcePriority=priority, warehouseReserve=2**40
    )
    second = await configure(
        ask,
        world,
        home,
        bela,
        villageType=None,
        currentBuildPhase="MID",
        buildQueueStrategy={"first": "wall"},
    )

    said = {"villageType": "MILITARY", "resourcePriority": priority, "warehouseReserve": 2**40}
    assert first == UNSAID | whose | said
    later = {"currentBuildPhase": "MID", "buildQueueStrategy": {"first": "wall"}, "version": 2}
    assert second == UNSAID | whose | said | later | {"villageType": None}


async def test_nobody_overwrites_what_they_have_not_seen(world: World, ask: Ask, home: Village) -> None:
    assert (await configure(ask, world, home, expectedVersion=1))["code"] == "VERSION_CHANGED"
    assert (await configure(ask, world, home, expectedVersion=0))["version"] == 1
    assert (await configure(ask, world, home, expectedVersion=0))["code"] == "VERSION_CHANGED"

    both = await asyncio.gather(
        *(configure(ask, world, home, expectedVersion=1, buildTemplateName=name) for name in ("a", "b"))
    )
    assert sorted(one.get("code") or str(one["version"]) for one in both) == ["2", "VERSION_CHANGED"]


async def test_a_new_owner_begins_anew(world: World, ask: Ask, bela: Npc, home: Village) -> None:
    otto = await world.npc("Otto")
    await configure(ask, world, home, bela, villageType="CAPITAL", warehouseReserve=1)
    await world.in_its_database("UPDATE villages SET player_id = $1", otto.player_id)

    taken = await configure(ask, world, home, otto, expectedVersion=0, currentBuildPhase="LATE")

    assert (taken["villageType"], taken["warehouseReserve"], taken["version"]) == (None, 5000, 1)
    assert (await configure(ask, world, home, bela))["code"] == "NOT_YOURS"


async def test_a_brain_decides_for_its_own_alone(world: World, ask: Ask, home: Village) -> None:
    otto, hugo = await world.npc("Otto"), await world.player("Hugo")

    assert (await configure(ask, world, home, otto))["code"] == "NOT_YOURS"
    assert (await configure(ask, world, await world.village(hugo)))["code"] == "NO_NPC"
    assert (await configure(ask, world, Village(999, "", hugo)))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"autoBuildEnabled": None}, "autoBuildEnabled must not be null: leave it out"),
        ({"warehouseReserve": -1}, "warehouseReserve must be between 0"),
        ({"buildTemplateName": "x" * 101}, "buildTemplateName must have at most 100 characters"),
        ({"resourcePriority": {"wood": 1, "clay": 1, "iron": 2, "wheat": 3}}, "the places 1 to 4, each once"),
        ({"buildQueueStrategy": [1]}, "buildQueueStrategy must be an object"),
        ({"trainingQueueStrategy": {"x": "y" * 40_000}}, "trainingQueueStrategy must be at most"),
    ],
)
async def test_what_cannot_be_is_refused(
    given: dict[str, Any], message: str, world: World, ask: Ask, home: Village
) -> None:
    asked = {"worldId": world.world_id, "villageId": home.village_id, **given}
    answer = await ask.anyway(CONFIGURE, input=asked)

    assert message in answer.messages[0]
