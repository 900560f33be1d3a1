"""Memories: recorded for the NPC that they are of, and read back as they are."""

from __future__ import annotations

from typing import Any

import pytest

from db.viewer import Viewer
from tests.acting import written
from tests.asking import Ask
from tests.world import Npc, World

RECORD = """mutation ($input: RecordMemoryInput!) { recordMemory(input: $input) {
    ... on Memory { memoryType eventData importance emotionalWeight occurredAt gameDay relatedVillageIds
                    lessonLearned behaviorAdjustment expiresAt npc { npcId } relatedPlayers { playerId } }
    ... on Refusal { code message } } }"""


def a_trade(world: World, npc: Npc, **more: Any) -> dict[str, Any]:
    """A memory of a trade."""
    trade = {
        "worldId": world.world_id,
        "npcId": npc.npc_id,
        "memoryType": "TRADE",
        "eventData": {"wood": 500},
    }
    return trade | more


async def record(ask: Ask, viewer: Npc | Viewer, given: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a memory."""
    result: dict[str, Any] = (await ask(RECORD, viewer=viewer, input=given))["recordMemory"]
    return result


async def test_a_memory_is_kept_as_it_was_given(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()
    given = {
        "importance": 0.8, "emotionalWeight": -0.5, "gameDay": 12, "relatedVillageIds": [3],
        "occurredAt": "2026-11-01T12:00:00+00:00", "expiresAt": "2027-11-01T12:00:00+00:00",
        "lessonLearned": "Count the wagons.", "behaviorAdjustment": {"patience": 0.1},
    }  # fmt: skip
    kept = await record(ask, bela, a_trade(world, bela, relatedPlayerIds=[otto.player_id], **given))
    assert kept == given | {
        "memoryType": "TRADE",
        "eventData": {"wood": 500},
        "npc": {"npcId": bela.npc_id},
        "relatedPlayers": [{"playerId": otto.player_id}],
    }
    assert await world.version() == before


async def test_what_is_not_said_is_usual(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    kept = await record(ask, bela, a_trade(world, bela))
    assert (kept["importance"], kept["emotionalWeight"], kept["expiresAt"]) == (0.5, 0, None)
    assert kept["occurredAt"] is not None
    assert kept["relatedPlayers"] == []


async def test_only_its_own_npc_remembers(world: World, ask: Ask) -> None:
    bela, otto, away = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Away")
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, away.player_id)  # fmt: skip
    before = await written(world)
    assert (await record(ask, otto, a_trade(world, bela)))["code"] == "NOT_YOURS"
    assert (await record(ask, bela, a_trade(world, bela, npcId=999_999)))["code"] == "NOT_FOUND"
    assert (await record(ask, bela, a_trade(world, bela, worldId="nowhere")))["code"] == "NOT_FOUND"
    assert (await record(ask, away, a_trade(world, away)))["code"] == "GONE"
    unknown = await record(ask, bela, a_trade(world, bela, relatedPlayerIds=[otto.player_id, 998, 999]))
    assert unknown["code"] == "NOT_FOUND"
    assert "998, 999" in unknown["message"]
    assert await written(world) == before


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"importance": 1.5}, "importance must be between 0 and 1"),
        ({"emotionalWeight": -2}, "emotionalWeight must be between -1 and 1"),
        ({"eventData": "a trade"}, "eventData must be an object"),
        ({"eventData": {"deep": None}}, "eventData must be JSON"),
        ({"behaviorAdjustment": [1]}, "behaviorAdjustment must be an object"),
        ({"occurredAt": "2126-01-01T00:00:00Z"}, "occurredAt must not lie in the future"),
        ({"occurredAt": "0001-01-01T00:00:00Z"}, "occurredAt must lie between"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt must be later than"),
        ({"lessonLearned": "x" * 10_001}, "lessonLearned must have at most 10000"),
        ({"relatedPlayerIds": list(range(101))}, "relatedPlayerIds must name at most 100"),
        ({"relatedVillageIds": [2**31]}, "Int cannot represent"),
        ({"eventData": {"nul": "\0"}}, "NUL"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela = await world.npc("Bela")
    if bad == {"eventData": {"deep": None}}:
        for _ in range(300):
            bad = {"eventData": {"deep": bad["eventData"]}}
    answer = await ask.anyway(RECORD, viewer=bela, input=a_trade(world, bela, **bad))
    assert says in answer.messages[0]
    assert answer.codes[0] in ("BAD_USER_INPUT", "GRAPHQL")


async def test_recording_waits_for_no_other_change_of_the_world(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SELECT touch_world($1)", world.world_id)
        assert (await record(ask, bela, a_trade(world, bela)))["memoryType"] == "TRADE"
