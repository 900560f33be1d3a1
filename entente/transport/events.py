"""GraphQL over server-sent events: one stream for each operation, the mode of distinct connections."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import dataclass, field

from starlette.types import Send

from engine.asking import Asked, Caller
from engine.service import Service
from entente.transport.exchange import Exchange
from entente.transport.streams import DEADLINE_SECONDS, answers, key_of

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # some proxies hold back what has not ended
)
COMPLETE = b"event: complete\ndata:\n\n"
BEAT = b":\n\n"


@dataclass(eq=False)
class EventStreams:
    """Answers operations with streams of events, which all end when the server does."""

    service: Service
    deadline: float = DEADLINE_SECONDS
    beat: float = 12.0
    """After how many seconds the client, and what is in between, hears that the stream lives on."""
    _open: dict[asyncio.Task[None], int | None] = field(default_factory=dict)
    """The streams, and for each the key that opened it."""

    async def answer(self, exchange: Exchange, asked: Asked, caller: Caller) -> bool:
        """Answer an operation of a client that takes events, unless it takes JSON too and this is no
        subscription."""
        if exchange.accepts.media is not None and not self.service.is_subscription(asked):
            return False
        exchange.answered = True
        await self._serve(exchange, asked, caller)
        return True

    async def _serve(self, exchange: Exchange, asked: Asked, caller: Caller) -> None:
        if asked.only_query and self.service.is_subscription(asked):
            asked = asked._replace(only_query=False)  # it changes nothing either
        headers = [*HEADERS, *exchange.shared]
        await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        if exchange.method != "HEAD":
            await self._until_gone(exchange, asked, caller)
        await exchange.send({"type": "http.response.body", "body": b""})

    def end_all(self) -> None:
        """End every stream, without telling the clients that it is complete: they will come again."""
        for task in self._open:
            task.cancel()

    def end_of(self, key_ids: Collection[int]) -> None:
        """End the streams that these keys opened."""
        for task, key_id in self._open.items():
            if key_id in key_ids:
                task.cancel()

    async def _until_gone(self, exchange: Exchange, asked: Asked, caller: Caller) -> None:
        """Stream until the operation is complete, the client has gone or the server ends."""
        stream = asyncio.create_task(self._stream(asked, caller, exchange.send), name="events")
        others = [asyncio.create_task(exchange.gone()), asyncio.create_task(self._beat(exchange.send))]
        self._open[stream] = key_of(caller)
        try:
            await asyncio.wait([stream, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._open[stream]
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


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
