"""GraphQL over server-sent events, against a server that listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from engine.asking import Asked
from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from entente.transport.events import EventStreams
from entente.transport.exchange import Exchange
from tests.counting import Counting, Somebody
from tests.listening import listening
from tests.sockets import at_work, until
from tests.world import World

KEY = "a key that nobody guesses"
EVENTS = {"Accept": "text/event-stream"}
URQL = {
    "Accept": "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
}
WATCH = "subscription ($w: String!) { worldChanged(worldId: $w) { version alliances { totalCount } } }"


@dataclass
class Stream:
    """A response that comes bit by bit."""

    response: httpx.Response
    lines: AsyncIterator[str]

    async def event(self) -> tuple[str, Any]:
        """The next event and its data; comments are passed over."""
        name, data = "", ""
        while True:
            line = await asyncio.wait_for(anext(self.lines), 10)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and name:
                return name, json.loads(data) if data else None


@asynccontextmanager
async def streamed(url: str, method: str = "POST", **options: Any) -> AsyncIterator[Stream]:
    """The response to a request, while it still comes."""
    options.setdefault("headers", EVENTS)
    async with httpx.AsyncClient() as http, http.stream(method, url, **options) as response:
        yield Stream(response, response.aiter_lines())


def asking(query: str, **variables: Any) -> dict[str, Any]:
    """The body of a request."""
    return {"query": query, "variables": variables}


# Over a small schema ---------------------------------------------------------------------------------------


@pytest.fixture
def counting() -> Counting:
    """What the fields have seen."""
    return Counting()


@pytest.fixture
def streams(counting: Counting) -> EventStreams:
    """Streams that beat quickly, and wait for nothing that is slow."""
    return EventStreams(counting.service(), deadline=0.3, beat=0.05)


@pytest.fixture
async def small(streams: EventStreams) -> AsyncIterator[str]:
    """Where a server answers with nothing but events; the address has the query."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked = Asked(httpx.QueryParams(scope["query_string"].decode())["query"])
        exchange = Exchange(scope, receive, send)
        exchange.shared = [(b"x-more", b"yes")]
        assert await streams.answer(exchange, asked, Somebody())

    async with listening(app) as port:
        yield f"http://127.0.0.1:{port}/graphql"


async def test_events_end_with_complete(small: str) -> None:
    async with streamed(small, params={"query": "subscription { count(to: 2) }"}) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-cache" in stream.response.headers["cache-control"]
        assert stream.response.headers["x-more"] == "yes"
        assert [await stream.event() for _ in range(3)] == [
            ("next", {"data": {"count": 0}}),
            ("next", {"data": {"count": 1}}),
            ("complete", None),
        ]
        with pytest.raises(StopAsyncIteration):
            await stream.event()


async def test_a_query_is_one_event(small: str) -> None:
    async with streamed(small, params={"query": "{ hello }"}) as stream:
        assert await stream.event() == ("next", {"data": {"hello": "world"}})
        assert await stream.event() == ("complete", None)


BAD = {
    "{": "GRAPHQL_PARSE_FAILED",
    "{ nope }": "GRAPHQL_VALIDATION_FAILED",
    "subscription { refuses }": "FORBIDDEN",
    "{ slowly }": "DEADLINE_EXCEEDED",
}


@pytest.mark.parametrize(("query", "code"), BAD.items())
async def test_what_cannot_be_run_is_told_by_an_event(small: str, query: str, code: str) -> None:
    async with streamed(small, params={"query": query}) as stream:
        name, answer = await stream.event()

        assert stream.response.status_code == 200
        assert name == "next"
        assert list(answer) == ["errors"]
        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
        assert await stream.event() == ("complete", None)


async def test_a_source_that_breaks_is_masked(small: str) -> None:
    async with streamed(small, params={"query": "subscription { breaks }"}) as stream:
        await stream.event()
        _, answer = await stream.event()

        assert answer["errors"][0]["message"] == "Unexpected error."
        assert await stream.event() == ("complete", None)


async def test_a_silent_stream_shows_that_it_lives(small: str) -> None:
    async with streamed(small, params={"query": "subscription { never }"}) as stream:
        lines = [await asyncio.wait_for(anext(stream.lines), 5) for _ in range(6)]

    assert set(lines) == {":", ""}


async def test_whoever_leaves_ends_the_work_at_once(small: str, counting: Counting) -> None:
    async with streamed(small, params={"query": "subscription { never }"}):
        await until(lambda: counting.watched == 1)
    await until(lambda: counting.watched == 0)

    assert at_work("events") == []


async def test_whoever_does_not_read_holds_the_answers_up(streams: EventStreams, counting: Counting) -> None:
    async def forever() -> Any:
        await asyncio.sleep(3600)

    async def stuck(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(3600)

    scope = {"type": "http", "method": "GET", "headers": [(b"accept", b"text/event-stream")]}
    asked = Asked("subscription { count(to: 1000) }")
    exchange = Exchange(scope, forever, stuck)
    serving = asyncio.create_task(streams.answer(exchange, asked, Somebody()))
    await asyncio.sleep(0.2)

    assert counting.counted == 1
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert counting.watched == 0


async def test_the_end_of_the_server_is_not_the_end_of_the_subscription(
    small: str, streams: EventStreams, counting: Counting
) -> None:
    async with streamed(small, params={"query": "subscription { never }"}) as stream:
        await until(lambda: counting.watched == 1)
        streams.end_all()

        with pytest.raises(StopAsyncIteration):
            await stream.event()
    assert counting.watched == 0


# Over the whole application --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def url(urls: StoreUrls) -> AsyncIterator[str]:
    """Where an open server listens."""
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        yield f"http://127.0.0.1:{port}/graphql"


async def test_a_world_is_watched(url: str, world: World) -> None:
    async with streamed(url, json=asking(WATCH, w=world.world_id)) as stream:
        first = await stream.event()
        await world.alliance("Reds")
        then = await stream.event()

    assert first[1]["data"]["worldChanged"] == {"version": 0, "alliances": {"totalCount": 0}}
    assert then[1]["data"]["worldChanged"] == {"version": 1, "alliances": {"totalCount": 1}}


async def test_a_world_is_watched_by_get(url: str, world: World) -> None:
    params = {"query": WATCH, "variables": json.dumps({"w": world.world_id})}
    async with streamed(url, "GET", params=params) as stream:
        assert (await stream.event())[1]["data"]["worldChanged"]["version"] == 0


async def test_a_mutation_may_not_come_by_get(url: str) -> None:
    async with streamed(url, "GET", params={"query": "mutation { __typename }"}) as stream:
        _, answer = await stream.event()

        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_A_QUERY"]


async def test_a_world_that_is_not_there_is_told_by_an_event(url: str) -> None:
    async with streamed(url, json=asking(WATCH, w="nowhere")) as stream:
        _, answer = await stream.event()

        assert answer["errors"][0]["message"] == "There is no world 'nowhere'."
        assert await stream.event() == ("complete", None)


async def test_whoever_takes_json_too_gets_json_for_a_query(url: str) -> None:
    async with httpx.AsyncClient(headers=URQL) as http:
        good = await http.post(url, json=asking("{ __typename }"))
        bad = await http.post(url, json=asking("{ nope }"))
        got = await http.get(url, params={"query": "{ __typename }"})

    assert good.json() == got.json() == {"data": {"__typename": "Query"}}
    assert "Cannot query field 'nope'" in bad.json()["errors"][0]["message"]
    assert "json" in good.headers["content-type"]
    assert "json" in bad.headers["content-type"]


async def test_whoever_takes_json_too_gets_events_for_a_subscription(url: str, world: World) -> None:
    body = asking(WATCH, w=world.world_id)
    async with streamed(url, json=body, headers=URQL) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert (await stream.event())[1]["data"]["worldChanged"]["version"] == 0


async def test_an_unknown_key_is_refused(urls: StoreUrls, world: World) -> None:
    settings = Settings(state=Path("/nowhere"), admin_key=KEY)
    body = asking(WATCH, w=world.world_id)
    async with listening(create_app(settings, urls)) as port:
        url = f"http://127.0.0.1:{port}/graphql"
        async with streamed(url, json=body, headers=EVENTS | {"Authorization": "Bearer nope"}) as stream:
            assert stream.response.status_code == 401
        async with streamed(url, json=body, headers=EVENTS | {"Authorization": f"Bearer {KEY}"}) as stream:
            assert (await stream.event())[0] == "next"


async def test_whoever_leaves_ends_the_watch(url: str, world: World) -> None:
    async with streamed(url, json=asking(WATCH, w=world.world_id)) as stream:
        await stream.event()
        assert at_work("events") == ["events"]

    await until(lambda: at_work("events") == [])
