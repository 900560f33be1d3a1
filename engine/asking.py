"""What is asked of the engine, whatever transport brought it, and what it answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson
from graphql import GraphQLError

ErrorDict = dict[str, Any]


class Purse(Protocol):
    """What a caller pays with for what their operations cost."""

    async def take(self, cost: int) -> None:
        """Pay in advance; raises RefusedError where there is not so much left."""
        ...

    async def give_back(self, cost: int) -> None:
        """Get back what was not needed."""
        ...

    @property
    def told(self) -> Any:
        """What is told of it beside the cost."""
        ...


class Caller(Protocol):
    """Who asks: callers with equal viewers see the same rows."""

    @property
    def viewer(self) -> Hashable:
        """Whose eyes the rows are read with."""
        ...

    @property
    def standing(self) -> Hashable:
        """What it depends on which fields they may ask for."""
        ...

    @property
    def purse(self) -> Purse | None:
        """What they pay with; None: they need not pay."""
        ...

    def context(self, request_id: str) -> Any:
        """What resolvers are handed, made anew for each operation and each event."""
        ...


class Asked(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str | None = None
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None
    document_id: str | None = None
    """The name of a trusted document, in place of a query."""
    only_query: bool = False
    """Whether it came by a method that must change nothing."""


class Answer(NamedTuple):
    """A GraphQL response."""

    body: bytes
    """The response as JSON in UTF-8."""
    refused: str | None = None
    """Why nothing was executed, as the code of the first error; None where the operation was executed."""


class RefusedError(Exception):
    """The request is refused before anything is executed."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors: Sequence[GraphQLError] = errors

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str((self.errors[0].extensions or {}).get("code", "GRAPHQL"))


def refusal(code: str, message: str, **extensions: Any) -> RefusedError:
    """A refusal with one error of this code."""
    return RefusedError(GraphQLError(message, extensions={"code": code, **extensions}))


def refused(error: RefusedError) -> Answer:
    """The response to a request that is refused."""
    body = orjson.dumps({"errors": [one.formatted for one in error.errors]})
    return Answer(body, error.code)
