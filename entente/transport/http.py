"""GraphQL over HTTP: the endpoint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from db.connection import Stores
from db.main.api_keys import LiveKey
from engine.asking import Answer, Asked
from engine.service import Service
from entente.access import UNKNOWN, Access
from entente.pages import graphiql_page
from entente.purse import Purse
from entente.transport import parameters
from entente.transport.exchange import Exchange, GoneError, too_large
from entente.transport.negotiation import is_json
from entente.transport.origins import Origins
from entente.transport.patience import Patience, Wait
from entente.transport.persisted import SharedDocuments
from entente.transport.problems import ALLOW, OK, Problem, status_of
from entente.transport.streams import surprise
from resolvers.analyses import Analyses
from resolvers.context import Caller
from resolvers.exports import Exports
from resolvers.watching import Watching

SURPRISES = logging.getLogger("entente.surprises")

CACHED = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept, Authorization"),
    (b"x-content-type-options", b"nosniff"),
)
NOT_KEPT = ((b"cache-control", b"no-store"), *CACHED[1:])

Stream = Callable[[Exchange, Asked, Caller], Coroutine[Any, Any, bool]]
"""Answers an operation with server-sent events; False where it is none for which the client wants them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a request may bring."""

    body: int
    batch: int


@dataclass(eq=False)
class HttpEndpoint:
    """Answers the requests of /graphql."""

    service: Service
    access: Access
    origins: Origins
    bounds: Bounds
    patience: Patience
    observe: Callable[[str], None]
    """Told the code of each request that is turned away before the engine sees it."""
    stream: Stream | None = None
    stores: Stores = field(init=False)
    analyses: Analyses = field(init=False)
    watching: Watching = field(init=False)
    exports: Exports = field(init=False)
    persisted: SharedDocuments = field(init=False)

    def open(self, stores: Stores, analyses: Analyses, watching: Watching, exports: Exports) -> None:
        """Answer over these stores from now on."""
        self.stores, self.analyses, self.watching, self.exports = stores, analyses, watching, exports
        self.persisted = SharedDocuments(stores.redis)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever it is, as long as there is time and somebody waits for it."""
        exchange = Exchange(scope, receive, send)
        wait = self.patience.begin(exchange)
        try:
            await self._answer(exchange, wait)
        except Problem as problem:
            self.observe(problem.code)
            await exchange.refuse(problem)
        except GoneError:
            pass
        except asyncio.CancelledError:
            if not wait.was_ended():
                raise
        except Exception as error:
            await _masked(exchange, error)
        finally:
            if self.patience.end(wait):
                await wait.settle()

    def _answer(self, exchange: Exchange, wait: Wait) -> Coroutine[Any, Any, None]:
        self.origins.check(exchange.headers)
        exchange.shared = self.origins.shared(exchange.headers)
        if exchange.method == "POST":
            return self._post(exchange, wait)
        if exchange.method in ("GET", "HEAD"):
            return self._get(exchange, wait)
        if exchange.method == "OPTIONS":
            preflight = self.origins.preflight(exchange.headers)
            return exchange.respond_empty(HTTPStatus.NO_CONTENT, (ALLOW, *preflight))
        told = "Ask by POST, or a query by GET."
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", told, ALLOW)

    async def _post(self, exchange: Exchange, wait: Wait) -> None:
        caller = await self._caller(exchange)
        check_body(exchange.headers, self.bounds.body)
        body = await exchange.body(self.bounds.body)
        wait.has_body()
        asked = parameters.in_body(body, self.bounds.batch)
        if isinstance(asked, list):
            await self._answer_all(exchange, asked, caller)
            return
        if asked.extensions:
            await self.share(asked)
        if not (exchange.accepts.events and await self._streamed(exchange, asked, caller)):
            answer = await self.service.answer(asked, caller)
            await exchange.respond(status_of(answer, exchange.accepts.by_status), answer.body)

    async def _get(self, exchange: Exchange, wait: Wait) -> None:
        wait.has_body()
        query_string: bytes = exchange.scope["query_string"]
        if exchange.accepts.page and not brings_query(query_string):
            request = Request(exchange.scope, exchange.receive)
            await graphiql_page(request)(exchange.scope, exchange.receive, exchange.send)
            return
        self.origins.check_simple(exchange.headers)
        caller = await self._caller(exchange)
        asked = parameters.in_address(query_string)
        await self.share(asked)
        if not (exchange.accepts.events and await self._streamed(exchange, asked, caller)):
            await respond_cached(exchange, await self.service.answer(asked, caller))

    async def _caller(self, exchange: Exchange) -> Caller:
        """Who asks, in a form that we can answer."""
        header = exchange.headers.get(b"authorization")
        authorization = header.decode("latin-1") if header else None
        found = self.access.find(authorization) or await self.access.find_newly(authorization)
        if found is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", UNKNOWN, (b"www-authenticate", b"Bearer")
            )
        if exchange.accepts.media is None and not (exchange.accepts.events and self.stream):
            told = "Answers are application/graphql-response+json or application/json, in UTF-8."
            raise Problem(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", told)
        return self.caller(found)

    def caller(self, key: LiveKey) -> Caller:
        """Somebody who asks, and the stores that the questions go to."""
        return Caller(key.viewer, self.stores, self.analyses, self.watching, self._purse(key), self.exports)

    def _purse(self, key: LiveKey) -> Purse | None:
        key_id = key.viewer.key_id
        return Purse(self.stores.redis, key_id, key.budget) if key_id and key.budget else None

    async def _streamed(self, exchange: Exchange, asked: Asked, caller: Caller) -> bool:
        return self.stream is not None and await self.stream(exchange, asked, caller)

    async def share(self, asked: Asked) -> None:
        """Learn from the other servers what a hash stands for, or tell them."""
        await self.persisted.exchange(asked, self.service.trusted)

    async def _answer_all(self, exchange: Exchange, asked: list[Asked], caller: Caller) -> None:
        answers = await asyncio.gather(*(self._one_of_many(one, caller) for one in asked))
        await exchange.respond(OK, b"[" + b",".join(one.body for one in answers) + b"]")

    async def _one_of_many(self, asked: Asked, caller: Caller) -> Answer:
        try:
            await self.share(asked)
            return await self.service.answer(asked, caller)
        except Exception as error:  # the others have answers of their own
            return surprise(error)


def brings_query(query_string: bytes) -> bool:
    """Whether an address asks for an operation, and not for the page where one is written."""
    return any(name in query_string for name in (b"query=", b"documentId=", b"extensions="))


def check_body(headers: Mapping[bytes, bytes], most: int) -> None:
    """Turn away a body that cannot be read, before any of it is."""
    if not is_json(headers.get(b"content-type", b"")):
        told = "Send JSON in UTF-8, as Content-Type: application/json."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", told)
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        told = "Send the body as it is: compressed bodies are not read."
        plain = (b"accept-encoding", b"identity")
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_ENCODING", told, plain)
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or len(length) > 15 or int(length) > most):
        raise too_large(most)


async def respond_cached(exchange: Exchange, answer: Answer) -> None:
    """Answer a GET: with nothing where the client has this very answer already."""
    status = status_of(answer, exchange.accepts.by_status)
    if answer.refused is not None:
        allow = ((b"allow", b"POST"),) if status == HTTPStatus.METHOD_NOT_ALLOWED else ()
        await exchange.respond(status, answer.body, (*NOT_KEPT, *allow))
        return
    tag = entity_tag(exchange, answer.body)
    headers = ((b"etag", tag), *CACHED)
    if has_tag(exchange.headers.get(b"if-none-match", b""), tag):
        await exchange.respond_empty(HTTPStatus.NOT_MODIFIED, headers)
    else:
        await exchange.respond(status, answer.body, headers)


def entity_tag(exchange: Exchange, body: bytes) -> bytes:
    """A tag that belongs to these bytes of this media type alone."""
    digest = sha256((exchange.accepts.media or "").encode() + b"\n" + body)
    return b'"%s"' % digest.hexdigest()[:32].encode()


def has_tag(given: bytes, tag: bytes) -> bool:
    """Whether a header `If-None-Match` names this tag, or any."""
    named = [one.strip().removeprefix(b"W/") for one in given.split(b",")]
    return tag in named or named == [b"*"]


async def _masked(exchange: Exchange, error: Exception) -> None:
    """A bug of ours: the log tells about it, under the id that the client is told."""
    request_id = uuid4().hex
    SURPRISES.error("request %s", request_id, exc_info=error)
    told = f"Unexpected error; the log has more under {request_id}."
    await exchange.refuse(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", told))
