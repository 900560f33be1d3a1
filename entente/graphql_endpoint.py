"""GraphQL over a WebSocket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import HTTPConnection
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UnsetType

from db.connection import Stores
from db.viewer import Role, Viewer
from entente.access import Access
from resolvers.analyses import Analyses
from resolvers.context import Context
from resolvers.loaders import Loaders

STRANGER = Viewer(Role.VIEWER)


@dataclass
class SocketContext(Context):
    """The context of a socket: a stranger's, until connection_init has said who it is."""

    authorization: str | None = None
    connection_params: dict[str, Any] = field(default_factory=dict)


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol of a socket, with messages that may hold anything."""

    async def handle_message(self, message: Message) -> None:
        """Answer a message, or close the socket on one that is none."""
        if is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("This is no message of graphql-transport-ws.")


def is_message(message: object) -> bool:
    """Whether what came has the form that the protocol gives to messages."""
    match message:
        case {"type": "subscribe", "id": str(), "payload": {"query": str(), **rest}}:
            return isinstance(rest.get("variables"), dict | None) and isinstance(
                rest.get("operationName"), str | None
            )
        case {"type": "complete", "id": str()}:
            return True
        case {"type": str(kind)}:
            return kind not in ("subscribe", "complete")
    return False


class GraphQLEndpoint(GraphQL[Context, None]):
    """GraphQL over a WebSocket, by Strawberry's handler."""

    graphql_transport_ws_handler_class = SocketHandler
    stores: Stores
    analyses: Analyses

    def __init__(self, schema: BaseSchema, access: Access, allowed_origins: tuple[str, ...]) -> None:
        super().__init__(
            schema,
            graphql_ide=None,  # Strawberry's own page loads scripts from elsewhere
            allowed_origins=allowed_origins,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self.access = access

    async def get_context(self, request: HTTPConnection, response: Any) -> Context:
        """The context of a socket, which says who it is when it connects."""
        authorization = request.headers.get("authorization")
        loaders = Loaders(self.stores, STRANGER)
        return SocketContext(self.stores, STRANGER, self.analyses, loaders, authorization=authorization)

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let a socket in that says who it is."""
        assert isinstance(context, SocketContext)
        viewer = self.access.viewer_of_socket(context.authorization, context.connection_params)
        if viewer is None:
            raise ConnectionRejectionError
        context.viewer = viewer
        return await super().on_ws_connect(context)

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
