"""Ingest: many events in one call happen in order, each accepted or refused on its own."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.acting import events, memories, written
from tests.asking import Ask
from tests.recording import INGEST, fought, held, tell, traded, wrote
from tests.world import Npc, World


def remembered(npc: Npc, **more: Any) -> dict[str, Any]:
    """A memory."""
    return {"npcId": npc.npc_id, "memoryType": "PLAYER_INTERACTION", "eventData": {"met": True}, **more}


def decided(npc: Npc) -> dict[str, Any]:
    """A decision."""
    what = {"decisionType": "MILITARY", "situationSummary": "War.", "finalDecision": {"action": "raid"}}
    return {"npcId": npc.npc_id, **what}


async def test_events_of_every_kind_happen_together(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()

    told = await tell(
        ask,
        INGEST,
        world,
        events=[
            {"battle": fought(bela, otto)},
            {"trade": traded(bela, otto)},
            {"message": wrote(otto, bela)},
            {"decision": decided(bela)},
            {"memory": remembered(otto, relatedPlayerIds=[bela.player_id])},
        ],
    )

    assert (told["accepted"], told["refused"]) == (5, 0)
    assert [len(one["recordIds"]) for one in told["outcomes"]] == [2, 2, 1, 1, 1]
    assert await events(world, otto, bela) == [("attacked_me", -40), ("traded_fairly", 5)]
    assert await world.trust(otto, bela) == -35
    counted = await held(world, otto, bela)
    assert counted is not None
    assert (counted["total_interactions"], counted["messages_sent"], counted["battles_lost_against"]) == (
        3,
        1,
        1,
    )
    remembers = {kind for kind, _ in await memories(world, otto)}
    assert remembers == {"battle", "trade", "player_interaction"}
    assert await world.version() == before + 1


async def test_each_event_is_refused_on_its_own_with_a_reason(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    told = await tell(
        ask,
        INGEST,
        world,
        events=[
            {"message": wrote(bela, otto) | {"toPlayerId": 999}},
            {"message": wrote(bela, otto)},
            {"memory": remembered(bela, importance=2)},
            {"battle": fought(bela, otto, battleId=7)},
            {"battle": fought(bela, otto, battleId=7)},
            {"trade": traded(bela, bela)},
        ],
    )

    assert (told["accepted"], told["refused"]) == (2, 4)
    codes = [one["code"] for one in told["outcomes"]]
    assert codes == ["NOT_FOUND", None, "BAD_INPUT", None, "ALREADY_RECORDED", "BAD_INPUT"]
    assert [one["place"] for one in told["outcomes"]] == [0, 1, 2, 3, 4, 5]
    assert "importance must be" in told["outcomes"][2]["message"]
    assert await events(world, otto, bela) == [("attacked_me", -40)]


async def test_a_brain_ingests_what_is_its_own(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    told = await tell(
        ask,
        INGEST,
        world,
        viewer=bela,
        events=[
            {"trade": traded(bela, otto)},
            {"message": wrote(otto, bela)},
            {"memory": remembered(otto)},
            {"memory": remembered(bela)},
        ],
    )

    assert [one["code"] for one in told["outcomes"]] == [None, "NOT_YOURS", "NOT_YOURS", None]
    assert [len(one["recordIds"]) for one in told["outcomes"]] == [1, 0, 0, 1]


async def test_the_statements_do_not_grow_with_the_events(
    world: World, ask: Ask, statements: list[str]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    one = [{"battle": fought(bela, otto)}, {"trade": traded(bela, otto)}, {"message": wrote(otto, bela)}]
    one += [{"memory": remembered(bela)}, {"decision": decided(bela)}]

    await tell(ask, INGEST, world, events=one)
    few = len(statements)
    statements.clear()
    told = await tell(ask, INGEST, world, events=one * 40)

    assert told["accepted"] == 200
    assert len(statements) == few <= 20
    assert len(await events(world, otto, bela)) == 2 * 41


async def test_memories_alone_wait_for_no_other_change(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SELECT touch_world($1)", world.world_id)
        told = await tell(ask, INGEST, world, events=[{"memory": remembered(bela)}])

    assert told["accepted"] == 1


async def test_a_tick_that_is_sent_again_is_recorded_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    tick: dict[str, Any] = {
        "idempotencyKey": "tick 7",
        "events": [{"trade": traded(bela, otto)}, {"memory": remembered(bela)}],
    }

    told = await asyncio.gather(*(tell(ask, INGEST, world, **tick) for _ in range(3)))

    assert told[0]["accepted"] == 2
    assert told[1:] == told[:1] * 2
    assert await events(world, otto, bela) == [("traded_fairly", 5)]
    other: dict[str, Any] = {**tick, "events": []}
    assert (await tell(ask, INGEST, world, **other))["code"] == "KEY_REUSED"


async def test_at_most_a_thousand_events_and_each_of_one_kind(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    given = {"worldId": world.world_id, "events": [{"memory": remembered(bela)}] * 1_001}
    both = {"worldId": world.world_id, "events": [{"memory": remembered(bela), "message": wrote(bela, otto)}]}
    before = await written(world)

    many = await ask.anyway(INGEST % "__typename", input=given)
    double = await ask.anyway(INGEST % "__typename", input=both)

    assert "at most 1000" in many.messages[0]
    assert "exactly one field must be specified" in double.messages[0]
    assert await written(world) == before
