"""`entente explain`: how an operation is run: its plan, its statements, and where the time goes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson
from asyncpg import Record
from graphql import OperationType

from db.connection import Stores
from db.lending import Readers
from db.viewer import Viewer
from engine.asking import Asked, refusal
from engine.outline import Outline, outline
from engine.service import Service
from entente import operations
from resolvers.analyses import Analyses
from resolvers.context import Caller
from schema.build import build

WARMING = 5
"""So often is it run before times are taken, so that each connection knows its statements."""
SOURCE = re.compile(r"\(SELECT .*? FROM (?:\(SELECT .*? FROM )?(\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was run: when it began and ended, in milliseconds since the operation did."""

    source: str
    """The table or view whose rows it reads; those that come along are in its text."""
    keys: int
    rows: int
    began: float
    ended: float
    text: str


@dataclass(frozen=True, slots=True)
class Explained:
    """All there is to tell about an operation."""

    plan: Outline | None
    """None where the reference executor runs it."""
    parsed: float
    """Milliseconds for reading and validating the text, and for compiling it."""
    first: float
    """Milliseconds to the first answer, with what is only done once."""
    again: float
    """Milliseconds to an answer when everything is known."""
    statements: Sequence[Statement]
    """Reads of the global database; what functions run by themselves is not among them."""
    answer: Mapping[str, Any]
    cost: Mapping[str, int]


class Listening:
    """Connections that read, and what was run on them."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self.heard: list[Statement] = []
        self.began = 0.0

    def begin(self) -> None:
        """Forget what was heard, and count time anew."""
        self.heard, self.began = [], time.perf_counter()

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[Record]:
        """The rows of a statement."""
        began = _since(self.began)
        found = await self.readers.fetch(sql, values)
        keys = len(values[0]) if values and isinstance(values[0], list) else 1
        self.heard.append(Statement(_source(sql), keys, len(found), began, _since(self.began), sql))
        return found


async def explain(stores: Stores, asked: Asked, viewer: Viewer) -> Explained:
    """Run an operation a few times, and tell about the last; raises RefusedError where it cannot be run."""
    schema: Any = build()
    listening = Listening(stores.reads)
    stores = replace(stores, reads=cast(Readers, listening))
    service = operations.service(schema._schema, lambda _: None, stores=stores)
    async with Analyses.over(stores) as analyses:
        caller = Caller(viewer, stores, analyses)
        began = time.perf_counter()
        plan = _plan(service, asked)
        parsed = _since(began)
        first, _ = await _timed(service, asked, caller, listening)
        for _ in range(WARMING):
            await _timed(service, asked, caller, listening)
        again, body = await _timed(service, asked, caller, listening)
        heard = sorted(listening.heard, key=lambda one: one.began)
        cost = await _cost(service, asked, caller)
        return Explained(plan, parsed, first, again, heard, orjson.loads(body), cost)


async def _timed(service: Service, asked: Asked, caller: Caller, listening: Listening) -> tuple[float, bytes]:
    listening.begin()
    answer = await service.answer(asked, caller)
    if answer.refused is not None:
        raise refusal(answer.refused, orjson.loads(answer.body)["errors"][0]["message"])
    return _since(listening.began), answer.body


def _source(sql: str) -> str:
    """The table or view that a statement reads first."""
    found = SOURCE.search(sql)
    return found[1] if found else "?"


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _plan(service: Service, asked: Asked) -> Outline | None:
    document = service.documents.read(service.trusted.text(asked))
    operation = document.operation(asked.operation_name)
    if operation.operation is not OperationType.QUERY:
        kind = operation.operation.value
        told = f"This is a {kind}: explain runs an operation several times, so it takes queries only."
        raise refusal("BAD_USER_INPUT", told)
    compiled = service.compiled(document, operation)
    group = compiled.group(asked.variables or {}) if compiled else None
    return outline(group.plan) if group else None


async def _cost(service: Service, asked: Asked, caller: Caller) -> Mapping[str, int]:
    reported = await service.answer(asked._replace(extensions={"cost": "report"}), caller)
    found: Mapping[str, int] = orjson.loads(reported.body).get("extensions", {}).get("cost", {})
    return found
