"""Records: what an NPC did, over all its worlds and in each, for itself and those who see all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from db.viewer import ADMIN, Role, Viewer
from tests.asking import Ask
from tests.world import Npc, World

NewWorld = Callable[[], Awaitable[World]]
FIGURES = """
    battlesWon battlesLost battlesDrawn winRate resourcesGained resourcesLost predictions predictionAccuracy
    trades tradesCompleted tradedAway tradedFor decisions decisionsExecuted outcomesMeasured
    outcomesSuccessful successRate decisionsByLlm llmLatencyMs messagesSent messagesByLlm replies
    messagesReceived
"""
RECORD = f"""query ($npc: Int!) {{ npc(npcId: $npc) {{ record {{
    worlds total {{ {FIGURES} world {{ name }} }} perWorld {{ {FIGURES} world {{ worldId }} }} }} }} }}"""
NOTHING = dict.fromkeys(
    ("battlesWon", "battlesLost", "battlesDrawn", "resourcesGained", "resourcesLost", "predictions", "trades",
     "tradesCompleted", "tradedAway", "tradedFor", "decisions", "decisionsExecuted", "outcomesMeasured",
     "outcomesSuccessful", "decisionsByLlm", "messagesSent", "messagesByLlm", "replies", "messagesReceived"),
    0,
) | dict.fromkeys(("winRate", "predictionAccuracy", "successRate", "llmLatencyMs"))  # fmt: skip


async def record(ask: Ask, npc: Npc, viewer: Npc | Viewer = ADMIN) -> Any:
    """The record of an NPC, as a viewer sees it."""
    return (await ask(RECORD, viewer=viewer, npc=npc.npc_id))["npc"]["record"]


async def plays(world: World, npc: Npc) -> Npc:
    """The same NPC in another world."""
    player = await world.player("Again", npc_id=npc.npc_id)
    await world.run("INSERT INTO npc_world_state (world_id, npc_id, player_id) VALUES ($1, $2, $3)",
                    world.world_id, npc.npc_id, player.player_id)  # fmt: skip
    return Npc(player.player_id, player.name, npc.npc_id)


async def live(world: World, bela: Npc, otto: Npc) -> None:
    """Bela wins and loses, trades, decides and writes."""
    for result, gained, lost, accuracy in (
        ("victory", 900, 0, 0.75), ("victory", 100, 0, None), ("defeat", 0, 300, 0.25), ("draw", 0, 0, None)
    ):  # fmt: skip
        await world.battle(bela, otto, result=result, resources_gained=gained, resources_lost=lost,
                           prediction_accuracy=accuracy)  # fmt: skip
    asked = {"requested_resource": "iron", "requested_amount": 80}
    await world.trade(bela, otto, trade_status="completed", completed_at=datetime.now(UTC), **asked)
    await world.trade(bela, otto, trade_status="cancelled", **asked)
    await world.decision(bela, executed=True, outcome_measured=True, outcome_success=True, used_llm=True,
                         llm_latency_ms=1000)  # fmt: skip
    await world.decision(bela, outcome_measured=True, outcome_success=False, used_llm=True)
    await world.decision(bela)
    await world.message(bela, otto, replied_at=datetime.now(UTC))
    await world.message(bela, otto, generated_by_llm=False)
    await world.message(otto, bela)


async def test_what_an_npc_did_is_summed(world: World, new_world: NewWorld, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await live(world, bela, otto)
    other = await new_world()
    again = await plays(other, bela)
    await other.battle(again, await other.player("Zed"), result="victory", resources_gained=50,
                       prediction_accuracy=1)  # fmt: skip

    found = await record(ask, bela, bela)

    here = NOTHING | {
        "battlesWon": 2, "battlesLost": 1, "battlesDrawn": 1, "winRate": 0.5,
        "resourcesGained": 1000, "resourcesLost": 300, "predictions": 2, "predictionAccuracy": 0.5,
        "trades": 2, "tradesCompleted": 1, "tradedAway": 100, "tradedFor": 80,
        "decisions": 3, "decisionsExecuted": 1, "outcomesMeasured": 2, "outcomesSuccessful": 1,
        "successRate": 0.5, "decisionsByLlm": 2, "llmLatencyMs": 1000.0,
        "messagesSent": 2, "messagesByLlm": 1, "replies": 1, "messagesReceived": 1,
    }  # fmt: skip
    there = NOTHING | {"battlesWon": 1, "winRate": 1.0, "resourcesGained": 50, "predictions": 1,
                       "predictionAccuracy": 1.0}  # fmt: skip
    total = here | {"battlesWon": 3, "winRate": 0.6, "resourcesGained": 1050, "predictions": 3,
                    "predictionAccuracy": 2 / 3}  # fmt: skip
    assert found == {
        "worlds": 2,
        "total": total | {"world": None},
        "perWorld": [
            here | {"world": {"worldId": world.world_id}},
            there | {"world": {"worldId": other.world_id}},
        ],
    }
    assert (await record(ask, otto))["total"]["messagesReceived"] == 2


async def test_a_record_is_the_npcs_own(world: World, new_world: NewWorld, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    other = await new_world()
    await plays(other, bela)
    assert await record(ask, bela, otto) is None
    game = Viewer(Role.GAME, worlds=frozenset([world.world_id]))
    seen = await record(ask, bela, game)
    assert (seen["worlds"], [one["world"] for one in seen["perWorld"]]) == (1, [{"worldId": world.world_id}])
    answer = await ask.anyway(RECORD, viewer=Viewer(Role.VIEWER), npc=bela.npc_id)
    assert set(answer.codes) == {"FORBIDDEN"}


async def test_records_of_many_are_one_statement(world: World, ask: Ask, statements: list[str]) -> None:
    npcs = [await world.npc(f"N{number}") for number in range(4)]
    await world.battle(npcs[2], npcs[0], result="defeat")
    statements.clear()
    found = await ask("""query ($w: String!) { world(worldId: $w) { npcs { nodes {
        record { total { battlesLost } perWorld { battlesLost } } } } } }""", w=world.world_id)  # fmt: skip
    lost = [one["record"]["total"]["battlesLost"] for one in found["world"]["npcs"]["nodes"]]
    assert lost == [0, 0, 1, 0]
    assert len([one for one in statements if "npc_battle_history" in one]) == 1


async def test_sums_stay_within_64_bits(world: World, new_world: NewWorld, ask: Ask) -> None:
    bela, zed = await world.npc("Bela"), await world.player("Zed")
    other = await new_world()
    again, late = await plays(other, bela), await other.player("Zed")
    for place, npc, foe in ((world, bela, zed), (world, bela, zed), (other, again, late)):
        await place.battle(npc, foe, resources_gained=2**63 - 1)
    found = await record(ask, bela)
    assert found["total"]["resourcesGained"] == 2**63 - 1
    assert [one["resourcesGained"] for one in found["perWorld"]] == [2**63 - 1] * 2
