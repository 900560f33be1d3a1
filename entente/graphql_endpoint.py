"""The GraphQL endpoint: who asks, what they sent, and the page for browsers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from db.connection import Stores
from db.viewer import Role, Viewer
from entente.access import UNKNOWN, Access
from entente.pages import graphiql_page
from resolvers.analyses import Analyses
from resolvers.context import Context
from resolvers.loaders import Loaders

STRANGER = Viewer(Role.VIEWER)


@dataclass
class SocketContext(Context):
    """The context of a socket: a stranger's, until connection_init has said who it is."""

    authorization: str | None = None
    connection_params: dict[str, Any] = field(default_factory=dict)


class GraphQLEndpoint(GraphQL[Context, None]):
    """GraphQL over HTTP and WebSocket, and GraphiQL for a browser that comes without a query."""

    stores: Stores
    analyses: Analyses

    def __init__(self, schema: BaseSchema, access: Access, allowed_origins: tuple[str, ...]) -> None:
        super().__init__(
            schema, allowed_origins=allowed_origins, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,)
        )
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a socket."""
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if wants_page(request):
            return graphiql_page(request)
        if self.access.viewer(request.headers.get("authorization")) is None:
            return problem(401, UNKNOWN, {"WWW-Authenticate": "Bearer"})
        try:
            return await self.run(request)
        except HTTPException as error:
            return problem(error.status_code, error.reason)

    async def get_context(self, request: HTTPConnection, response: Any) -> Context:
        """The context of this request; a socket says who it is when it connects."""
        authorization = request.headers.get("authorization")
        if request.scope["type"] == "websocket":
            loaders = Loaders(self.stores, STRANGER)
            return SocketContext(self.stores, STRANGER, self.analyses, loaders, authorization=authorization)
        return Context.fresh(self.stores, self.access.viewer(authorization) or STRANGER, self.analyses)

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let a socket in that says who it is."""
        assert isinstance(context, SocketContext)
        viewer = self.access.viewer_of_socket(context.authorization, context.connection_params)
        if viewer is None:
            raise ConnectionRejectionError
        context.viewer = viewer
        return await super().on_ws_connect(context)

    def parse_json(self, data: str | bytes) -> Any:
        """The object that a body, or a parameter of the address, holds."""
        value = super().parse_json(data)
        if not isinstance(value, dict | list):
            raise HTTPException(400, "Send a JSON object with query, variables and operationName.")
        return value

    def decode_json(self, data: str | bytes) -> object:
        """JSON, with bounded depth and no giant numbers."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """JSON as text, since a socket sends text frames."""
        return orjson.dumps(data).decode()

    async def process_result(self, request: Any, result: Any) -> GraphQLHTTPResponse:
        """The answer as the specification wants it: no empty list of errors, no empty extensions."""
        answer = await super().process_result(request, result)
        if not answer.get("extensions"):
            answer.pop("extensions", None)
        return answer


def wants_page(request: Request) -> bool:
    """Whether a browser came for the page: it asks for HTML by name, and brings no query."""
    asks_html = "text/html" in request.headers.get("accept", "")
    return request.method in ("GET", "HEAD") and asks_html and "query" not in request.query_params


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """A GraphQL error for a request that is none."""
    return JSONResponse({"errors": [{"message": message}]}, status, headers)
