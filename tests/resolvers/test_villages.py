"""Reports: what a game server tells of villages is taken in whole, each report by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.connection import open_stores
from db.viewer import Role, Viewer
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from tests.asking import Ask
from tests.world import Npc, Village, World

REPORT = """mutation ($input: ReportVillagesInput!) { reportVillages(input: $input) {
    ... on VillagesReported { accepted refused { villageId code message } } ... on Refusal { code message }
} }"""
REPORT_ONE = """mutation ($input: ReportVillageInput!) { reportVillage(input: $input) {
    ... on Village { name player { name } resources { wood } } ... on Refusal { code message }
} }"""
VILLAGE = """query ($world: String!, $village: Int!) { village(worldId: $world, villageId: $village) {
    name population player { name } resources { wood wheat productionRateWheat updatedAt }
    buildings { slot buildingName level } troops { unit atHome away }
    buildQueue { buildingName slot fromLevel toLevel startedAt completesAt decisionReason npc { name } }
    buildHistory { nodes {
      buildingName toLevel completedAt waitTimeSeconds buildTimeSeconds decisionReason
    } }
} }"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STORES = {"wood": 700, "clay": 600, "iron": 500, "wheat": 400, "productionRateWheat": -5}
BARRACKS = {"slot": 19, "buildingName": "barracks", "level": 3}


async def report(ask: Ask, world: World, *villages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What becomes of reports of villages."""
    given = {"worldId": world.world_id, "villages": list(villages), **more}
    result: dict[str, Any] = (await ask(REPORT, input=given))["reportVillages"]
    return result


async def shown(ask: Ask, world: World, village_id: int) -> dict[str, Any]:
    """What there is in a village."""
    found: dict[str, Any] = (await ask(VILLAGE, world=world.world_id, village=village_id))["village"]
    return found


@pytest.fixture
async def bela(world: World) -> Npc:
    return await world.npc("Bela")


@pytest.fixture
async def home(world: World, bela: Npc) -> Village:
    return await world.village(bela, "Home")


def on_map(owner: Npc, tile_id: int = 7, **more: Any) -> dict[str, Any]:
    """Where a village stands."""
    place = {"tileId": tile_id, "x": 1, "y": 2, "name": "New", "playerId": owner.player_id, "tribe": "GAULS"}
    return {**place, **more}


async def test_all_that_a_village_has_is_told_in_one_call(
    world: World, ask: Ask, bela: Npc, home: Village
) -> None:
    queued = {"buildingName": "stable", "slot": 20, "fromLevel": 0, "toLevel": 1}
    times = {"startedAt": NOON.isoformat(), "completesAt": (NOON + timedelta(hours=1)).isoformat()}
    told = {
        "villageId": home.village_id,
        "reportedAt": NOON.isoformat(),
        "resources": STORES,
        "buildings": [BARRACKS],
        "troops": [{"unit": "phalanx", "atHome": 5, "away": 2}],
        "buildQueue": [queued | times],
    }

    assert await report(ask, world, told) == {"accepted": 1, "refused": []}

    assert await shown(ask, world, home.village_id) == {
        "name": "Home",
        "population": 50,
        "player": {"name": bela.name},
        "resources": {"wood": 700, "wheat": 400, "productionRateWheat": -5, "updatedAt": NOON.isoformat()},
        "buildings": [BARRACKS],
        "troops": [{"unit": "phalanx", "atHome": 5, "away": 2}],
        "buildQueue": [queued | times | {"decisionReason": None, "npc": {"name": bela.name}}],
        "buildHistory": {"nodes": []},
    }


async def test_what_is_left_out_stays_and_what_is_no_longer_named_goes(
    world: World, ask: Ask, home: Village
) -> None:
    troops = [{"unit": "phalanx", "atHome": 5}, {"unit": "swordsman", "atHome": 9}]
    await report(ask, world, {"villageId": home.village_id, "buildings": [BARRACKS], "troops": troops})

    await report(ask, world, {"villageId": home.village_id, "troops": [{"unit": "phalanx", "away": 4}]})
    now = await shown(ask, world, home.village_id)
    assert now["buildings"] == [BARRACKS]
    assert now["troops"] == [{"unit": "phalanx", "atHome": 0, "away": 4}]

    await report(ask, world, {"villageId": home.village_id, "buildings": [], "troops": []})
    now = await shown(ask, world, home.village_id)
    assert now["buildings"] == now["troops"] == []


async def test_what_an_npc_had_queued_goes_into_its_history(
    world: World, ask: Ask, bela: Npc, home: Village
) -> None:
    minutes = [NOON + timedelta(minutes=n) for n in range(4)]
    done = {"building_name": "barracks", "from_level": 3, "to_level": 4, "decision_reason": "Army"}
    await world.village_has(
        home, "build_queue", npc_id=bela.npc_id, slot=19, queued_at=minutes[0], started_at=minutes[1],
        completes_at=minutes[2], **done,
    )  # fmt: skip
    given_up = {"building_name": "stable", "from_level": 0, "to_level": 1, "queued_at": minutes[0]}
    await world.village_has(home, "build_queue", npc_id=bela.npc_id, **given_up)
    told = {"buildings": [BARRACKS | {"level": 4}], "buildQueue": [], "reportedAt": minutes[3].isoformat()}

    await report(ask, world, {"villageId": home.village_id, **told})

    now = await shown(ask, world, home.village_id)
    assert now["buildQueue"] == []
    assert sorted(now["buildHistory"]["nodes"], key=lambda one: str(one["buildingName"])) == [
        {
            "buildingName": "barracks",
            "toLevel": 4,
            "completedAt": minutes[2].isoformat(),
            "waitTimeSeconds": 60,
            "buildTimeSeconds": 60,
            "decisionReason": "Army",
        },
        {
            "buildingName": "stable",
            "toLevel": 1,
            "completedAt": None,
            "waitTimeSeconds": None,
            "buildTimeSeconds": None,
            "decisionReason": None,
        },
    ]


async def test_a_report_finds_what_was_queued_without_a_place(
    world: World, ask: Ask, bela: Npc, home: Village
) -> None:
    level = {"building_name": "stable", "from_level": 0, "to_level": 1, "queued_at": NOON}
    await world.village_has(
        home,
        "build_queue",
        npc_id=bela.npc_id,
        decision_reason="Cavalry",
        **level,
    )
    started = (NOON + timedelta(minutes=9)).isoformat()
    told = {"buildingName": "stable", "slot": 20, "fromLevel": 0, "toLevel": 1, "startedAt": started}

    await report(ask, world, {"villageId": home.village_id, "buildQueue": [told]})

    now = await shown(ask, world, home.village_id)
    (queued,) = now["buildQueue"]
    assert (queued["slot"], queued["startedAt"], queued["decisionReason"]) == (20, started, "Cavalry")
    assert now["buildHistory"] == {"nodes": []}


async def test_a_village_that_is_not_known_comes_with_its_place(world: World, ask: Ask, bela: Npc) -> None:
    await world.village(bela)  # so that the world has its database
    unknown = await report(ask, world, {"villageId": 900, "resources": STORES})
    nobodys = await report(ask, world, {"villageId": 900, "onMap": on_map(bela) | {"playerId": 999}})
    known = await report(ask, world, {"villageId": 900, "onMap": on_map(bela), "resources": STORES})

    assert [one["code"] for one in unknown["refused"] + nobodys["refused"]] == ["NOT_FOUND", "NOT_FOUND"]
    assert known == {"accepted": 1, "refused": []}
    assert (await shown(ask, world, 900))["resources"]["wood"] == 700


async def test_a_village_on_the_tile_of_another_takes_its_place(world: World, ask: Ask, bela: Npc) -> None:
    await world.village(bela)
    await report(ask, world, {"villageId": 900, "onMap": on_map(bela), "troops": [{"unit": "phalanx"}]})
    await report(ask, world, {"villageId": 901, "onMap": on_map(bela)})

    assert await shown(ask, world, 900) is None
    assert (await shown(ask, world, 901))["troops"] == []


async def test_each_report_is_judged_by_itself(world: World, ask: Ask, bela: Npc, home: Village) -> None:
    other = await world.village(bela, "Other")
    await report(ask, world, {"villageId": other.village_id, "reportedAt": NOON.isoformat()})
    early = (NOON - timedelta(hours=1)).isoformat()

    told = await report(
        ask,
        world,
        {"villageId": home.village_id, "resources": STORES},
        {"villageId": other.village_id, "resources": STORES, "reportedAt": early},
        {"villageId": 900},
    )

    assert told["accepted"] == 1
    assert [(one["villageId"], one["code"]) for one in told["refused"]] == [
        (other.village_id, "OUTDATED"),
        (900, "NOT_FOUND"),
    ]
    assert (await shown(ask, world, other.village_id))["resources"] is None


async def test_one_village_alone_is_told_with_a_refusal_of_its_own(
    world: World, ask: Ask, bela: Npc, home: Village
) -> None:
    async def tell(village_id: int) -> Any:
        given = {"worldId": world.world_id, "village": {"villageId": village_id, "resources": STORES}}
        return (await ask(REPORT_ONE, input=given))["reportVillage"]

    assert await tell(home.village_id) == {
        "name": "Home",
        "player": {"name": bela.name},
        "resources": {"wood": 700},
    }
    assert (await tell(900))["code"] == "NOT_FOUND"


async def test_five_hundred_villages_take_no_more_statements_than_two(
    world: World, ask: Ask, bela: Npc, statements: list[str]
) -> None:
    await world.village(bela)

    async def tell(count: int, first: int) -> int:
        statements.clear()
        told = [
            {
                "villageId": first + n,
                "onMap": on_map(bela, first + n),
                "resources": STORES,
                "buildings": [{**BARRACKS, "slot": slot} for slot in (1, 2, 3)],
                "troops": [{"unit": "phalanx", "atHome": n}],
                "buildQueue": [{"buildingName": "stable", "fromLevel": 0, "toLevel": 1}],
            }
            for n in range(count)
        ]
        assert (await report(ask, world, *told))["accepted"] == count
        return len(statements)

    assert await tell(2, 1000) == await tell(500, 2000) < 20


async def test_the_same_report_again_changes_nothing(world: World, ask: Ask, home: Village) -> None:
    told = {"villageId": home.village_id, "resources": STORES, "reportedAt": NOON.isoformat()}
    first = await report(ask, world, told, {"villageId": 900}, idempotencyKey="tick 1")
    again = await report(ask, world, told, {"villageId": 900}, idempotencyKey="tick 1")
    other = await report(ask, world, told, idempotencyKey="tick 1")

    assert again == first
    assert (first["accepted"], first["refused"][0]["code"]) == (1, "NOT_FOUND")
    assert other["code"] == "KEY_REUSED"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"resources": STORES | {"wood": -1}}, "wood must be between 0 and"),
        ({"reportedAt": "9998-01-01T00:00:00Z"}, "reportedAt must not lie in the future."),
        ({"buildings": [BARRACKS, BARRACKS]}, "buildings must name each once, not 19 twice."),
        ({"buildings": [BARRACKS | {"slot": 0}]}, "slot must be between 1 and 1,000"),
        ({"buildings": [BARRACKS | {"buildingName": " "}]}, "buildingName must not be empty"),
        ({"troops": [{"unit": "x" * 101}]}, "unit must have at most 100 characters"),
        ({"troops": [{"unit": "phalanx", "away": -1}]}, "away must be between 0"),
        ({"troops": [{"unit": f"{n}"} for n in range(201)]}, "troops must name at most 200, not 201."),
        (
            {"buildQueue": [{"buildingName": "x", "fromLevel": 1, "toLevel": 1}]},
            "toLevel must be another one",
        ),
        (
            {
                "buildQueue": [
                    {
                        "buildingName": "x",
                        "fromLevel": 1,
                        "toLevel": 2,
                        "startedAt": "2026-11-23T12:00:00Z",
                        "completesAt": "2026-11-23T11:00:00Z",
                    }
                ]
            },
            "completesAt must not be before startedAt.",
        ),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(
    told: dict[str, Any], message: str, world: World, ask: Ask, home: Village
) -> None:
    given = {"worldId": world.world_id, "villages": [{"villageId": home.village_id, **told}]}
    answer = await ask.anyway(REPORT, input=given)

    assert message in answer.messages[0]
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_no_text_breaks_it(world: World, ask: Ask, home: Village) -> None:
    for odd in ("a\0b", "\ud800", "'; DROP TABLE troops; --", "ö" * 100):
        told = {"troops": [{"unit": odd}], "buildings": [BARRACKS | {"buildingName": odd}]}
        given = {"worldId": world.world_id, "villages": [{"villageId": home.village_id, **told}]}
        answer = await ask.anyway(REPORT, input=given)
        assert answer.messages == [] or answer.codes == ["BAD_USER_INPUT"], odd


async def test_only_those_who_run_the_game_report(world: World, ask: Ask, bela: Npc, home: Village) -> None:
    given = {"worldId": world.world_id, "villages": [{"villageId": home.village_id, "resources": STORES}]}

    for viewer in (Viewer(Role.BRAIN, bela.npc_id), Viewer(Role.VIEWER)):
        assert (await ask.anyway(REPORT, viewer=viewer, input=given)).codes == ["FORBIDDEN"]
    elsewhere = Viewer(Role.GAME, worlds=frozenset(["elsewhere"]))
    refused = await ask(REPORT, viewer=elsewhere, input=given)
    assert refused["reportVillages"]["code"] == "NOT_FOUND"
    here = Viewer(Role.GAME, worlds=frozenset([world.world_id]))
    assert (await ask(REPORT, viewer=here, input=given))["reportVillages"]["accepted"] == 1


async def test_a_world_that_another_program_added_gets_its_database(
    world: World, ask: Ask, bela: Npc
) -> None:
    assert await report(ask, world, {"villageId": 1, "onMap": on_map(bela)}) == {"accepted": 1, "refused": []}
    assert (await shown(ask, world, 1))["name"] == "New"


async def test_a_world_whose_database_is_down_is_named(
    world: World, urls: StoreUrls, analyses: Analyses, bela: Npc
) -> None:
    given = {"worldId": world.world_id, "villages": [{"villageId": 1, "onMap": on_map(bela)}]}
    async with open_stores(urls.main, "postgresql://nobody@127.0.0.1:1/{world_id}", urls.redis) as stores:
        answer = await Ask(stores, analyses).anyway(REPORT, input=given)

    assert answer.data == {"reportVillages": None}
    assert answer.codes == ["STORE_UNAVAILABLE"]
    assert answer.messages == [f"The database of world {world.world_id!r} cannot be reached; try again soon."]


async def test_a_database_that_cannot_be_made_is_named(
    world: World, urls: StoreUrls, analyses: Analyses, bela: Npc
) -> None:
    given = {"worldId": world.world_id, "villages": [{"villageId": 1, "onMap": on_map(bela)}]}
    too_long = urls.worlds.replace("{world_id}", "x" * 63 + "{world_id}")
    async with open_stores(urls.main, too_long, urls.redis) as stores:
        answer = await Ask(stores, analyses).anyway(REPORT, input=given)

    assert answer.codes == ["STORE_UNAVAILABLE"]
    assert answer.messages[0].endswith("is missing and cannot be made: the server's log says why.")
