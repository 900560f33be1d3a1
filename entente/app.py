"""The application: routes, and the stores and analyses that live as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from db.connection import Stores, open_stores
from engine.runs import Ran
from engine.service import Service
from engine.trusted import TrustedDocuments
from entente import exports, metrics, operations, pages
from entente.access import Access
from entente.health import healthz, readyz
from entente.journal import Journal
from entente.keyring import Keyring
from entente.metrics import Metrics
from entente.settings import LOOPBACK, Settings
from entente.stores import StoreUrls
from entente.transport import sockets
from entente.transport.events import EventStreams
from entente.transport.http import Bounds, HttpEndpoint
from entente.transport.origins import Origins
from entente.transport.patience import Patience
from entente.transport.sockets import SocketEndpoint
from entente.trusted_documents import documents_in
from entente.upkeep import upkeep
from resolvers.analyses import Analyses
from resolvers.context import Caller
from resolvers.exports import Exports
from resolvers.source import Rows
from resolvers.watching import Watching
from schema.build import build

GRAPHQL = "/graphql"


def create_app(settings: Settings, urls: StoreUrls, *, has_keys: bool = False) -> Application:
    """The server over these stores; whether there are keys in them decides, too, whether it is open."""
    return Application(settings, urls, has_keys)


class Application(Starlette):
    """The server; questions go straight to their endpoint, everything else through Starlette's routes."""

    def __init__(self, settings: Settings, urls: StoreUrls, has_keys: bool = False) -> None:
        self.settings, self.urls = settings, urls
        self.access = Access(settings.admin_key, Keyring(self._shut_out, was_used=has_keys))
        self.journal, self.metrics = Journal(settings.log_format), Metrics()
        schema: Any = build()
        self.service = self._service(schema._schema)
        self.streams = EventStreams(self.service, settings.request_timeout)
        self.http = self._http()
        self.sockets = self._sockets()
        super().__init__(routes=self._routes(), middleware=self._middleware(), lifespan=_lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self.http(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def open(self, stores: Stores, analyses: Analyses, watching: Watching, exports: Exports) -> None:
        """Answer over these stores from now on."""
        self.service.source = Rows(stores)
        self.service.prepare()
        self.http.open(stores, analyses, watching, exports)
        self.metrics.gauges.append(lambda: self._gauges(stores))
        self.metrics.totals.append(lambda: {"pool_waits": stores.reads.waits, **analyses.counts})

    def _observe(self, ran: Ran) -> None:
        self.journal.note(ran)
        self.metrics.ran(ran)

    def _service(self, schema: Any) -> Service:
        path = self.settings.trusted_documents
        trusted = TrustedDocuments(documents_in(path) if path else {}, self.settings.trusted_documents_only)
        hide = not self.access.is_open
        made = operations.service(
            schema, self._observe, trusted, limits=self.settings.limits, hide_suggestions=hide
        )
        self.metrics.engine = made.counters
        return made

    def _http(self) -> HttpEndpoint:
        settings, turned_away = self.settings, self.metrics.refused
        return HttpEndpoint(
            self.service,
            self.access,
            Origins(settings.allowed_origins, only_at_home=self.access.is_open),
            Bounds(settings.body_limit, settings.batch_limit),
            Patience(settings.body_timeout, settings.request_timeout, turned_away),
            turned_away,
            self.streams.answer,
        )

    def _sockets(self) -> SocketEndpoint:
        bounds = sockets.Bounds(deadline=self.settings.request_timeout)
        return SocketEndpoint(
            self.service, self._caller_of_socket, self.http.origins, bounds, self.http.share
        )

    async def _caller_of_socket(self, authorization: str | None, payload: Mapping[str, Any]) -> Caller | None:
        found = await self.access.of_socket(authorization, payload)
        return None if found is None else self.http.caller(found)

    def _shut_out(self, key_ids: Collection[int]) -> None:
        """End what keys have opened that let nobody in any more."""
        self.streams.end_of(key_ids)
        self.sockets.end_of(key_ids)

    def _gauges(self, stores: Stores) -> dict[str, float]:
        return {
            "requests_under_way": self.http.patience.under_way,
            "documents_known": len(self.service.documents),
            "pool_connections": stores.main.get_size(),
            "pool_connections_idle": stores.main.get_idle_size(),
            "read_connections_idle": stores.reads.idle,
        }

    def _routes(self) -> list[BaseRoute]:
        return [
            Route(GRAPHQL, self.http, name="graphql"),  # behind a path prefix
            WebSocketRoute(GRAPHQL, self.sockets),
            Route("/healthz", healthz),
            Route("/readyz", readyz(lambda: self.http.stores)),
            Route("/metrics", metrics.page(self.metrics, self.access)),
            Route("/exports/{name}", exports.files(lambda: self.http.exports, self.access)),
            *pages.routes,
        ]

    def _middleware(self) -> list[Middleware]:
        """Around everything but questions, whose endpoint does the same for itself."""
        shared = Middleware(
            CORSMiddleware,
            allow_origins=self.settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
        # An open server trusts whoever reaches it, so a page from elsewhere must not reach it under a name
        # of its own.
        at_home = Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
        bounded = Middleware(RequestBodyLimitMiddleware, max_body_size=self.settings.body_limit)
        return [at_home, shared, bounded] if self.access.is_open else [shared, bounded]


@asynccontextmanager
async def _lifespan(app: Application) -> AsyncIterator[None]:
    urls = app.urls
    async with (
        open_stores(urls.main, urls.worlds, urls.redis, urls.attached, urls.metrics) as stores,
        Analyses.over(stores) as analyses,
        Watching.over(stores) as watching,
        Exports.over(stores) as kept,
        app.access.keyring.over(stores.main),
    ):
        app.open(stores, analyses, watching, kept)
        async with upkeep(stores, app.settings.maintain_every):
            yield
        await app.http.persisted.settle()
    app.journal.close()
