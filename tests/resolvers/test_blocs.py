"""Blocs, as they are asked for: everybody in exactly one, friends together, enemies apart."""

from __future__ import annotations

from typing import Any

import pytest

from db.viewer import Role, Viewer
from tests.asking import Ask
from tests.world import Alliance, World

BLOCS = """
query ($world: String!, $level: BlocLevel! = ALLIANCE, $grouping: BlocGrouping! = FREE, $first: Int! = 20) {
  blocs(worldId: $world, level: $level, grouping: $grouping) {
    level grouping cost balance bound gap proved version
    blocs(first: $first) { blocId size power cohesion alliances { name } players { name } }
  }
}
"""


@pytest.fixture
async def alliances(world: World) -> list[Alliance]:
    """Reds and Blues against Greens, the greatest of them; Greys stand alone."""
    made = []
    for name, population in (("Reds", 100), ("Blues", 100), ("Greens", 500), ("Greys", 10)):
        leader = await world.npc(name, population=population)
        made.append(await world.alliance(name, leader=leader))
    reds, blues, greens, _ = made
    await world.treaty("confederacy", reds, blues)
    await world.treaty("war", greens, reds)
    await world.treaty("war", greens, blues)
    return made


async def test_friends_stand_together_and_enemies_apart(
    world: World, alliances: list[Alliance], ask: Ask
) -> None:
    found = (await ask(BLOCS, world=world.world_id))["blocs"]

    assert names(found, "alliances") == [["Greens"], ["Blues", "Reds"], ["Greys"]]
    assert [one["power"] for one in found["blocs"]] == [500, 200, 10]
    assert [one["size"] for one in found["blocs"]] == [1, 2, 1]
    assert (found["cost"], found["balance"], found["proved"], found["gap"]) == (0, 1, True, 0)
    assert found["version"] == await world.version()


@pytest.mark.parametrize("grouping", ["FREE", "TWO_CAMPS"])
async def test_every_player_is_in_one_bloc(
    grouping: str, world: World, alliances: list[Alliance], ask: Ask
) -> None:
    loner = await world.player("Loner")

    found = (await ask(BLOCS, world=world.world_id, level="PLAYER", grouping=grouping))["blocs"]

    everybody = sorted(name for bloc in names(found, "players") for name in bloc)
    assert everybody == sorted([loner.name, *(f"{one.name} of {world.world_id}" for one in alliances)])
    assert len(found["blocs"]) <= (2 if grouping == "TWO_CAMPS" else 4)


async def test_a_broken_friendship_parts_them(world: World, alliances: list[Alliance], ask: Ask) -> None:
    await world.run(
        "UPDATE treaties SET status = 'cancelled' WHERE world_id = $1 AND type = 'confederacy'",
        world.world_id,
    )
    await world.treaty("war", alliances[0], alliances[1])

    found = (await ask(BLOCS, world=world.world_id))["blocs"]

    assert ["Blues", "Reds"] not in names(found, "alliances")


async def test_the_first_are_the_most_powerful(world: World, alliances: list[Alliance], ask: Ask) -> None:
    some, none = [await ask(BLOCS, world=world.world_id, first=number) for number in (1, 0)]
    too_many = await ask.anyway(BLOCS, world=world.world_id, first=101)

    assert names(some["blocs"], "alliances") == [["Greens"]]
    assert none["blocs"]["blocs"] == []
    assert too_many.codes == ["BAD_USER_INPUT"]


async def test_an_empty_world_has_no_blocs_and_no_world_none_at_all(world: World, ask: Ask) -> None:
    assert (await ask(BLOCS, world=world.world_id))["blocs"]["blocs"] == []
    assert await ask(BLOCS, world="nowhere") == {"blocs": None}


async def test_they_rest_on_facts_that_not_everybody_may_know(world: World, ask: Ask) -> None:
    answer = await ask.anyway(BLOCS, viewer=Viewer(Role.BRAIN, 1), world=world.world_id)

    assert answer.codes == ["FORBIDDEN"]
    assert answer.data is None


def names(found: dict[str, Any], kind: str) -> list[list[str]]:
    return [sorted(member["name"] for member in bloc[kind]) for bloc in found["blocs"]]
