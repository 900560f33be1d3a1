"""Records: what happens in a world is told to those whom it concerns, and only battles move its version."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.world import World

FEED = """
SELECT kind, npc_id, player_id, data ->> 'event' AS event FROM graph_changes
 WHERE world_id = $1 AND kind = $2 AND NOT is_public ORDER BY seq
"""


async def told(world: World, kind: str) -> list[tuple[Any, ...]]:
    """What the feed says of one kind: whose matter, with whom, and what."""
    return [tuple(record)[1:] for record in await world.run(FEED, world.world_id, kind)]


async def test_a_message_is_told_to_both_of_its_npcs(world: World) -> None:
    bela, otto, human = await world.npc("Bela"), await world.npc("Otto"), await world.player("Human")
    other = await world.player("Other")
    before = await world.version()
    sent = await world.message(bela, otto)
    await world.message(human, bela)
    await world.message(human, other)
    await world.run("UPDATE npc_messages SET read_at = now() WHERE id = $1", sent.message_id)
    await world.run("UPDATE npc_messages SET response_positive = true WHERE id = $1", sent.message_id)

    assert await told(world, "message") == [
        (bela.npc_id, otto.player_id, "sent"),
        (otto.npc_id, bela.player_id, "received"),
        (bela.npc_id, human.player_id, "received"),
        (None, other.player_id, "sent"),
        (bela.npc_id, otto.player_id, "read"),
        (otto.npc_id, bela.player_id, "read"),
    ]
    assert await world.version() == before


async def test_decisions_and_trades_are_told_and_move_no_version(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()
    made = await world.decision(bela)
    await world.run("UPDATE npc_decisions SET executed = true WHERE id = $1", made)
    await world.run("UPDATE npc_decisions SET outcome_measured = true WHERE id = $1", made)
    trade = await world.trade(bela, otto)
    await world.run(
        "UPDATE npc_trade_history SET trade_status = 'completed', completed_at = now() WHERE id = $1", trade
    )

    assert [event for *_, event in await told(world, "decision")] == ["made", "executed", "measured"]
    assert [event for *_, event in await told(world, "trade")] == ["pending", "completed"]
    assert await world.version() == before
    assert [change.seq for change in await world.changes()] == [1, 2, 3, 4, 5]


async def test_a_battle_moves_the_version(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()
    won = await world.battle(bela, otto)
    await world.run("UPDATE npc_battle_history SET result = 'draw' WHERE id = $1", won)
    await world.run("DELETE FROM npc_battle_history WHERE id = $1", won)

    assert await told(world, "battle") == [
        (bela.npc_id, otto.player_id, event) for event in ("fought", "changed", "removed")
    ]
    assert await world.version() == before + 3


async def test_a_battle_is_counted_once_for_each_npc(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.battle(bela, otto, battle_id=7)
    await world.battle(otto, bela, battle_id=7)

    with pytest.raises(asyncpg.UniqueViolationError):
        await world.battle(bela, otto, battle_id=7)


async def test_a_world_goes_with_all_that_was_recorded_of_it(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    question = await world.message(bela, otto)
    answer = await world.message(otto, bela, thread_id=question.message_id)
    await world.run(
        "UPDATE npc_messages SET reply_message_id = $2 WHERE id = $1", question.message_id, answer.message_id
    )
    await world.decision(bela)
    await world.battle(bela, otto)
    await world.trade(bela, otto)

    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)

    tables = ("npc_messages", "npc_decisions", "npc_battle_history", "npc_trade_history", "world_feeds")
    left = [
        await world.value(f"SELECT count(*) FROM {one} WHERE world_id = $1", world.world_id) for one in tables
    ]
    assert left == [0, 0, 0, 0, 0]
