"""Changes: the feed of a world, read in the order of commits by those who may know, and kept for a while."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from db.connection import Stores
from db.main import changes
from db.main.changes import KEPT, ChangeKind
from db.viewer import ADMIN, Role, Viewer
from tests.asking import Ask
from tests.world import Npc, World

FEED = """query ($world: String!, $after: String, $first: Int! = 100, $kind: ChangeKind, $asOf: DateTime) {
    changes(worldId: $world, after: $after, first: $first, kind: $kind, asOf: $asOf) {
        pageInfo { hasNextPage endCursor }
        nodes { seq version kind event isPublic recordedAt npc { npcId } player { playerId }
                alliance { allianceId } treaty { treatyId } trustEvent { points } decision { decisionId }
                message { body: messageBody } battle { result } trade { offeredAmount } } } }"""
LINKS = ("npc", "player", "alliance", "treaty", "trustEvent", "decision", "message", "battle", "trade")
Read = list[dict[str, Any]]


async def read(ask: Ask, world: World, viewer: Npc | Viewer = ADMIN, **more: Any) -> Read:
    """The changes that a viewer is told."""
    found = await ask(FEED, viewer=viewer, world=world.world_id, **more)
    nodes: Read = found["changes"]["nodes"]
    return nodes


def told(changes: Read) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["event"]) for one in changes]


async def test_a_change_links_to_what_it_is_about(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", [bela])
    pact = await world.treaty("nap", bela, otto)
    await world.trusts(bela, otto, 20)
    decision = await world.decision(bela)
    await world.message(bela, otto, "Hello")
    await world.battle(bela, otto, result="defeat")
    await world.trade(bela, otto)

    found = {(one["kind"], one["event"]): one for one in await read(ask, world)}

    def linked(kind: str, event: str | None) -> dict[str, Any]:
        change = found[kind, event]
        return {name: change[name] for name in LINKS if change[name] is not None}

    her, him = {"npc": {"npcId": bela.npc_id}}, {"player": {"playerId": otto.player_id}}
    assert linked("ALLIANCE", "founded") == {"alliance": {"allianceId": reds.alliance_id}}
    assert linked("MEMBERSHIP", "joined") == {
        "alliance": {"allianceId": reds.alliance_id}, "player": {"playerId": bela.player_id}}  # fmt: skip
    assert linked("TREATY", "active") == {"treaty": {"treatyId": pact.treaty_id}}
    assert linked("TRUST", None) == her | him | {"trustEvent": {"points": 20.0}}
    assert linked("DECISION", "made") == her | {"decision": {"decisionId": decision}}
    assert linked("MESSAGE", "sent") == her | him | {"message": {"body": "Hello"}}
    assert linked("BATTLE", "fought") == her | him | {"battle": {"result": "DEFEAT"}}
    assert linked("TRADE", "pending") == her | him | {"trade": {"offeredAmount": 100}}


async def test_whoever_goes_on_from_a_cursor_misses_nothing(world: World, ask: Ask) -> None:
    players = [await world.player(f"P{number}") for number in range(5)]
    reds = await world.alliance("Reds", players[:3])
    got: Read = []
    after, page = None, {"pageInfo": {"hasNextPage": False}}
    for late in (*players[3:], None):
        page = (await ask(FEED, world=world.world_id, after=after, first=2))["changes"]
        got += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if late is not None:
            await world.joins(late, reds)
    while page["pageInfo"]["hasNextPage"]:
        page = (await ask(FEED, world=world.world_id, after=after, first=2))["changes"]
        got, after = got + page["nodes"], page["pageInfo"]["endCursor"]
    assert [one["seq"] for one in got] == [one.seq for one in await world.changes()]
    versions = [one["version"] for one in got]
    assert versions == sorted(versions)


async def test_numbers_follow_the_order_of_commits(world: World, ask: Ask) -> None:
    """Who began first and commits last is told last: nobody who reads on can miss it."""
    bela, otto, cili = [await world.player(name) for name in ("Bela", "Otto", "Cili")]
    reds = await world.alliance("Reds")
    insert = "INSERT INTO alliance_members (world_id, alliance_id, player_id) VALUES ($1, $2, $3)"
    async with world.pool.acquire() as slow, slow.transaction():
        await world.run(insert, world.world_id, reds.alliance_id, otto.player_id)
        before = await read(ask, world)
        await slow.execute(insert, world.world_id, reds.alliance_id, bela.player_id)
        waiting = asyncio.create_task(world.joins(cili, reds))
        assert await read(ask, world) == before
    await waiting
    joined = [one["player"]["playerId"] for one in await read(ask, world, kind="MEMBERSHIP")]
    assert joined == [otto.player_id, bela.player_id, cili.player_id]


async def test_each_is_told_what_is_public_or_its_own(world: World, ask: Ask) -> None:
    bela, otto, cili = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Cili")
    await world.trusts(bela, otto, 20)
    await world.treaty("nap", bela, otto, secret=True)
    await world.treaty("trade_agreement", bela, otto)
    await world.message(bela, otto)

    trust, message, treaty = ("TRUST", None), ("MESSAGE", "sent"), ("TREATY", "active")
    assert told(await read(ask, world, bela)) == [trust, treaty, treaty, message]
    assert told(await read(ask, world, otto)) == [treaty, treaty, ("MESSAGE", "received")]
    for stranger in (cili, Viewer(Role.VIEWER)):
        query = "query ($w: String!) { world(worldId: $w) { changes { totalCount nodes { kind event } } } }"
        found = (await ask(query, viewer=stranger, w=world.world_id))["world"]["changes"]
        assert (found["totalCount"], told(found["nodes"])) == (1, [treaty])
    assert len(await read(ask, world)) == 5


async def test_a_secret_treaty_that_is_gone_is_told_to_nobody(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.treaty("nap", bela, otto, secret=True)
    await world.run("DELETE FROM treaties WHERE world_id = $1", world.world_id)
    assert told(await read(ask, world, bela)) == []
    assert told(await read(ask, world)) == [("TREATY", "active"), ("TREATY", "removed")]


async def test_the_feed_as_of_a_moment_ends_there(world: World, ask: Ask) -> None:
    await world.alliance("Reds")
    [first] = await read(ask, world)
    await world.alliance("Blues")
    assert await read(ask, world, asOf=first["recordedAt"]) == [first]


async def test_a_feed_is_kept_for_a_while(world: World, stores: Stores) -> None:
    for name in ("Reds", "Blues", "Greens"):
        await world.alliance(name)
    now = datetime.now(UTC)
    await world.run(
        "UPDATE graph_changes SET recorded_at = $2 WHERE world_id = $1 AND seq <= 2",
        world.world_id,
        now - KEPT - timedelta(seconds=1),
    )
    async with stores.main.acquire() as conn:
        while await changes.forgotten(conn, now, 1):
            pass
    assert [one.seq for one in await world.changes()] == [3]
    await world.alliance("Whites")
    assert [one.seq for one in await world.changes()] == [3, 4]


async def test_every_kind_of_change_has_its_word(stores: Stores) -> None:
    async with stores.main.acquire() as conn:
        check = await conn.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'graph_changes_kind_check'"
        )
    assert set(re.findall(r"'(\w+)'", check)) == {kind.value for kind in ChangeKind}
