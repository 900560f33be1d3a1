"""The reference clients of both protocols, graphql-ws and graphql-sse, as their users run them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from entente.app import create_app
from entente.commands.serve import Server, options
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.npm import installed, node
from tests.sockets import at_work, until
from tests.world import World

CLIENTS = Path(__file__).parents[1] / "clients" / "sockets"
BOTH = pytest.mark.parametrize("over", ["ws", "sse"])
KEY = "a key that nobody guesses"
WATCH = "subscription ($w: String!) { worldChanged(worldId: $w) { version alliances { totalCount } } }"
ADJUST = """mutation ($input: AdjustTrustInput!) { adjustTrust(input: $input) {
  ... on Relationship { trustScore } } }"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A client at work, and what it is told."""

    process: asyncio.subprocess.Process

    async def next(self) -> Any:
        """What it is told next."""
        assert self.process.stdout is not None
        return json.loads(await asyncio.wait_for(self.process.stdout.readline(), 20))

    async def rest(self) -> list[Any]:
        """All that it is told until it ends."""
        told, complaints = await asyncio.wait_for(self.process.communicate(), 30)
        assert complaints == b""
        return [json.loads(line) for line in told.splitlines()]

    async def versions(self, at_least: int) -> list[int]:
        """The versions it is told, up to this one or a later one."""
        told: list[int] = []
        while not told or told[-1] < at_least:
            message = await self.next()
            if "next" in message:
                told.append(message["next"]["data"]["worldChanged"]["version"])
        return told


@asynccontextmanager
async def client(over: str, url: str, query: str, **more: Any) -> AsyncIterator[Heard]:
    """A client that asks this."""
    folder = await asyncio.to_thread(installed, CLIENTS)
    asked = json.dumps({"over": over, "url": url, "query": query, **more})
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        node(), "client.mjs", asked, cwd=folder, stdout=pipe, stderr=pipe
    )
    try:
        yield Heard(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def serving(urls: StoreUrls, port: int = 0, **settings: Any) -> AsyncIterator[str]:
    """Where a server listens, which takes leave when it ends as the program does."""
    app = create_app(Settings(state=Path("/nowhere"), **settings), urls)
    ready = asyncio.Event()
    server = Server(uvicorn.Config(app, **options()), ready.set, app.streams.end_all)
    with socket.create_server(("127.0.0.1", port)) as bound:
        task = asyncio.create_task(server.serve([bound]))
        await ready.wait()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/graphql"
        server.should_exit = True
        await task


@pytest.fixture(scope="module")
async def url(urls: StoreUrls) -> AsyncIterator[str]:
    """Where an open server listens."""
    async with serving(urls) as where:
        yield where


@BOTH
async def test_a_query_is_answered_once(url: str, over: str) -> None:
    async with client(over, url, "{ __typename }") as asked:
        told = await asked.rest()

    assert told[:2] == [{"next": {"data": {"__typename": "Query"}}}, {"complete": True}]


@BOTH
async def test_a_mutation_is_answered_once(url: str, over: str, world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.player("Otto")
    gift = {"worldId": world.world_id, "npcId": bela.npc_id, "targetPlayerId": otto.player_id, "points": 10}
    async with client(over, url, ADJUST, variables={"input": gift}) as asked:
        told = await asked.rest()

    assert told[:2] == [{"next": {"data": {"adjustTrust": {"trustScore": 10}}}}, {"complete": True}]
    assert await world.trust(bela, otto) == 10


@BOTH
async def test_a_world_is_watched_until_one_leaves(url: str, over: str, world: World) -> None:
    async with client(over, url, WATCH, variables={"w": world.world_id}, take=2) as asked:
        assert await asked.next() == {
            "next": {"data": {"worldChanged": {"version": 0, "alliances": {"totalCount": 0}}}}
        }
        await world.alliance("Reds")
        then = await asked.rest()

    assert then[:2] == [
        {"next": {"data": {"worldChanged": {"version": 1, "alliances": {"totalCount": 1}}}}},
        {"complete": True},
    ]
    await until(lambda: at_work("events", "operation") == [])


@BOTH
async def test_what_cannot_be_run_is_told(url: str, over: str) -> None:
    async with client(over, url, "{ nope }") as asked:
        told = (await asked.rest())[0]
    errors = told["errors"] if over == "ws" else told["next"]["errors"]

    assert [error["extensions"]["code"] for error in errors] == ["GRAPHQL_VALIDATION_FAILED"]


@BOTH
async def test_two_hundred_watch_at_once(url: str, over: str, world: World) -> None:
    many = 200 if over == "ws" else 20  # each of which is a connection of its own
    async with client(over, url, WATCH, variables={"w": world.world_id}, take=2, times=many) as asked:
        first = [await asked.next() for _ in range(many)]
        await world.alliance("Reds")
        then = await asked.rest()

    versions = [one["next"]["data"]["worldChanged"]["version"] for one in [*first, *then] if "next" in one]
    assert sorted(versions) == [0] * many + [1] * many
    assert then.count({"complete": True}) == many
    assert [one for one in then if "closed" in one] == [{"closed": 1000}] * (over == "ws")


@BOTH
async def test_an_unknown_key_is_refused(urls: StoreUrls, over: str) -> None:
    async with serving(urls, admin_key=KEY) as url:
        async with client(over, url, "{ __typename }", key="nope") as asked:
            refused = await asked.rest()
        async with client(over, url, "{ __typename }", key=KEY) as asked:
            answered = await asked.rest()

    assert {"failed": 4403 if over == "ws" else 401} in refused
    assert answered[0] == {"next": {"data": {"__typename": "Query"}}}


@BOTH
async def test_whoever_watches_comes_again_when_the_server_does(
    urls: StoreUrls, over: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as meanwhile:
        async with serving(urls) as url:
            watching = client(over, url, WATCH, variables={"w": world.world_id}, retries=200)
            asked = await meanwhile.enter_async_context(watching)
            assert await asked.versions(0) == [0]
        held_up = [record for record in caplog.records if record.levelname == "ERROR"]
        assert held_up == []
        await world.alliance("Reds")

        async with serving(urls, urlsplit(url).port or 0):
            assert await asked.versions(1) == [1]
            await world.alliance("Blues")
            assert await asked.versions(2) == [2]
