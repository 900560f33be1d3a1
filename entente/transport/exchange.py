"""Exchange: one request and the response to it, thinner than a framework's objects."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from entente.transport.negotiation import Accepts, accepted
from entente.transport.problems import Header, Problem
from entente.transport.protocol import WHOLE

TYPES = {
    None: (b"content-type", b"application/json; charset=utf-8"),
    "application/json": (b"content-type", b"application/json; charset=utf-8"),
    "application/graphql-response+json": (
        b"content-type",
        b"application/graphql-response+json; charset=utf-8",
    ),
}


NOTHING: dict[str, Any] = {}
OURS = 2
"""Headers that every answer has; others may hold what a client sent."""


class GoneError(Exception):
    """The client has left before it had said what it wants."""


class Exchange:
    """A request; its body is read once, and it is answered once."""

    __slots__ = ("accepts", "answered", "headers", "method", "receive", "scope", "send", "shared")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.method: str = scope["method"]
        self.headers = _headers(scope["headers"])
        self.accepts: Accepts = accepted(self.headers.get(b"accept"))
        self.shared: Sequence[Header] = ()
        """What lets the page of another origin read the answer."""
        self.answered = False
        """Whether an answer is on its way; there is no other then."""

    async def body(self, most: int) -> bytes:
        """The body, of no more than so many bytes."""
        message = await self.receive()
        whole: bytes = message.get("body", b"")
        if message.get("more_body") or message["type"] == "http.disconnect":
            whole = await self._rest(message, most)
        if len(whole) > most:
            raise too_large(most)
        return whole

    async def _rest(self, message: Message, most: int) -> bytes:
        whole = bytearray()
        while True:
            if message["type"] == "http.disconnect":
                raise GoneError
            whole += message.get("body", b"")
            if len(whole) > most or not message.get("more_body"):
                return bytes(whole)
            message = await self.receive()

    async def gone(self) -> None:
        """Wait until the client has left."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def respond(self, status: int, body: bytes, headers: Sequence[Header] = ()) -> None:
        """Answer, unless that was done already."""
        if not self.answered:
            self.answered = True
            length = (b"content-length", b"%d" % len(body))
            sent = [TYPES[self.accepts.media], length, *headers, *self.shared]
            if len(sent) == OURS and self.method == "POST" and self._whole(status, sent, body):
                return
            await self.send({"type": "http.response.start", "status": status, "headers": sent})
            await self.send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    def _whole(self, status: int, headers: Sequence[Header], body: bytes) -> bool:
        send = self.scope.get("extensions", NOTHING).get(WHOLE)
        return send is not None and bool(send(status, headers, body))

    async def respond_empty(self, status: int, headers: Sequence[Header] = ()) -> None:
        """Answer with headers alone."""
        self.answered = True
        sent = [*headers, *self.shared]
        await self.send({"type": "http.response.start", "status": status, "headers": sent})
        await self.send({"type": "http.response.body", "body": b""})

    async def refuse(self, problem: Problem) -> None:
        """Say what is wrong with the request."""
        await self.respond(problem.status, problem.body, problem.headers)


def _headers(given: list[Header]) -> dict[bytes, bytes]:
    """Headers by name; those that came several times with all their values."""
    headers = dict(given)
    if len(headers) < len(given):
        values: dict[bytes, list[bytes]] = {}
        for name, value in given:
            values.setdefault(name, []).append(value)
        headers = {name: b", ".join(several) for name, several in values.items()}
    return headers


def too_large(most: int) -> Problem:
    """A body beyond the limit; what is left of it is thrown away."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", f"A body may have {most} bytes.")
