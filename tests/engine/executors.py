"""Executors: the reference, the service, and one that tells every failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.pyutils import Path as GraphQLPath

import entente.operations
from db.viewer import Viewer
from engine import reference
from engine.asking import Asked, RefusedError, refused
from engine.documents import Document
from engine.runs import Run
from engine.service import Service
from resolvers.context import Caller, Context
from tests.crowds import Place
from tests.engine.checking import check_operation
from tests.engine.comparing import Answered, Failure, Path, told
from tests.engine.operations import Operation

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TimelessCaller(Caller):
    """A caller for whom it is always the same moment."""

    def context(self, request_id: str) -> Context:
        """A context that has read nothing yet."""
        return replace(Caller.context(self, request_id), now=NOW)


class Telling(Executor[Any]):
    """An executor that tells every failure at its own place, nulls nothing else, and notes all types."""

    types: dict[Path, GraphQLOutputType]

    def build_resolve_info(
        self,
        field_def: GraphQLField,
        field_nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        path: GraphQLPath,
    ) -> GraphQLResolveInfo[Any]:
        """Called once for each field, before anything can fail."""
        self.types[tuple(path.as_list())] = field_def.type
        return super().build_resolve_info(field_def, field_nodes, parent_type, path)


@dataclass(frozen=True)
class Executors:
    """Both ways to run an operation, and the failures that there are."""

    schema: GraphQLSchema
    place: Place
    service: Service

    @classmethod
    def over(cls, schema: GraphQLSchema, place: Place) -> Executors:
        """The executors as the program has them, asked by callers for whom time stands still."""
        service = entente.operations.service(schema, lambda _: None, stores=place.stores)
        return cls(schema, place, service)

    def forget(self, operation: Operation) -> None:
        """Forget the plans of an operation: what fails decides how they read."""
        with suppress(RefusedError):
            self.service.documents.read(operation.text).plans.clear()

    async def answer(self, operation: Operation, viewer: Viewer, event: Any = None) -> Answered:
        """What the service answers, of a subscription to an event."""
        asked = Asked(operation.text, operation.name, operation.variables)
        if event is None:
            written = (await self.service.answer(asked, self.caller(viewer))).body
        else:
            written = await self._told(Run(self.service, asked, self.caller(viewer)), event)
        body: Mapping[str, Any] = orjson.loads(written)
        assert orjson.dumps(body) == written, "what is written is not as orjson writes it"
        return body

    async def _told(self, run: Run, event: Any) -> bytes:
        try:
            run.read()
            return (await run.answer(event)).body
        except RefusedError as error:
            return run.refused(error).body

    async def expected(self, operation: Operation, viewer: Viewer, event: Any = None) -> Answered:
        """What the reference executor answers to the same, within the same limits."""
        try:
            document = self._document(operation, viewer)
        except RefusedError as error:
            body: Mapping[str, Any] = orjson.loads(refused(error).body)
            return body
        context = self.caller(viewer).context("")
        try:
            executor = reference.prepared(
                self.schema, document.ast, operation.name, operation.variables, context, event
            )
            result = await reference.execute(executor)
        except RefusedError as error:
            refusal: Mapping[str, Any] = orjson.loads(refused(error).body)
            return refusal
        return {"data": orjson.loads(orjson.dumps(result.data)), "errors": _shown(result.errors or ())}

    async def failures(self, operation: Operation, viewer: Viewer, event: Any = None) -> list[Failure] | None:
        """Everything that fails; None where the operation is refused before it begins."""
        try:
            document = self._document(operation, viewer)
        except RefusedError:
            return None
        context, variables = self.caller(viewer).context(""), dict(operation.variables)
        executor: Any = Telling.build(self.schema, document.ast, event, context, variables, operation.name)
        if isinstance(executor, list):
            return None
        executor.types, executor.error_propagation = {}, False
        result: Any = executor.execute_operation()
        result = await result if isawaitable(result) else result
        errors = told({"errors": _shown(result.errors or ())})
        return [Failure(one, nulled(one.path, executor.types)) for one in errors]

    def caller(self, viewer: Viewer) -> Caller:
        """Who asks."""
        return TimelessCaller(viewer, self.place.stores, self.place.analyses)

    def _document(self, operation: Operation, viewer: Viewer) -> Document:
        document = self.service.documents.read(operation.text)
        found = document.operation(operation.name)
        self.service.refuse_forbidden(document, found, viewer.role)
        excess = check_operation(
            self.schema, found, document.fragments, operation.variables, self.service.limits
        ) or self.service.check(operation.variables)
        if excess is not None:
            raise RefusedError(excess)
        return document


def _shown(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [dict(entente.operations.shown(one, "").formatted) for one in errors]


def nulled(path: Path, types: Mapping[Path, GraphQLOutputType]) -> Path:
    """The nearest position that may be null, from a position upwards; the root always may."""
    while path and isinstance(_type_at(path, types), GraphQLNonNull):
        path = path[:-1]
    return path


def _type_at(path: Path, types: Mapping[Path, GraphQLOutputType]) -> GraphQLOutputType:
    if not isinstance(path[-1], int):
        return types[path]
    above: Any = _type_at(path[:-1], types)
    items: GraphQLOutputType = (above.of_type if isinstance(above, GraphQLNonNull) else above).of_type
    return items
