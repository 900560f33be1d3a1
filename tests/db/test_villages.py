"""Villages: where one stands everybody knows; what it has is its owner's own, also when it changes hands."""

from __future__ import annotations

from typing import Any

from db.batches import count
from db.connection import Stores
from db.paging import Ask as Asked
from db.viewer import ADMIN, Role, Viewer
from db.world import holdings
from tests.asking import Ask, brain
from tests.world import Village, World

OF_THE_FIRST_MODEL = {
    "npc_village_config": "village_id npc_id village_type build_template_name current_build_phase"
    " auto_build_enabled next_scheduled_build build_queue_strategy resource_priority warehouse_reserve"
    " troop_training_enabled training_queue_strategy auto_raid_enabled created_at updated_at",
    "npc_build_queue_history": "id village_id npc_id building_name from_level to_level queued_at started_at"
    " completed_at cost_wood cost_clay cost_iron cost_wheat wait_time_seconds build_time_seconds"
    " priority_score decision_reason created_at",
}
INDEXES_OF_THE_FIRST_MODEL = """
idx_npc_village_npc idx_npc_village_type idx_build_queue_village idx_build_queue_npc idx_build_queue_completed
"""
VILLAGE = """query ($world: String!, $village: Int!) { village(worldId: $world, villageId: $village) {
    name player { name } resources { wood wheat } buildings { slot buildingName level }
    troops { unit atHome away } buildQueue { buildingName toLevel npc { name } }
    config { villageType resourcePriority { wood wheat } npc { name } }
    buildHistory { totalCount nodes { buildingName } }
} }"""
MAP = """query ($world: String!, $west: Int, $north: Int, $player: Int) {
    villages(worldId: $world, west: $west, north: $north, playerId: $player, orderBy: VILLAGE_ID) {
      totalCount nodes { name }
    } }"""


async def furnished(world: World, village: Village) -> None:
    """Something of everything that a village may have."""
    level = {"building_name": "barracks", "from_level": 3, "to_level": 4}
    await world.village_has(village, "village_resources", wood=700, wheat=30)
    await world.village_has(village, "village_buildings", slot=19, building_name="barracks", level=3)
    await world.village_has(village, "troops", unit="phalanx", at_home=50, away=2)
    await world.village_has(village, "build_queue", npc_id=village.owner.npc_id, **level)  # type: ignore[attr-defined]
    await world.village_has(
        village, "npc_village_config", village_type="military", resource_priority={"wood": 1, "wheat": "x"}
    )
    moment = await world.value("SELECT now()")
    await world.village_has(village, "npc_build_queue_history", queued_at=moment, **level)


async def test_a_brain_sees_its_village_and_everything_in_it(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    home = await world.village(bela, "Home")
    await furnished(world, home)

    found = await ask(VILLAGE, viewer=bela, world=world.world_id, village=home.village_id)

    assert found["village"] == {
        "name": "Home",
        "player": {"name": bela.name},
        "resources": {"wood": 700, "wheat": 30},
        "buildings": [{"slot": 19, "buildingName": "barracks", "level": 3}],
        "troops": [{"unit": "phalanx", "atHome": 50, "away": 2}],
        "buildQueue": [{"buildingName": "barracks", "toLevel": 4, "npc": {"name": bela.name}}],
        "config": {
            "villageType": "MILITARY",
            "resourcePriority": {"wood": 1, "wheat": None},
            "npc": {"name": bela.name},
        },
        "buildHistory": {"totalCount": 1, "nodes": [{"buildingName": "barracks"}]},
    }


async def test_who_takes_a_village_learns_nothing_of_what_the_owner_before_had(
    world: World, ask: Ask
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    home = await world.village(bela, "Home")
    await furnished(world, home)
    await world.in_its_database("UPDATE villages SET player_id = $1", otto.player_id)

    found = await ask(VILLAGE, viewer=otto, world=world.world_id, village=home.village_id)

    assert found["village"] == {
        "name": "Home",
        "player": {"name": otto.name},
        "resources": None,
        "buildings": [],
        "troops": [],
        "buildQueue": [],
        "config": None,
        "buildHistory": {"totalCount": 0, "nodes": []},
    }


async def test_an_npc_that_plays_in_two_worlds_sees_its_own_in_each(
    world: World, new_world: Any, ask: Ask
) -> None:
    other = await new_world()
    bela, hugo = await world.npc("Bela"), await other.player("Hugo")
    await other.run("UPDATE players SET npc_id = $2 WHERE world_id = $1", other.world_id, bela.npc_id)
    here, there = await world.village(bela, "Here"), await other.village(hugo, "There")
    await world.village_has(here, "village_resources", wood=1)
    await other.village_has(there, "village_resources", wood=2)

    found = await ask(
        """query ($one: String!, $other: String!, $here: Int!, $there: Int!) {
          here: village(worldId: $one, villageId: $here) { resources { wood } }
          there: village(worldId: $other, villageId: $there) { resources { wood } }
        }""",
        viewer=bela, one=world.world_id, other=other.world_id, here=here.village_id, there=there.village_id,
    )  # fmt: skip

    assert found == {"here": {"resources": {"wood": 1}}, "there": {"resources": {"wood": 2}}}


async def test_viewers_share_the_statement_of_a_world(
    world: World, stores: Stores, statements: list[str]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    home = await world.village(bela)
    await world.village_has(home, "troops", unit="phalanx")
    key = (world.world_id, home.village_id)
    viewers = [brain(bela), brain(otto), ADMIN, Viewer(Role.VIEWER)]

    assert await count(stores, holdings.TROOPS, Asked(), [(who, key) for who in viewers]) == [1, 0, 1, 0]
    assert await count(stores, holdings.TROOPS, Asked(), [(ADMIN, key)]) == [1]

    of_the_world = [one for one in statements if "troops" in one]
    assert (len(of_the_world), len(statements)) == (2, 4)  # is there such a world, and who plays as whom


async def test_the_villages_of_a_world_are_found_by_place_and_owner(world: World, ask: Ask) -> None:
    bela, otto = await world.player("Bela"), await world.player("Otto")
    for name, owner, x, y in (("A", bela, 1, 1), ("B", otto, 5, 1), ("C", otto, 5, 9)):
        await world.village(owner, name, x=x, y=y)

    async def names(**given: Any) -> list[str]:
        found = await ask(MAP, world=world.world_id, **given)
        assert found["villages"]["totalCount"] == len(found["villages"]["nodes"])
        return [one["name"] for one in found["villages"]["nodes"]]

    assert await names() == ["A", "B", "C"]
    assert await names(west=2) == ["B", "C"]
    assert await names(west=5, north=1) == ["B"]
    assert await names(player=otto.player_id) == ["B", "C"]


async def test_a_world_that_is_not_there_has_no_villages(ask: Ask) -> None:
    for made_up in ("nowhere", "x?host=example.com", ""):
        assert await ask(MAP, world=made_up) == {"villages": {"totalCount": 0, "nodes": []}}
        assert await ask(VILLAGE, world=made_up, village=1) == {"village": None}


async def test_the_names_of_the_first_model_are_there(world: World) -> None:
    await world.village(await world.player("Bela"))
    columns = await world.in_its_database("SELECT table_name, column_name FROM information_schema.columns")
    indexes = {row[0] for row in await world.in_its_database("SELECT indexname FROM pg_indexes")}
    found = {(row["table_name"], row["column_name"]) for row in columns}

    for table, names in OF_THE_FIRST_MODEL.items():
        assert {(table, name) for name in names.split()} - found == set()
    assert set(INDEXES_OF_THE_FIRST_MODEL.split()) - indexes == set()


async def test_what_a_village_has_goes_with_it(world: World) -> None:
    home = await world.village(await world.npc("Bela"))
    await furnished(world, home)

    await world.in_its_database("DELETE FROM villages")

    for table in ("village_resources", "village_buildings", "troops", "build_queue", *OF_THE_FIRST_MODEL):
        assert await world.in_its_database(f"SELECT * FROM {table}") == []
