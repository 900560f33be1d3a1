"""GraphQL over WebSocket: many operations on one socket, after the protocol graphql-transport-ws."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from engine.asking import Answer, Asked, Caller, refusal, refused
from engine.service import Service
from entente.transport.messages import (
    Complete,
    Init,
    MalformedError,
    Message,
    Ping,
    Subscribe,
    read,
)
from entente.transport.origins import Origins
from entente.transport.problems import Problem
from entente.transport.streams import DEADLINE_SECONDS, answers, key_of

PROTOCOL = "graphql-transport-ws"
LONGEST_REASON = 120  # bytes, of 123 that a frame takes

Share = Callable[[Asked], Awaitable[None]]
Identify = Callable[[str | None, Mapping[str, Any]], Awaitable[Caller | None]]
"""Who asks, by the header `Authorization` of the handshake or the payload of connection_init; None is a
stranger."""


class _Closing(Exception):  # noqa: N818
    """The socket is closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long is waited, and for how much."""

    init_seconds: float = 10.0
    operations: int = 1000
    deadline: float = DEADLINE_SECONDS


@dataclass(eq=False, slots=True)
class SocketEndpoint:
    """Opens sockets, and serves each until it closes."""

    service: Service
    identify: Identify
    origins: Origins
    bounds: Bounds = Bounds()
    share: Share | None = None
    """Learns from the other servers what a hash stands for."""
    open: set[_Socket] = field(default_factory=set)

    def end_of(self, key_ids: Collection[int]) -> None:
        """Close the sockets that these keys opened."""
        for socket in self.open:
            if socket.caller is not None and key_of(socket.caller) in key_ids:
                socket.shut_out()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket."""
        if (await receive())["type"] != "websocket.connect":
            return
        headers = dict(scope["headers"])
        with suppress(OSError):  # the client has left in the middle of something
            try:
                self.origins.check(headers)
            except Problem as problem:
                await _deny(scope, send, problem.status)
                return
            await self._open(scope, headers.get(b"authorization"), receive, send)

    async def _open(self, scope: Scope, authorization: bytes | None, receive: Receive, send: Send) -> None:
        known = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if known else None})
        if known:
            await _Socket(self, authorization, receive, send).serve()
        else:
            await _close(send, 4406, f"Only {PROTOCOL} is spoken here.")


@dataclass(eq=False)
class _Socket:
    """One socket, and the operations that run on it."""

    endpoint: SocketEndpoint
    authorization: bytes | None
    receive: Receive
    send: Send
    operations: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    caller: Caller | None = None
    conversation: asyncio.Task[None] | None = None
    is_shut_out: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)

    async def serve(self) -> None:
        """Answer what is asked until one of the two sides closes."""
        self.endpoint.open.add(self)
        try:
            await self._converse_until_shut_out()
        except _Closing as closing:
            await self._end_operations()
            await _close(self.send, closing.code, closing.reason)
        finally:
            self.endpoint.open.discard(self)
            await self._end_operations()

    def shut_out(self) -> None:
        """Close the socket: its key lets nobody in any more."""
        if self.conversation is not None:
            self.is_shut_out = True
            self.conversation.cancel()

    async def _converse_until_shut_out(self) -> None:
        self.conversation = asyncio.create_task(self._converse(), name="socket")
        try:
            await self.conversation
        except asyncio.CancelledError:
            if not self.is_shut_out:
                raise
            raise _Closing(4403, "Forbidden") from None
        finally:
            self.conversation.cancel()

    async def _converse(self) -> None:
        self.caller = await self._introduced()
        while self.caller is not None and (message := await self._next()) is not None:
            await self._handle(message)

    async def _next(self) -> Message | None:
        """The next message; None once the client has left."""
        event = await self.receive()
        if event["type"] == "websocket.disconnect":
            return None
        try:
            return read(event.get("text"))
        except MalformedError as error:
            raise _Closing(4400, str(error)) from None

    async def _introduced(self) -> Caller | None:
        """Who asks, once they have said so; None if they left before."""
        try:
            async with asyncio.timeout(self.endpoint.bounds.init_seconds):
                while (message := await self._next()) is not None:
                    if isinstance(message, Init):
                        break
                    if isinstance(message, Subscribe):
                        raise _Closing(4401, "Unauthorized")
                    await self._pong(message)
        except TimeoutError:
            raise _Closing(4408, "Connection initialisation timeout") from None
        return None if message is None else await self._acknowledged(message)

    async def _acknowledged(self, init: Init) -> Caller:
        self.payload = init.payload
        caller = await self._identified()
        await self._say('{"type":"connection_ack"}')
        return caller

    async def _identified(self) -> Caller:
        """Who asks, as they are known now: a key may have been given other worlds meanwhile."""
        header = self.authorization.decode("latin-1") if self.authorization is not None else None
        caller = await self.endpoint.identify(header, self.payload)
        if caller is None:
            raise _Closing(4403, "Forbidden")
        return caller

    async def _handle(self, message: Message) -> None:
        if isinstance(message, Init):
            raise _Closing(4429, "Too many initialisation requests")
        if isinstance(message, Subscribe):
            await self._subscribe(message)
        elif isinstance(message, Complete):
            running = self.operations.pop(message.id, None)
            if running is not None:
                running.cancel()
        else:
            await self._pong(message)

    async def _pong(self, message: Message) -> None:
        if isinstance(message, Ping):
            payload = "" if message.payload is None else f',"payload":{_json(message.payload)}'
            await self._say(f'{{"type":"pong"{payload}}}')

    async def _subscribe(self, message: Subscribe) -> None:
        if message.id in self.operations:
            raise _Closing(4409, f"Subscriber for {message.id} already exists")
        most = self.endpoint.bounds.operations
        if len(self.operations) >= most:
            told = f"A socket takes {most} operations at a time: complete one, or open another socket."
            await self._fail(message.id, refused(refusal("TOO_MANY_OPERATIONS", told)))
            return
        work = self._run(message.id, message.asked, await self._identified())
        self.operations[message.id] = asyncio.create_task(work, name=f"operation {message.id}")

    async def _run(self, operation: str, asked: Asked, caller: Caller) -> None:
        """Send what comes back for an operation; its id is free again before its end is told."""
        bounds, quoted = self.endpoint.bounds, _json(operation)
        if self.endpoint.share is not None:
            await self.endpoint.share(asked)
        with suppress(OSError):  # the client has left
            async with aclosing(answers(self.endpoint.service, asked, caller, bounds.deadline)) as found:
                async for answer in found:
                    if answer.refused is not None:
                        self._forget(operation)
                        await self._fail(operation, answer)
                        return
                    body = answer.body.decode()
                    await self._say(f'{{"id":{quoted},"type":"next","payload":{body}}}')
            self._forget(operation)
            await self._say(f'{{"id":{quoted},"type":"complete"}}')

    def _forget(self, operation: str) -> None:
        if self.operations.get(operation) is asyncio.current_task():
            del self.operations[operation]

    async def _fail(self, operation: str, answer: Answer) -> None:
        errors = _json(orjson.loads(answer.body)["errors"])
        await self._say(f'{{"id":{_json(operation)},"type":"error","payload":{errors}}}')

    async def _say(self, text: str) -> None:
        """Send a message when all before it are on their way: a client that does not read holds up one answer
        of each operation, and no more."""
        async with self.sending:
            await self.send({"type": "websocket.send", "text": text})

    async def _end_operations(self) -> None:
        running = list(self.operations.values())
        for operation in running:
            operation.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _deny(scope: Scope, send: Send, status: int) -> None:
    """Refuse a handshake; servers that cannot say why answer 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _close(send: Send, code: int, reason: str) -> None:
    """Close the socket, with as much of the reason as a frame takes."""
    cut = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
    await send({"type": "websocket.close", "code": code, "reason": cut})
