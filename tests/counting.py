"""Counting: a service over a small schema of its own, to see what a transport does with answers of every
kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, build_schema

from engine.documents import Documents
from engine.limits import Limits
from engine.runs import Ran
from engine.service import Service

SDL = """
type Query { hello: String  slowly: String  fails: String }
type Subscription { count(to: Int!, size: Int = 0): Int!  never: Int!  breaks: Int!  refuses: Int! }
"""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A caller whose contexts are the ids of the requests."""

    viewer: str = "somebody"
    standing: str = "anybody"
    purse: None = None

    def context(self, request_id: str) -> str:
        """No more than the id."""
        return request_id


@dataclass(eq=False)
class Counting:
    """What the fields of the schema have seen."""

    counted: int = 0
    slow: int = 0
    """How many slow questions are being answered."""
    watched: int = 0
    """How many subscriptions are open."""
    ran: list[Ran] = field(default_factory=list)

    def service(self) -> Service:
        """Answers questions to the schema."""
        schema = build_schema(SDL)
        assert schema.query_type is not None
        assert schema.subscription_type is not None
        asked, watched = schema.query_type.fields, schema.subscription_type.fields
        asked["hello"].resolve = lambda *_: "world"
        asked["slowly"].resolve = lambda *_: self._slowly()
        asked["fails"].resolve = _fails
        for name in watched:
            watched[name].subscribe = getattr(self, f"_{name}")
            watched[name].resolve = lambda event, *_, **__: event
        documents = Documents(schema, lambda *_: None, 1000)
        return Service(schema, documents, Limits(), lambda _: None, lambda error, _: error, self.ran.append)

    async def _slowly(self) -> str:
        self.slow += 1
        try:
            await asyncio.sleep(60)
        finally:
            self.slow -= 1
        return "late"

    async def _count(self, *_: Any, to: int, size: int) -> AsyncIterator[int]:
        self.watched += 1
        try:
            for number in range(to):
                self.counted += 1
                yield number
        finally:
            self.watched -= 1

    async def _never(self, *_: Any) -> AsyncIterator[int]:
        self.watched += 1
        try:
            await asyncio.sleep(3600)
            yield 0
        finally:
            self.watched -= 1

    async def _breaks(self, *_: Any) -> AsyncIterator[int]:
        yield 1
        raise ValueError("SELECT secret FROM npcs")

    async def _refuses(self, *_: Any) -> AsyncIterator[int]:
        raise GraphQLError("Not you.", extensions={"code": "FORBIDDEN"})


def _fails(*_: Any) -> None:
    raise GraphQLError("It fails.")
