"""NPCs: made, changed, paused, retired; who may, and what is kept of what they were."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from db.viewer import ADMIN, Role, Viewer
from tests.acting import done
from tests.asking import Ask
from tests.world import World

NPC = """fragment npc on Npc { npcId name tribe personality version active paused llmTemperature
    decisionCacheTtl strategicUpdateFrequency notes
    behaviorTemplate { aggression economy buildingPriority goals more }
    templateVersions { nodes { version behaviorTemplate { aggression more } } } }
    fragment refusal on Refusal { code message }"""
MUTATION = """mutation ($input: %s!) { %s(input: $input) { ...npc ...refusal } } """ + NPC
CREATE = MUTATION % ("CreateNpcInput", "createNpc")
CHANGE = MUTATION % ("ChangeNpcInput", "changeNpc")
VERSIONS = "query ($id: Int!) { npc(npcId: $id) { version templateVersions { nodes { version } } } }"


def template(**more: Any) -> dict[str, Any]:
    """A whole template; every trait that is not given is 0.5."""
    return dict.fromkeys(("aggression", "economy", "diplomacy", "riskTolerance", "patience"), 0.5) | {
        "adaptability": 0.5,
        **more,
    }


def a_gaul(world: World, **more: Any) -> dict[str, Any]:
    """An NPC to be made."""
    name = f"Gisela of {world.world_id}"
    given = {"name": name, "tribe": "GAULS", "personality": "DIPLOMAT", "behaviorTemplate": template()}
    return given | more


def of_npc(name: str) -> str:
    """A mutation of one NPC that takes nothing else."""
    return MUTATION % (f"{name[0].upper()}{name[1:]}NpcInput", f"{name}Npc")


async def test_an_npc_is_made_as_it_was_told(world: World, ask: Ask) -> None:
    given = a_gaul(
        world, llmTemperature=1.5, decisionCacheTtl=60, strategicUpdateFrequency=600, notes="Quiet."
    )
    given["behaviorTemplate"] = template(aggression=0.1, goals=["peace"], more={"likes": ["cheese"]})
    made = await done(ask, CREATE, **given)
    assert made == {
        "npcId": made["npcId"],
        **{key: value for key, value in given.items() if key != "behaviorTemplate"},
        "version": 1,
        "active": True,
        "paused": False,
        "behaviorTemplate": {
            "aggression": 0.1,
            "economy": 0.5,
            "buildingPriority": [],
            "goals": ["peace"],
            "more": {"likes": ["cheese"]},
        },
        "templateVersions": {"nodes": []},
    }


async def test_names_are_unique_also_at_once(world: World, ask: Ask) -> None:
    several = await asyncio.gather(*(done(ask, CREATE, **a_gaul(world)) for _ in range(3)))
    assert sorted(one.get("code", "made") for one in several) == ["NAME_TAKEN", "NAME_TAKEN", "made"]


async def test_making_one_again_under_its_key_makes_none(world: World, ask: Ask) -> None:
    given = a_gaul(world, idempotencyKey=f"gisela of {world.world_id}")
    first = await done(ask, CREATE, **given)
    assert await done(ask, CREATE, **given) == first
    loud: dict[str, Any] = given | {"notes": "Loud."}
    assert (await done(ask, CREATE, **loud))["code"] == "KEY_REUSED"


async def test_a_game_of_some_worlds_makes_npcs_and_leaves_those_of_other_worlds(
    world: World, ask: Ask
) -> None:
    bela = await world.npc("Bela")
    elsewhere = Viewer(Role.GAME, worlds=frozenset({"elsewhere"}))
    given = a_gaul(world, idempotencyKey=f"gisela of {world.world_id}")
    made = await done(ask, CREATE, elsewhere, **given)
    assert await done(ask, CREATE, elsewhere, **given) == made
    assert (await done(ask, of_npc("pause"), elsewhere, npcId=made["npcId"]))["paused"] is True
    assert (await done(ask, of_npc("pause"), elsewhere, npcId=bela.npc_id))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (
            {"behaviorTemplate": template(aggression=1.1)},
            "behaviorTemplate.aggression must be between",
        ),
        ({"behaviorTemplate": template(riskTolerance=-1)}, "behaviorTemplate.riskTolerance must be between"),
        ({"behaviorTemplate": {"aggression": 0.5}}, "'economy'"),
        ({"behaviorTemplate": template(goals=["x"] * 51)}, "behaviorTemplate.goals must name at most 50"),
        (
            {"behaviorTemplate": template(goals=["x" * 101])},
            "behaviorTemplate.goals[0] must have at",
        ),
        ({"behaviorTemplate": template(more={"economy": 2})}, "more must not hold economy"),
        ({"behaviorTemplate": template(more=[1])}, "behaviorTemplate.more must be an object"),
        ({"behaviorTemplate": template(more={"x": "y" * 40_000})}, "at most 32768 bytes"),
        ({"name": " "}, "name must not be empty"),
        ({"name": "x" * 101}, "name must have at most 100"),
        ({"llmTemperature": 2.5}, "llmTemperature must be between 0 and 2"),
        ({"decisionCacheTtl": -1}, "decisionCacheTtl must be between 0"),
        ({"strategicUpdateFrequency": 0}, "strategicUpdateFrequency must be between 1"),
        ({"notes": "x" * 10_001}, "notes must have at most 10000"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    answer = await ask.anyway(CREATE, input=a_gaul(world) | bad)
    assert says in answer.messages[0]


async def test_a_template_that_is_replaced_is_kept(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela", traits={"aggression": 0.9, "cunning": 7})
    changed = await done(
        ask, CHANGE, npcId=bela.npc_id, expectedVersion=1, behaviorTemplate=template(aggression=0.2)
    )
    assert (changed["version"], changed["behaviorTemplate"]["aggression"]) == (2, 0.2)
    before = {"aggression": 0.9, "more": {"cunning": 7}}
    assert changed["templateVersions"]["nodes"] == [{"version": 1, "behaviorTemplate": before}]

    late = await done(
        ask, CHANGE, npcId=bela.npc_id, expectedVersion=1, behaviorTemplate=template(aggression=0.3)
    )
    assert late["code"] == "VERSION_CHANGED"
    assert "is at version 2, not 1" in late["message"]


async def test_of_two_who_saw_the_same_version_one_changes_it(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    given: dict[str, Any] = {"npcId": bela.npc_id, "expectedVersion": 1}
    several = await asyncio.gather(
        *(
            done(ask, CHANGE, **given, behaviorTemplate=template(aggression=value / 10))
            for value in range(1, 5)
        )
    )
    assert sorted(one.get("code", "changed") for one in several) == ["VERSION_CHANGED"] * 3 + ["changed"]


async def test_a_change_by_another_program_counts_as_well(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    await world.run(
        "UPDATE npcs SET behavior_template = behavior_template || '{\"patience\": 1}' WHERE id = $1",
        bela.npc_id,
    )
    found = (await ask(VERSIONS, id=bela.npc_id))["npc"]
    assert found == {"version": 2, "templateVersions": {"nodes": [{"version": 1}]}}


async def test_what_is_left_out_stays(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    changed = await done(ask, CHANGE, npcId=bela.npc_id, notes="Slow.", personality="ASSASSIN")
    assert (changed["notes"], changed["personality"], changed["version"]) == ("Slow.", "ASSASSIN", 1)
    cleared = await done(ask, CHANGE, npcId=bela.npc_id, notes=None)
    assert (cleared["notes"], cleared["personality"]) == (None, "ASSASSIN")
    answer = await ask.anyway(CHANGE, input={"npcId": bela.npc_id, "name": None})
    assert "name must not be null: leave it out" in answer.messages[0]
    otto = await world.npc("Otto")
    assert (await done(ask, CHANGE, npcId=bela.npc_id, name=otto.name))["code"] == "NAME_TAKEN"
    assert (await done(ask, CHANGE, npcId=bela.npc_id, name=bela.name))["name"] == bela.name


async def test_it_rests_goes_on_and_retires(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    assert (await done(ask, of_npc("pause"), bela, npcId=bela.npc_id))["paused"] is True
    assert (await done(ask, of_npc("pause"), bela, npcId=bela.npc_id))["paused"] is True
    assert (await done(ask, of_npc("resume"), bela, npcId=bela.npc_id))["paused"] is False
    assert (await done(ask, of_npc("retire"), npcId=bela.npc_id))["active"] is False
    for mutation in (of_npc("pause"), of_npc("retire"), CHANGE):
        refused = await done(ask, mutation, npcId=bela.npc_id)
        assert refused == {"code": "GONE", "message": f"{bela.name} is retired."}
    there = "SELECT count(*) FROM players WHERE world_id = $1 AND npc_id = $2 AND gone_at IS NULL"
    assert await world.value(there, world.world_id, bela.npc_id) == 1


async def test_brains_change_their_own_template_and_no_more(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    own = await done(ask, CHANGE, bela, npcId=bela.npc_id, behaviorTemplate=template(patience=1))
    assert own["version"] == 2
    for mutation, viewer, given in (
        (CREATE, bela, a_gaul(world)),
        (CHANGE, bela, {"npcId": bela.npc_id, "notes": "Pay me."}),
        (CHANGE, bela, {"npcId": otto.npc_id, "behaviorTemplate": template()}),
        (of_npc("pause"), bela, {"npcId": otto.npc_id}),
        (of_npc("retire"), bela, {"npcId": bela.npc_id}),
    ):
        assert (await done(ask, mutation, viewer, **given))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, ADMIN, npcId=2**31 - 1))["code"] == "NOT_FOUND"


async def test_former_templates_are_seen_by_their_own(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await done(ask, CHANGE, npcId=bela.npc_id, behaviorTemplate=template())
    query = "query ($id: Int!) { npc(npcId: $id) { templateVersions { totalCount } } }"
    counts = [
        (await ask(query, viewer=viewer, id=bela.npc_id))["npc"]["templateVersions"]["totalCount"]
        for viewer in (bela, otto, ADMIN)
    ]
    assert counts == [1, 0, 1]
