"""The application: routes, and the stores and analyses that live as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route, WebSocketRoute

from db.connection import open_stores
from entente import pages
from entente.access import Access
from entente.graphql_endpoint import GraphQLEndpoint, refusing
from entente.health import healthz, readyz
from entente.operations import service
from entente.settings import LOOPBACK, Settings
from entente.stores import StoreUrls
from entente.transport.events import EventStreams
from entente.transport.sockets import SocketEndpoint
from resolvers.analyses import Analyses
from resolvers.watching import Watching
from schema.build import build

LARGEST_BODY = 1_000_000


def create_app(settings: Settings, urls: StoreUrls) -> Starlette:
    """The server over these stores."""
    access = Access(settings.admin_key)
    schema = build()
    answering = service(schema._schema)
    streams = EventStreams(answering)
    endpoint = GraphQLEndpoint(schema, access, settings.allowed_origins, streams)
    sockets = SocketEndpoint(answering, endpoint.caller_of_socket, refusing(settings.allowed_origins))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with (
            open_stores(urls.main, urls.worlds, urls.redis) as stores,
            Analyses.over(stores) as analyses,
            Watching.over(stores) as watching,
        ):
            endpoint.stores, endpoint.analyses, endpoint.watching = stores, analyses, watching
            yield

    routes = [
        Route("/graphql", endpoint, name="graphql"),
        WebSocketRoute("/graphql", sockets),
        Route("/healthz", healthz),
        Route("/readyz", readyz(lambda: endpoint.stores)),
        *pages.routes,
    ]
    app = Starlette(routes=routes, middleware=_middleware(settings, access), lifespan=lifespan)
    app.state.end_streams = streams.end_all
    return app


def _middleware(settings: Settings, access: Access) -> list[Middleware]:
    shared = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
    # An open server trusts whoever reaches it, so a page from elsewhere must not reach it under a name of
    # its own.
    at_home = Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
    bounded = Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY)
    return [at_home, shared, bounded] if access.is_open else [shared, bounded]
