"""The protocol graphql-transport-ws to the letter, and what one socket may cost the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from entente.transport.origins import Origins
from entente.transport.sockets import Bounds, SocketEndpoint
from tests.counting import Counting, Somebody
from tests.listening import listening
from tests.sockets import INIT, Socket, at_work, connected, opened, until

FRUGAL = Bounds(init_seconds=0.2, operations=3, deadline=0.2)


async def identify(header: str | None, payload: Mapping[str, Any]) -> Somebody | None:
    """Everybody is known, except who says otherwise."""
    return None if "stranger" in payload else Somebody()


def endpoint(counting: Counting, bounds: Bounds = FRUGAL) -> SocketEndpoint:
    """Serves sockets over the small schema."""
    return SocketEndpoint(counting.service(), identify, Origins(), bounds)


@pytest.fixture
def counting() -> Counting:
    """What the fields have seen."""
    return Counting()


@pytest.fixture
async def url(counting: Counting) -> AsyncIterator[str]:
    """Where a server listens that allows little."""
    async with listening(endpoint(counting)) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@pytest.fixture
async def made(url: str) -> AsyncIterator[Socket]:
    """A socket that is ready for operations."""
    async with opened(url) as socket:
        yield socket


async def test_a_subscription_is_answered_until_it_is_complete(made: Socket) -> None:
    await made.subscribe("a", "subscription { count(to: 2) }")

    assert [await made.receive() for _ in range(3)] == [
        {"id": "a", "type": "next", "payload": {"data": {"count": 0}}},
        {"id": "a", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "a", "type": "complete"},
    ]


async def test_operations_run_beside_each_other(made: Socket) -> None:
    await made.subscribe("never", "subscription { never }")

    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}
    assert await made.ask("{ fails }") == {
        "data": {"fails": None},
        "errors": [{"message": "It fails.", "locations": [{"line": 1, "column": 3}], "path": ["fails"]}],
    }


async def test_an_id_is_free_again_once_its_operation_is_over(made: Socket) -> None:
    for query in ["{ hello }", "{", "subscription { count(to: 1) }", "subscription { refuses }"] * 20:
        await made.subscribe("a", query)
        while (await made.receive())["type"] == "next":
            pass


async def test_completing_stops_an_operation(made: Socket, counting: Counting) -> None:
    await made.subscribe("a", "subscription { never }")
    await made.subscribe("b", "{ slowly }")
    await until(lambda: (counting.watched, counting.slow) == (1, 1))
    for operation in ("a", "b", "unknown"):
        await made.send({"type": "complete", "id": operation})

    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}
    assert (counting.watched, counting.slow) == (0, 0)
    await made.subscribe("a", "{ hello }")
    assert (await made.receive())["type"] == "next"


BAD = {
    "syntax": ("{", "GRAPHQL_PARSE_FAILED"),
    "a field": ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
    "two fields": ("subscription { never breaks }", "GRAPHQL_VALIDATION_FAILED"),
    "a refusal": ("subscription { refuses }", "FORBIDDEN"),
    "which": ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
    "too long": ("{ slowly }", "DEADLINE_EXCEEDED"),
}


@pytest.mark.parametrize(("query", "code"), BAD.values(), ids=BAD)
async def test_a_bad_operation_ends_its_own_id(made: Socket, query: str, code: str) -> None:
    await made.subscribe("bad", query)
    answer = await made.receive()

    assert (answer["id"], answer["type"]) == ("bad", "error")
    assert [error["extensions"]["code"] for error in answer["payload"]] == [code]
    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}


async def test_an_unknown_name_of_an_operation_ends_its_own_id(made: Socket) -> None:
    payload = {"query": "{ hello }", "operationName": "Nope"}
    await made.send({"type": "subscribe", "id": "1", "payload": payload})
    answer = await made.receive()

    assert answer["type"] == "error"
    assert answer["payload"][0]["message"] == "This document has no operation named 'Nope'."


async def test_a_source_that_breaks_is_masked(made: Socket) -> None:
    await made.subscribe("a", "subscription { breaks }")
    first, last = await made.receive(), await made.receive()

    assert first["payload"] == {"data": {"breaks": 1}}
    assert last["type"] == "error"
    assert last["payload"][0]["message"] == "Unexpected error."
    assert "secret" not in json.dumps(last)


async def test_both_sides_may_ask_whether_the_other_is_there(made: Socket) -> None:
    await made.send({"type": "ping"})
    assert await made.receive() == {"type": "pong"}
    await made.send({"type": "ping", "payload": {"at": 7}})
    assert await made.receive() == {"type": "pong", "payload": {"at": 7}}
    await made.send({"type": "pong"})
    await made.send({"type": "pong", "payload": {"at": 7}})

    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}


async def test_one_may_ask_whether_we_are_there_before_saying_who_one_is(url: str) -> None:
    async with connected(url) as made:
        await made.send({"type": "ping"})
        assert await made.receive() == {"type": "pong"}
        await made.send({"type": "complete", "id": "nothing"})
        await made.send(INIT)

        assert await made.receive() == {"type": "connection_ack"}


# How a socket is closed ------------------------------------------------------------------------------------


async def test_whoever_says_nothing_is_closed(url: str) -> None:
    async with connected(url) as made:
        await made.send({"type": "ping"})
        await made.receive()

        assert await made.closes() == 4408


async def test_a_ready_socket_may_say_nothing(made: Socket) -> None:
    await asyncio.sleep(0.3)

    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}


async def test_nobody_says_twice_who_they_are(made: Socket) -> None:
    await made.send(INIT)

    assert await made.closes() == 4429


async def test_strangers_are_closed(url: str) -> None:
    async with connected(url) as made:
        await made.send({**INIT, "payload": {"stranger": True}})

        assert await made.closes() == 4403


async def test_an_id_stands_for_one_operation_at_a_time(made: Socket) -> None:
    await made.subscribe("a", "subscription { never }")
    await made.subscribe("a", "{ hello }")

    assert await made.closes() == 4409
    assert made.connection.close_reason == "Subscriber for a already exists"


async def test_a_long_id_still_fits_into_the_reason(made: Socket) -> None:
    for _ in range(2):
        await made.subscribe("ä" * 200, "subscription { never }")

    assert await made.closes() == 4409


@pytest.mark.parametrize("name", ["", "a" * 201, None, 7])
async def test_an_id_is_a_short_text(made: Socket, name: Any) -> None:
    await made.send({"type": "subscribe", "id": name, "payload": {"query": "{ hello }"}})

    assert await made.closes() == 4400


async def test_binary_frames_are_no_messages(made: Socket) -> None:
    await made.connection.send(json.dumps({"type": "ping"}).encode())

    assert await made.closes() == 4400


@pytest.mark.parametrize("kind", ["connection_init", "ping", "pong", "subscribe"])
@pytest.mark.parametrize("payload", [7, "text", [], True])
async def test_payloads_are_objects(url: str, kind: str, payload: Any) -> None:
    async with connected(url) as made:
        await made.send({"type": kind, "id": "1", "payload": payload})

        assert await made.closes() == 4400


# What a socket may cost ------------------------------------------------------------------------------------


async def test_a_socket_takes_so_many_operations(made: Socket) -> None:
    for operation in "abc":
        await made.subscribe(operation, "subscription { never }")
    await made.subscribe("d", "{ hello }")
    answer = await made.receive()

    assert answer["id"] == "d"
    assert answer["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    await made.send({"type": "complete", "id": "a"})
    assert await made.ask("{ hello }") == {"data": {"hello": "world"}}


async def test_an_abrupt_end_leaves_nothing_behind(url: str, counting: Counting) -> None:
    async with opened(url) as made:
        await made.subscribe("a", "subscription { never }")
        await made.subscribe("b", "{ slowly }")
        await until(lambda: (counting.watched, counting.slow) == (1, 1))
        made.connection.transport.abort()
    await asyncio.sleep(0.1)

    assert (counting.watched, counting.slow) == (0, 0)
    assert at_work("operation") == []


async def test_an_end_of_the_server_ends_the_socket(counting: Counting) -> None:
    async with AsyncExitStack() as client:
        async with listening(endpoint(counting)) as port:
            made = await client.enter_async_context(opened(f"ws://127.0.0.1:{port}/graphql"))
            await made.subscribe("a", "subscription { never }")
            await until(lambda: counting.watched == 1)

        assert await made.closes() == 1012  # the server is restarted: come again
        assert counting.watched == 0


@dataclass(eq=False)
class Wire:
    """A socket whose client reads only when it wants to."""

    incoming: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    sent: list[dict[str, Any]] = field(default_factory=list)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        self.sent.append(message)

    def say(self, message: Any) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})


async def test_whoever_does_not_read_holds_the_answers_up(counting: Counting) -> None:
    wire = Wire()
    wire.reading.set()
    scope = {"type": "websocket", "headers": [], "subprotocols": ["graphql-transport-ws"]}
    wire.incoming.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(endpoint(counting)(scope, wire.incoming.get, wire.send))
    wire.say(INIT)
    await until(lambda: len(wire.sent) == 2)
    wire.reading.clear()
    for operation in "abc":
        payload = {"query": "subscription { count(to: 100) }"}
        wire.say({"type": "subscribe", "id": operation, "payload": payload})
    await asyncio.sleep(0.2)

    assert counting.counted == 3
    wire.reading.set()
    await until(lambda: len(wire.sent) == 2 + 3 * 101)
    wire.incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})
    await asyncio.wait_for(serving, 1)
