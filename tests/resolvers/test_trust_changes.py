"""Trust changes: entered in the ledger by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import resolvers.changes
from db.viewer import Viewer
from tests.acting import written
from tests.asking import Ask
from tests.world import Npc, Player, World

ADJUST = """mutation ($input: AdjustTrustInput!) { adjustTrust(input: $input) {
    ... on Relationship { trustScore trustLevel player { name }
                          trustEvents(orderBy: OLDEST) { nodes { kind points halfLifeSeconds note source } } }
    ... on Refusal { code message } } }"""


def change(world: World, truster: Npc, trusted: Player, points: float, **more: Any) -> dict[str, Any]:
    """A change of trust."""
    pair = {"worldId": world.world_id, "npcId": truster.npc_id, "targetPlayerId": trusted.player_id}
    return pair | {"points": points} | more


async def adjust(ask: Ask, viewer: Npc | Viewer, given: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a change."""
    result: dict[str, Any] = (await ask(ADJUST, viewer=viewer, input=given))["adjustTrust"]
    return result


async def test_a_change_is_an_event_of_the_ledger(world: World, ask: Ask) -> None:
    bela, human = await world.npc("Bela"), await world.player("Human")
    before = await world.version()
    first = await adjust(ask, bela, change(world, bela, human, 25, note="He helped."))
    assert first == {
        "trustScore": 25,
        "trustLevel": "NEUTRAL",
        "player": {"name": human.name},
        "trustEvents": {
            "nodes": [
                {
                    "kind": "ADJUSTED",
                    "points": 25,
                    "halfLifeSeconds": None,
                    "note": "He helped.",
                    "source": "MANUAL",
                }
            ]
        },
    }
    second = await adjust(
        ask, bela, change(world, bela, human, -90, kind="LIED_TO_ME", halfLifeSeconds=86_400)
    )
    assert (second["trustScore"], second["trustLevel"]) == (-65, "HOSTILE")
    assert second["trustEvents"]["nodes"][1]["halfLifeSeconds"] == 86_400
    assert await world.version() == before + 2


async def test_the_score_stays_in_its_limits(world: World, ask: Ask) -> None:
    bela, human = await world.npc("Bela"), await world.player("Human")
    assert (await adjust(ask, bela, change(world, bela, human, 1000)))["trustScore"] == 100
    assert (await adjust(ask, bela, change(world, bela, human, -900)))["trustScore"] == 100
    assert (await adjust(ask, bela, change(world, bela, human, -50)))["trustScore"] == 50


async def test_what_is_refused_leaves_nothing(world: World, ask: Ask) -> None:
    bela, otto, away = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Away")
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, away.player_id)  # fmt: skip
    before = await written(world)
    assert (await adjust(ask, otto, change(world, bela, otto, 5)))["code"] == "NOT_YOURS"
    assert (await adjust(ask, bela, change(world, bela, bela, 5)))["code"] == "SAME_PARTY"
    assert (await adjust(ask, bela, change(world, bela, Player(999, "Nobody"), 5)))["code"] == "NOT_FOUND"
    assert (await adjust(ask, bela, change(world, bela, otto, 5, npcId=999_999)))["code"] == "NOT_FOUND"
    assert (await adjust(ask, bela, change(world, bela, otto, 5, worldId="nowhere")))["code"] == "NOT_FOUND"
    assert (await adjust(ask, away, change(world, away, otto, 5)))["code"] == "GONE"
    assert await written(world) == before


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"points": 1001}, "points must be between -1,000 and 1,000"),
        ({"halfLifeSeconds": 0}, "halfLifeSeconds must be between 1 and"),
        ({"halfLifeSeconds": 1e300}, "halfLifeSeconds must be between 1 and"),
        ({"note": "x" * 2001}, "note must have at most 2000"),
        ({"points": float("inf")}, "Float cannot represent"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    answer = await ask.anyway(ADJUST, viewer=bela, input=change(world, bela, otto, 5) | bad)
    assert says in answer.messages[0]
    assert answer.codes[0] in ("BAD_USER_INPUT", "GRAPHQL")
    assert await world.trust(bela, otto) is None


async def test_each_change_of_an_operation_shows_what_it_made(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    selection = "... on Relationship { trustScore trustEvents { totalCount nodes { points } } }"
    both = " ".join(f"{name}: adjustTrust(input: $input) {{ {selection} }}" for name in ("one", "two"))
    document = f"mutation ($input: AdjustTrustInput!) {{ {both} }}"
    data = await ask(document, viewer=bela, input=change(world, bela, otto, 5))
    assert data["one"] == {"trustScore": 5, "trustEvents": {"totalCount": 1, "nodes": [{"points": 5}]}}
    assert data["two"] == {"trustScore": 10, "trustEvents": {"totalCount": 2, "nodes": [{"points": 5}] * 2}}


async def test_many_changes_at_once_all_count(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()
    await asyncio.gather(*(adjust(ask, bela, change(world, bela, otto, 1)) for _ in range(30)))
    assert await world.trust(bela, otto) == 30
    assert await world.version() == before + 30


async def test_a_world_that_is_busy_for_long_is_said_to_be(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.changes, "PATIENCE", 0.2)
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SELECT touch_world($1)", world.world_id)
        asked = (ask.anyway(ADJUST, viewer=bela, input=change(world, bela, otto, 1)) for _ in range(3))
        answers = await asyncio.gather(*asked)
    for answer in answers:
        assert answer.data == {"adjustTrust": None}
        assert answer.messages == [f"World {world.world_id!r} took too long to answer; try again."]
    assert await world.trust(bela, otto) is None


async def test_changes_that_wait_leave_connections_to_readers(world: World, ask: Ask) -> None:
    """All the pool's connections together are fewer than those who wait for this world."""
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SELECT touch_world($1)", world.world_id)
        waiting = [asyncio.create_task(adjust(ask, bela, change(world, bela, otto, 1))) for _ in range(40)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            assert await ask("{ worlds(first: 1) { nodes { worldId } } }")
        assert not any(one.done() for one in waiting)
    await asyncio.gather(*waiting)
    assert await world.trust(bela, otto) == 40
