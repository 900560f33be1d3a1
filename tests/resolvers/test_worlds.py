"""Worlds: opened with a database of their own, and changed; which rules they may have."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from db.connection import Stores
from db.viewer import Role, Viewer
from tests.acting import GAME, done, propose
from tests.asking import Ask
from tests.world import World

WORLD = """fragment world on World { worldId name speed status startedAt settings settingsVersion
    rules { maxMembers proposalDays treatyLimits { type most } } }
    fragment refusal on Refusal { code message }"""
CREATE, CHANGE = (
    f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ ...world ...refusal }} }}{WORLD}"
    for kind, name in (("CreateWorldInput", "createWorld"), ("ChangeWorldInput", "changeWorld"))
)
VILLAGES = "query ($world: String!) { world(worldId: $world) { villages { totalCount } } }"

_numbers = count(1)


def a_world(world: World, **more: Any) -> dict[str, Any]:
    """A world to be opened."""
    return {"worldId": f"{world.world_id}.new{next(_numbers)}", "name": "New"} | more


async def test_a_world_is_opened_with_a_database(world: World, ask: Ask) -> None:
    given = a_world(world, speed=3, status="PAUSED", startedAt="2026-12-24T18:00:00+00:00")
    made = await done(ask, CREATE, **given, settings={"max_naps": 2, "made_by": "hand"})
    limits = {one["type"]: one["most"] for one in made.pop("rules")["treatyLimits"]}
    assert made == given | {"settings": {"max_naps": 2, "made_by": "hand"}, "settingsVersion": 1}
    assert (limits["NAP"], limits["CONFEDERACY"], limits["WAR"]) == (2, 3, None)
    assert (await ask(VILLAGES, world=given["worldId"]))["world"]["villages"] == {"totalCount": 0}
    assert (await done(ask, CREATE, **given))["code"] == "ID_TAKEN"


async def test_of_many_at_once_one_is_opened(world: World, ask: Ask) -> None:
    given = a_world(world)
    several = await asyncio.gather(*(done(ask, CREATE, **given) for _ in range(3)))
    assert sorted(one.get("code", "made") for one in several) == ["ID_TAKEN", "ID_TAKEN", "made"]


async def test_a_world_is_there_while_its_database_is_not(
    world: World, ask: Ask, stores: Stores, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stores.worlds, "pattern", "postgresql:///{world_id}?host=/nowhere")
    made = await done(ask, CREATE, **a_world(world))
    assert made["name"] == "New"
    assert "is not there yet" in caplog.text


async def test_who_may_not(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    assert (await done(ask, CREATE, bela, **a_world(world)))["code"] == "NOT_YOURS"
    mine = Viewer(Role.GAME, worlds=frozenset({world.world_id}))
    assert (await done(ask, CREATE, mine, **a_world(world)))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, bela, worldId=world.world_id, speed=2))["code"] == "NOT_YOURS"
    assert (await done(ask, CHANGE, mine, worldId=world.world_id, speed=2))["speed"] == 2
    assert (await done(ask, CHANGE, mine, worldId="elsewhere", speed=2))["code"] == "NOT_FOUND"


async def test_a_world_changes_and_its_rules_hold_at_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", leader=bela)
    this: dict[str, Any] = {"worldId": world.world_id}
    version = await world.version()
    changed = await done(ask, CHANGE, **this, name="Old", settings={"max_naps": 0, "note": "x"})
    assert (changed["name"], changed["speed"], changed["settingsVersion"]) == ("Old", 1, 2)
    assert await world.version() == version
    for_the_reds = {"proposer": {"allianceId": reds.alliance_id}}
    assert (await propose(ask, world, bela, otto, **for_the_reds))["code"] == "TOO_MANY_TREATIES"
    usual = await done(ask, CHANGE, **this, settings={"max_naps": None})
    assert usual["settings"] == {"note": "x"}
    assert (await propose(ask, world, bela, otto, **for_the_reds))["status"] == "PROPOSED"
    await done(ask, CHANGE, **this, status="PAUSED")
    assert (await propose(ask, world, bela, otto))["code"] == "NOT_RUNNING"


async def test_of_two_who_saw_the_same_version_one_changes_it(world: World, ask: Ask) -> None:
    this = {"worldId": world.world_id, "expectedVersion": 1}
    several = await asyncio.gather(
        *(done(ask, CHANGE, GAME, **this, settings={"max_members": most}) for most in range(10, 14))
    )
    assert sorted(one.get("code", "changed") for one in several) == ["VERSION_CHANGED"] * 3 + ["changed"]
    assert (await done(ask, CHANGE, GAME, **this | {"expectedVersion": 2}, speed=5))["settingsVersion"] == 3


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"worldId": "a/b"}, "worldId must be 1 to 50 letters"),
        ({"worldId": "_a"}, "the first a letter or digit"),
        ({"worldId": "a\n"}, "worldId must be 1 to 50"),
        ({"worldId": "a" * 51}, "worldId must be 1 to 50"),
        ({"name": ""}, "name must not be empty"),
        ({"name": "x" * 101}, "name must have at most 100"),
        ({"speed": 0}, "speed must be between 0.001"),
        ({"settings": []}, "settings must be an object"),
        ({"settings": {"max_members": -1}}, "settings.max_members must be a whole number from 0"),
        ({"settings": {"max_wars": True}}, "settings.max_wars must be a whole number"),
        ({"settings": {"time_stands_still": "yes"}}, "settings.time_stands_still must be true or false"),
        ({"settings": {"proposal_days": 0}}, "settings.proposal_days must be a number above 0"),
        ({"settings": {"trust_events": {"treaty_broken": "much"}}}, "settings.trust_events.treaty_broken"),
        ({"startedAt": "0001-01-01T00:00:00Z"}, "startedAt must lie between"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    answer = await ask.anyway(CREATE, input=a_world(world) | bad)
    assert says in answer.messages[0]
    if "settings" in bad:
        answer = await ask.anyway(CHANGE, input={"worldId": world.world_id} | bad)
        assert says in answer.messages[0]
