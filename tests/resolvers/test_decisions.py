"""Decisions: recorded, carried out and measured, for the NPC that made them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import memories
from tests.asking import Ask
from tests.recording import DECIDE, REFUSED, tell
from tests.world import Npc, World

EXECUTE = """mutation ($input: RecordExecutionInput!) { recordExecution(input: $input) {
    ... on Decision { executed executionStartedAt executionCompletedAt executionResult } %s } }"""
MEASURE = """mutation ($input: RecordOutcomeInput!) { recordOutcome(input: $input) {
    ... on Decision { outcomeMeasured outcomeSuccess outcomeData } %s } }"""


def decided(npc: Npc, **more: Any) -> dict[str, Any]:
    """A decision, by default a tactical one of the rules."""
    what = {"decisionType": "TACTICAL", "situationSummary": "Quiet.", "finalDecision": {"action": "wait"}}
    return {"npcId": npc.npc_id, **what, **more}


async def test_a_decision_is_counted_and_moves_no_version(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    before = await world.version()

    made = await tell(ask, DECIDE, world, viewer=bela, **decided(bela, usedLlm=True))
    await tell(ask, DECIDE, world, viewer=bela, **decided(bela, decisionType="STRATEGIC"))

    assert (made["usedLlm"], made["executed"], made["priority"]) == (True, False, None)
    [counted] = await world.run(
        "SELECT total_decisions_made, llm_calls_made, last_decision FROM npcs WHERE id = $1", bela.npc_id
    )
    assert (counted[0], counted[1]) == (2, 1)
    assert counted[2] is not None
    assert await memories(world, bela) == [("strategic_decision", {"action": "wait"})]
    assert await world.version() == before


async def test_it_is_carried_out_once_and_measured_as_often_as_one_likes(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    which = {"decisionId": (await tell(ask, DECIDE, world, **decided(bela)))["decisionId"]}

    done = await tell(ask, EXECUTE, world, viewer=bela, **which, result={"built": 1})
    assert (done["executed"], done["executionResult"]) == (True, {"built": 1})
    assert (await tell(ask, EXECUTE, world, viewer=bela, **which))["code"] == "ALREADY_RECORDED"

    await tell(ask, MEASURE, world, viewer=bela, **which, success=True)
    found = await tell(ask, MEASURE, world, viewer=bela, **which, success=False, data={"lost": 3})
    assert found == {"outcomeMeasured": True, "outcomeSuccess": False, "outcomeData": {"lost": 3}}
    for mutation in (EXECUTE, MEASURE):
        assert (await tell(ask, mutation, world, viewer=otto, **which))["code"] == "NOT_FOUND"


async def test_a_brain_decides_for_its_own_npc(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    assert (await tell(ask, DECIDE, world, viewer=otto, **decided(bela)))["code"] == "NOT_YOURS"
    assert (await tell(ask, DECIDE, world, **decided(bela, npcId=10**6)))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"finalDecision": [1]}, "finalDecision must be an object"),
        ({"decisionConfidence": 1.5}, "decisionConfidence must be"),
        ({"llmPrompt": "x" * 50_001}, "llmPrompt must have at most 50000"),
        ({"decidedAt": "2126-01-01T00:00:00Z"}, "must not lie in the future"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela = await world.npc("Bela")
    answer = await ask.anyway(DECIDE % REFUSED, input={"worldId": world.world_id, **decided(bela)} | bad)

    assert says in answer.messages[0]
