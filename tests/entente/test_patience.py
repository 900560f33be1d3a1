"""Requests that take too long, and clients that leave: against a server that listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from engine.asking import Answer
from entente.app import Application
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import connected, listening
from tests.waiting import becomes

DEADLINE = 0.4
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
TYPE = b'{"query": "{ __typename }"}'
RESPONSE = "application/graphql-response+json"


class Slow:
    """A service that never answers, and notes who had to give up."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.cleaning_seconds = 0.0

    async def answer(self, *_: Any) -> Answer:
        """Wait for ever."""
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(self.cleaning_seconds)
            self.cancelled.set()
        raise AssertionError


@pytest.fixture(scope="module")
async def app(urls: StoreUrls) -> Application:
    """A server without much patience."""
    return Application(
        Settings(state=Path("/nowhere"), request_timeout=DEADLINE, body_timeout=DEADLINE), urls
    )


@pytest.fixture(scope="module")
async def port(app: Application) -> AsyncIterator[int]:
    """Where it listens."""
    async with listening(app) as where:
        yield where


@pytest.fixture
def slow(app: Application, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """From now on nothing is answered."""
    service = Slow()
    monkeypatch.setattr(app.service, "answer", service.answer)
    return service


@pytest.mark.parametrize(("media", "status"), [("application/json", 200), (RESPONSE, 503)])
async def test_after_the_deadline_the_client_is_told(port: int, slow: Slow, media: str, status: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        posted = await http.post(
            "/graphql", content=TYPE, headers={"Content-Type": "application/json", "Accept": media}
        )
        got = await http.get("/graphql?query={__typename}", headers={"Accept": media})

    for answer in (posted, got):
        assert answer.status_code == status
        assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert "data" not in answer.json()
    assert slow.cancelled.is_set()


async def test_the_client_is_told_at_once_however_long_it_takes_to_end_its_work(
    port: int, slow: Slow, app: Application
) -> None:
    slow.cleaning_seconds = 2
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answer = await http.post("/graphql", content=TYPE, headers={"Content-Type": "application/json"})

    assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert not slow.cancelled.is_set()
    await becomes(lambda: app.http.patience.under_way == 0)


async def test_a_batch_has_one_deadline(port: int, slow: Slow) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answer = await http.post("/graphql", json=[{"query": "{ a }"}, {"query": "{ b }"}])

    assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"


async def test_work_for_a_client_that_left_is_ended(port: int, slow: Slow, app: Application) -> None:
    async with connected(port) as (_, writer):
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(TYPE), TYPE))
        await asyncio.wait_for(slow.begun.wait(), 5)
    await asyncio.wait_for(slow.cancelled.wait(), 5)

    await becomes(lambda: app.http.patience.under_way == 0)


async def test_a_disconnect_cancels_the_running_sql(
    port: int, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)' AND state = 'active'"
    )

    async def answer(*_: Any) -> Answer:
        await app.http.stores.main.execute("SELECT pg_sleep(20)")
        raise AssertionError

    async def runs() -> bool:
        return bool(await app.http.stores.main.fetchval(sleeping))

    async def runs_no_more() -> bool:
        return not await runs()

    monkeypatch.setattr(app.service, "answer", answer)
    async with connected(port) as (_, writer):
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(TYPE), TYPE))
        await becomes(runs)
    await becomes(runs_no_more)


@pytest.mark.parametrize("begun", [b"", b'{"query": '], ids=["nothing", "half"])
async def test_a_body_that_never_ends_gets_408_while_others_are_served(port: int, begun: bytes) -> None:
    async with connected(port) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + begun)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            answer = await http.post("/graphql", content=TYPE, headers={"Content-Type": "application/json"})
        told = await asyncio.wait_for(reader.read(), 2)

    assert answer.json() == {"data": {"__typename": "Query"}}
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert orjson.loads(body)["errors"][0]["extensions"]["code"] == "BODY_TIMEOUT"


async def test_a_body_that_drips_gets_408(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

        async def drip() -> None:
            while not writer.is_closing():
                writer.write(b"1\r\n \r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        told = await asyncio.wait_for(reader.readuntil(b"\r\n"), 2)
        dripping.cancel()

    assert told.startswith(b"HTTP/1.1 408 ")


async def test_nothing_is_left_behind(port: int, app: Application) -> None:
    before = len(asyncio.all_tasks())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for _ in range(20):
            await http.post("/graphql", content=TYPE, headers={"Content-Type": "application/json"})

    await becomes(lambda: app.http.patience.under_way == 0 and len(asyncio.all_tasks()) <= before + 1)
