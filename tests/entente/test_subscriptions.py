"""Subscriptions over sockets: what changes is told, and the facts that come with it are fresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening
from tests.sockets import Socket, at_work, opened
from tests.statements import overheard
from tests.world import World

ALLIANCES = """subscription ($w: String!) {
  worldChanged(worldId: $w) { version alliances { nodes { name } } } }"""
TRUST = """subscription ($w: String!) {
  worldChanged(worldId: $w) { relationships { nodes { trustScore } } } }"""
ADJUST = """mutation ($input: AdjustTrustInput!) { adjustTrust(input: $input) {
  ... on Relationship { trustScore } ... on Refusal { message } } }"""


@pytest.fixture(scope="module")
async def url(urls: StoreUrls) -> AsyncIterator[str]:
    """Where an open server listens."""
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@pytest.fixture
async def made(url: str) -> AsyncIterator[Socket]:
    """A socket that is ready for operations."""
    async with opened(url) as socket:
        yield socket


async def newest(socket: Socket, version: int) -> dict[str, Any]:
    """The world of the event that tells this version or a later one."""
    while True:
        world: dict[str, Any] = (await socket.receive())["payload"]["data"]["worldChanged"]
        if world["version"] >= version:
            return world


async def test_the_world_is_told_now_and_when_it_has_changed(made: Socket, world: World) -> None:
    await made.subscribe("a", ALLIANCES, w=world.world_id)
    first = await made.receive()
    await world.alliance("Reds")
    then = await newest(made, await world.version())

    assert first["payload"]["data"]["worldChanged"] == {"version": 0, "alliances": {"nodes": []}}
    assert then["alliances"]["nodes"] == [{"name": "Reds"}]


async def test_each_event_has_fresh_facts(made: Socket, world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.player("Otto")
    await made.subscribe("a", TRUST, w=world.world_id)
    told = [await made.receive()]
    gift = {"worldId": world.world_id, "npcId": bela.npc_id, "targetPlayerId": otto.player_id, "points": 10}
    for number in range(3):
        payload = {"query": ADJUST, "variables": {"input": gift}}
        await made.send({"type": "subscribe", "id": f"gift {number}", "payload": payload})
        heard = [await made.receive() for _ in range(3)]
        told += [one for one in heard if one["id"] == "a"]

    scores = [one["payload"]["data"]["worldChanged"]["relationships"]["nodes"] for one in told]
    assert scores == [[], [{"trustScore": 10}], [{"trustScore": 20}], [{"trustScore": 30}]]


async def test_a_world_that_is_not_there_ends_the_operation_alone(made: Socket) -> None:
    await made.subscribe("a", ALLIANCES, w="nowhere")
    answer = await made.receive()

    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert answer["payload"][0]["path"] == ["worldChanged"]
    assert await made.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_a_world_that_goes_completes_its_subscriptions(made: Socket, world: World) -> None:
    await made.subscribe(
        "a", "subscription ($w: String!) { worldChanged(worldId: $w) { name } }", w=world.world_id
    )
    await made.receive()
    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)

    assert await made.receive() == {"id": "a", "type": "complete"}


async def test_two_hundred_subscriptions_share_a_socket(made: Socket, world: World) -> None:
    names = [f"s{number}" for number in range(200)]
    for name in names:
        await made.subscribe(name, ALLIANCES, w=world.world_id)
    first = [await made.receive() for _ in names]
    await world.alliance("Reds")
    then = [await made.receive() for _ in names]

    assert sorted(one["id"] for one in first) == sorted(one["id"] for one in then) == sorted(names)
    assert {one["payload"]["data"]["worldChanged"]["alliances"]["nodes"][0]["name"] for one in then} == {
        "Reds"
    }
    await made.send({"type": "complete", "id": "s7"})
    assert await made.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_an_event_is_answered_for_many_at_once(
    urls: StoreUrls, world: World, statements: list[str]
) -> None:
    names = [f"s{number}" for number in range(64)]
    app = create_app(Settings(state=Path("/nowhere")), urls)
    with overheard():
        async with listening(app) as port, opened(f"ws://127.0.0.1:{port}/graphql") as made:
            for name in names:
                await made.subscribe(name, ALLIANCES, w=world.world_id)
            for _ in names:
                await made.receive()
            statements.clear()
            await world.alliance("Reds")
            for _ in names:
                await made.receive()

    assert len(statements) <= len(names) / 4


async def test_a_bug_is_masked_in_events_too(
    made: Socket, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("SELECT secret FROM npcs")

    await made.subscribe("a", ALLIANCES, w=world.world_id)
    await made.receive()
    with monkeypatch.context() as patch:
        patch.setattr("resolvers.source.Rows.fetch", fails)
        await world.alliance("Reds")
        broken = await made.receive()
    await world.alliance("Blues")

    assert broken["payload"]["data"] is None
    assert [error["message"] for error in broken["payload"]["errors"]] == ["Unexpected error."]
    assert (await newest(made, 2))["version"] == 2


async def test_an_abrupt_end_leaves_no_task_after_a_second(url: str, world: World) -> None:
    async with opened(url) as made:
        for number in range(50):
            await made.subscribe(str(number), ALLIANCES, w=world.world_id)
        for _ in range(50):
            await made.receive()
        assert len(at_work("operation")) == 50
        made.connection.transport.abort()
    await asyncio.sleep(1)

    assert at_work("operation") == []
