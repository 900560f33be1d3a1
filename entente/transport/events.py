"""GraphQL over server-sent events: one stream for each operation, the mode of distinct connections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from starlette.types import Receive, Scope, Send

from engine.asking import Asked, Caller
from engine.service import Service
from entente.transport.streams import DEADLINE_SECONDS, answers

EVENTS = "text/event-stream"
JSON = ("application/graphql-response+json", "application/json", "application/*", "*/*")
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # some proxies hold back what has not ended
)
COMPLETE = b"event: complete\ndata:\n\n"
BEAT = b":\n\n"


def wants_events(accept: str) -> bool:
    """Whether a header `Accept` names server-sent events."""
    return EVENTS in _accepted(accept)


def wants_only_events(accept: str) -> bool:
    """Whether a header `Accept` takes server-sent events, and no JSON: so that they answer also what is no
    subscription."""
    accepted = _accepted(accept)
    return EVENTS in accepted and not any(one in accepted for one in JSON)


def _accepted(accept: str) -> set[str]:
    ranges = (one.lower().replace(" ", "").split(";") for one in accept.split(","))
    return {name for name, *parameters in ranges if not any(_is_zero(one) for one in parameters)}


def _is_zero(parameter: str) -> bool:
    return parameter.startswith("q=0") and not parameter.strip("q=0.")


@dataclass(eq=False)
class EventStreams:
    """Answers operations with streams of events, which all end when the server does."""

    service: Service
    deadline: float = DEADLINE_SECONDS
    beat: float = 12.0
    """After how many seconds the client, and what is in between, hears that the stream lives on."""
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(
        self,
        asked: Asked,
        caller: Caller,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer an operation until it is complete, the client has gone or the server ends."""
        if asked.only_query and self.service.is_subscription(asked):
            asked = replace(asked, only_query=False)  # it changes nothing either
        started = {"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]}
        await send(started)
        if scope["method"] != "HEAD":
            await self._until_gone(asked, caller, receive, send)
        await send({"type": "http.response.body", "body": b""})

    def end_all(self) -> None:
        """End every stream, without telling the clients that it is complete: they will come again."""
        for task in self._open:
            task.cancel()

    async def _until_gone(self, asked: Asked, caller: Caller, receive: Receive, send: Send) -> None:
        stream = asyncio.create_task(self._stream(asked, caller, send), name="events")
        others = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._beat(send))]
        self._open.add(stream)
        try:
            await asyncio.wait([stream, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(stream)
            await _cancel(stream, *others)

    async def _stream(self, asked: Asked, caller: Caller, send: Send) -> None:
        async with aclosing(answers(self.service, asked, caller, self.deadline)) as found:
            async for answer in found:
                await _write(send, b"event: next\ndata: " + answer.body + b"\n\n")
        await _write(send, COMPLETE)

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self.beat)
            await _write(send, BEAT)


async def _write(send: Send, piece: bytes) -> None:
    """Send a piece; waits while the client does not read what it was sent before."""
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
