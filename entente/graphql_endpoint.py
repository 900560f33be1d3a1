"""The GraphQL endpoint: who asks, what they sent, and the page for browsers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
import starlette.exceptions
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.types.execution import PreExecutionError

from db.connection import Stores
from db.viewer import Role, Viewer
from engine.asking import Asked
from entente.access import UNKNOWN, Access
from entente.pages import graphiql_page
from entente.transport.events import EventStreams, wants_events, wants_only_events
from entente.transport.sockets import Headers, Refuse
from resolvers.analyses import Analyses
from resolvers.context import Caller, Context
from resolvers.watching import Watching

STRANGER = Viewer(Role.VIEWER)


class GraphQLEndpoint(GraphQL[Context, None]):
    """GraphQL over HTTP and WebSocket, and GraphiQL for a browser that comes without a query."""

    stores: Stores
    analyses: Analyses
    watching: Watching

    def __init__(
        self, schema: BaseSchema, access: Access, allowed_origins: tuple[str, ...], streams: EventStreams
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,  # Strawberry's own page loads scripts from elsewhere
            allowed_origins=allowed_origins,
        )
        self.access, self.streams = access, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        if not await self._streamed(request, send):
            response = await self._answer(request)
            await response(scope, receive, send)

    async def _streamed(self, request: Request, send: Send) -> bool:
        """Answer with events, where the client wants them."""
        accept = request.headers.get("accept", "")
        viewer = self.access.viewer(request.headers.get("authorization"))
        asked = await _asked(request) if viewer is not None and wants_events(accept) else None
        if asked is None or not (wants_only_events(accept) or self.streams.service.is_subscription(asked)):
            return False
        assert viewer is not None
        await self.streams.serve(asked, self.caller(viewer), request.scope, request.receive, send)
        return True

    def caller(self, viewer: Viewer) -> Caller:
        """Who asks, and of which stores."""
        return Caller(viewer, self.stores, self.analyses, self.watching)

    def caller_of_socket(self, authorization: str | None, payload: Mapping[str, Any]) -> Caller | None:
        """Who asks over a socket."""
        viewer = self.access.viewer_of_socket(authorization, payload)
        return None if viewer is None else self.caller(viewer)

    async def _answer(self, request: Request) -> Response:
        if wants_page(request):
            return graphiql_page(request)
        if self.access.viewer(request.headers.get("authorization")) is None:
            return problem(401, UNKNOWN, {"WWW-Authenticate": "Bearer"})
        try:
            return await self.run(request)
        except HTTPException as error:
            return problem(error.status_code, error.reason)
        except ClientDisconnect:
            return problem(400, "The request broke off.")  # nobody hears it, and it is no bug
        except starlette.exceptions.HTTPException as error:  # the body is larger than the application takes
            return problem(error.status_code, error.detail)

    async def get_context(self, request: HTTPConnection, response: Any) -> Context:
        """The context of this request."""
        authorization = request.headers.get("authorization")
        return Context.fresh(self.stores, self.access.viewer(authorization) or STRANGER, self.analyses)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Never: our page was given out before."""
        return False

    def parse_json(self, data: str | bytes) -> Any:
        """The object that a body, or a parameter of the address, holds."""
        value = super().parse_json(data)
        if not isinstance(value, dict | list):
            raise HTTPException(400, "Send a JSON object with query, variables and operationName.")
        return value

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """What a request asks."""
        asked = await super().parse_http_body(request)
        if isinstance(asked, GraphQLRequestData) and not isinstance(asked.operation_name, str | None):
            raise HTTPException(400, "operationName must be a string or null.")
        return asked

    def decode_json(self, data: str | bytes) -> object:
        """JSON, with bounded depth and no giant numbers."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """JSON as text, since a socket sends text frames."""
        try:
            return orjson.dumps(data).decode()
        except TypeError:  # more than 254 levels, as what an NPC remembers may bring along
            return json.dumps(data)

    async def process_result(self, request: Any, result: Any) -> GraphQLHTTPResponse:
        """The answer as the specification wants it: no empty extensions, no data where nothing was run."""
        answer = await super().process_result(request, result)
        if not answer.get("extensions"):
            answer.pop("extensions", None)
        if isinstance(result, PreExecutionError):
            answer.pop("data", None)
        return answer


async def _asked(request: Request) -> Asked | None:
    """What a request asks, if it can be told."""
    given: Any = dict(request.query_params)
    with suppress(ValueError, ClientDisconnect):
        if request.method == "POST":
            given = orjson.loads(await request.body())
        elif "variables" in given:
            given["variables"] = orjson.loads(given["variables"])
        if isinstance(given, dict) and isinstance(given.get("query"), str):
            return Asked(
                given["query"],
                given.get("operationName"),
                given.get("variables"),
                only_query=request.method != "POST",
            )
    return None


def refusing(allowed: tuple[str, ...]) -> Refuse:
    """Refuses sockets that pages from elsewhere open."""

    def refuse(headers: Headers) -> int | None:
        origin = headers.get(b"origin", b"").decode("latin-1")
        ours = origin.partition("://")[2] == headers.get(b"host", b"").decode("latin-1")
        return None if not origin or ours or origin in allowed or "*" in allowed else 403

    return refuse


def wants_page(request: Request) -> bool:
    """Whether a browser came for the page: it asks for HTML by name, and brings no query."""
    asks_html = "text/html" in request.headers.get("accept", "")
    return request.method in ("GET", "HEAD") and asks_html and "query" not in request.query_params


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """A GraphQL error for a request that is none."""
    return JSONResponse({"errors": [{"message": message}]}, status, headers)
