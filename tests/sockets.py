"""Sockets to a server that listens, and what the server works at meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

INIT = {"type": "connection_init"}


@dataclass
class Socket:
    """A socket, and the operations on it, one after the other."""

    connection: ClientConnection
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def send(self, message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), 10))

    async def subscribe(self, number: str, query: str, **variables: Any) -> None:
        """Ask for what will be answered many times, under an id."""
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": number, "payload": payload})

    async def closes(self) -> int:
        """The code with which the server closes the socket."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    async def ask(self, query: str, **variables: Any) -> Any:
        """What comes back for an operation: the payload of `next` or `error`."""
        number = str(next(self.numbers))
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": number, "payload": payload})
        answer = await self.receive()
        if answer["type"] == "next":
            assert await self.receive() == {"type": "complete", "id": number}
        return answer["payload"]


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[Socket]:
    """A socket on which nothing was said yet."""
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], **options) as connection:
        yield Socket(connection)


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[Socket]:
    """A socket that is ready for operations."""
    async with connected(url, **options) as made:
        await made.send(INIT)
        assert await made.receive() == {"type": "connection_ack"}
        yield made


def at_work(*names: str) -> list[str]:
    """The tasks of the server, which runs in this loop, whose names begin with one of these."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(names)]


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened, 10 seconds at most."""
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("It did not happen.")
