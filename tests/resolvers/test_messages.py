"""Messages: sent, read, answered and judged, and what the NPCs among the two keep of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import memories
from tests.asking import Ask
from tests.recording import REFUSED, SEND, held, tell, wrote
from tests.world import Npc, World

READ = """mutation ($input: ReadMessagesInput!) { readMessages(input: $input) {
    ... on ReadMessages { messages { messageId readAt } } %s } }"""
JUDGE = """mutation ($input: JudgeMessageInput!) { judgeMessage(input: $input) {
    ... on Message { responsePositive objectiveAchieved } %s } }"""
BOX = """query ($world: String!, $npc: Int!, $box: MessageBox) { npc(npcId: $npc) {
    messages(worldId: $world, box: $box, orderBy: OLDEST) { nodes {
      messageBody readAt repliedAt responseReceived reply { messageBody }
      thread { nodes { messageBody } } } } } }"""


async def box(ask: Ask, world: World, npc: Npc, **which: Any) -> list[dict[str, Any]]:
    """What an NPC wrote and was written, as its own brain sees it."""
    found = await ask(BOX, viewer=npc, world=world.world_id, npc=npc.npc_id, **which)
    nodes: list[dict[str, Any]] = found["npc"]["messages"]["nodes"]
    return nodes


async def test_a_message_counts_for_both(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    sent = await tell(ask, SEND, world, viewer=bela, **wrote(bela, otto))

    assert sent["threadId"] == sent["messageId"]
    assert sent["generatedByLlm"] is True
    assert sent["fromNpc"] == {"npcId": bela.npc_id}
    mine, his = await held(world, bela, otto), await held(world, otto, bela)
    assert mine is not None
    assert his is not None
    assert (mine["messages_sent"], mine["messages_received"], mine["last_interaction_type"]) == (
        1,
        0,
        "message",
    )
    assert (his["messages_sent"], his["messages_received"]) == (0, 1)
    assert await memories(world, otto) == []


async def test_a_threat_is_remembered_by_whom_it_is_written_to(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await tell(ask, SEND, world, **wrote(bela, otto, "Leave!", messageType="THREAT", subject="The oasis"))

    assert await memories(world, otto) == [
        ("message", {"from": bela.name, "type": "threat", "subject": "The oasis"})
    ]
    assert await memories(world, bela) == []


async def test_an_answer_belongs_to_the_conversation(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    first = await tell(ask, SEND, world, viewer=bela, **wrote(bela, otto, "Peace?"))

    second = await tell(
        ask, SEND, world, viewer=otto, **wrote(otto, bela, "Yes."), answersMessageId=first["messageId"]
    )
    third = await tell(
        ask, SEND, world, viewer=bela, **wrote(bela, otto, "Good."), answersMessageId=second["messageId"]
    )

    assert {second["threadId"], third["threadId"]} == {first["messageId"]}
    asked, _ = await box(ask, world, bela, box="SENT")
    assert asked["reply"] == {"messageBody": "Yes."}
    assert asked["responseReceived"] is True
    assert asked["readAt"] == asked["repliedAt"] is not None
    assert [one["messageBody"] for one in asked["thread"]["nodes"]] == ["Peace?", "Yes.", "Good."]


async def test_only_what_was_written_to_oneself_is_answered(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]
    sent = await tell(ask, SEND, world, **wrote(bela, otto))

    for who, to in ((cili, bela), (bela, otto)):
        answer = await tell(
            ask, SEND, world, viewer=who, **wrote(who, to), answersMessageId=sent["messageId"]
        )
        assert answer["code"] == "NOT_FOUND"


async def test_who_may_not_send(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    human = await world.player("Human")
    gone = await world.player("Gone", gone_at=await world.value("SELECT now()"))

    assert (await tell(ask, SEND, world, viewer=otto, **wrote(bela, otto)))["code"] == "NOT_YOURS"
    assert (await tell(ask, SEND, world, viewer=otto, **wrote(human, otto)))["code"] == "NOT_YOURS"
    assert (await tell(ask, SEND, world, **wrote(bela, gone)))["code"] == "GONE"
    unknown: dict[str, Any] = {**wrote(bela, otto), "toPlayerId": 999}
    assert (await tell(ask, SEND, world, **unknown))["code"] == "NOT_FOUND"
    await world.run("UPDATE worlds SET status = 'paused' WHERE world_id = $1", world.world_id)
    assert (await tell(ask, SEND, world, **wrote(bela, otto)))["code"] == "NOT_RUNNING"


async def test_reading_is_noted_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    mine, his = await world.message(otto, bela), await world.message(bela, otto)
    given = {"asPlayerId": bela.player_id, "messageIds": [mine.message_id, his.message_id, 10**9]}

    first = await tell(ask, READ, world, viewer=bela, **given)
    second = await tell(ask, READ, world, viewer=bela, **given)

    [read] = first["messages"]
    assert read["messageId"] == mine.message_id
    assert read["readAt"] is not None
    assert second == first
    assert (await tell(ask, READ, world, viewer=otto, **given))["code"] == "NOT_YOURS"


async def test_the_sender_judges_what_came_of_it(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]
    sent = await world.message(bela, otto)
    given = {"messageId": sent.message_id}

    first = await tell(ask, JUDGE, world, viewer=bela, **given, responsePositive=True)
    second = await tell(ask, JUDGE, world, viewer=bela, **given, objectiveAchieved=False)

    assert first == {"responsePositive": True, "objectiveAchieved": None}
    assert second == {"responsePositive": True, "objectiveAchieved": False}
    refused = [
        await tell(ask, JUDGE, world, viewer=who, **given, objectiveAchieved=True) for who in (otto, cili)
    ]
    assert [one["code"] for one in refused] == ["NOT_YOURS", "NOT_FOUND"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"toPlayerId": 1}, "must differ"),
        ({"messageBody": "x" * 10_001}, "messageBody must have at most 10000"),
        ({"subject": "x" * 201}, "subject must have at most 200"),
        ({"messageBody": "a\0b"}, "NUL"),
        ({"generationTimeMs": -1}, "generationTimeMs must be"),
        ({"sentAt": "2126-01-01T00:00:00Z"}, "must not lie in the future"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    answer = await ask.anyway(SEND % REFUSED, input={"worldId": world.world_id, **wrote(bela, otto)} | bad)

    assert says in answer.messages[0]
