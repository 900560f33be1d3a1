"""What happens around every operation: limits, fresh loaders, masked surprises, a line in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from db.outages import StoreUnavailableError
from engine.limits import Measure
from resolvers.context import Context
from resolvers.errors import bad_input

OPERATIONS = logging.getLogger("entente.operations")
SURPRISES = logging.getLogger("entente.surprises")

DEEPEST = 20
MOST_OBJECTS = 50_000
NUL = re.compile(r"\0|\\u0000|\\u\{0+\}")


class FreshLoaders(SchemaExtension):
    """Each operation reads anew, also where many share one socket and so one context."""

    def on_operation(self) -> Iterator[None]:
        context: Context = self.execution_context.context
        self.execution_context.context = Context.fresh(context.stores, context.viewer, context.analyses)
        yield


class Limits(SchemaExtension):
    """Turns away, before any statement runs, what no database can hold and what asks for too much."""

    def on_execute(self) -> Iterator[None]:
        refused = self._refusal()
        if refused is not None:
            self.execution_context.result = ExecutionResult(data=None, errors=[refused])
        yield

    def _refusal(self) -> GraphQLError | None:
        context = self.execution_context
        if NUL.search(context.query or "") or has_bad_text(context.variables):
            return bad_input("Text must be valid Unicode without NUL characters.")
        document = context.graphql_document
        operation = get_operation_ast(document, context.operation_name) if document else None
        return self._too_large(operation) if operation else None

    def _too_large(self, operation: OperationDefinitionNode) -> GraphQLError | None:
        context = self.execution_context
        assert context.graphql_document is not None
        schema: Any = context.schema
        size = Measure(schema._schema, context.graphql_document, context.variables or {}).of(operation)
        if size.depth > DEEPEST:
            return _too_much(f"It goes {size.depth} levels deep; {DEEPEST} is the limit.")
        if size.objects > MOST_OBJECTS:
            return _too_much(
                f"It may ask for {size.objects} objects; {MOST_OBJECTS} is the limit: "
                "pass a smaller first, or nest less."
            )
        return None


def _too_much(message: str) -> GraphQLError:
    return GraphQLError(f"This operation is too large. {message}", extensions={"code": "TOO_LARGE"})


def has_bad_text(value: Any) -> bool:
    """Whether somewhere in a JSON value there is text that a database cannot hold."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and ("\0" in one or any("\ud800" <= letter <= "\udfff" for letter in one)):
            return True
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


class MaskedSurprises(SchemaExtension):
    """Shows errors that a caller can do something about; of the others, only an id that stands in the log."""

    def on_operation(self) -> Iterator[None]:
        yield
        result: Any = self.execution_context.result
        if result is not None and getattr(result, "errors", None):
            result.errors = [self._shown(error) for error in result.errors]

    def _shown(self, error: GraphQLError) -> GraphQLError:
        cause = error.original_error
        if cause is None or isinstance(cause, GraphQLError):
            return error
        if isinstance(cause, StoreUnavailableError):
            return _in_place_of(error, str(cause), {"code": "STORE_UNAVAILABLE"})
        request_id = self.execution_context.context.request_id
        SURPRISES.error("request %s at %s", request_id, error.path, exc_info=cause)
        return _in_place_of(error, "Unexpected error.", {"code": "INTERNAL", "requestId": request_id})


def _in_place_of(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)


class OperationLog(SchemaExtension):
    """Writes a line for each operation."""

    def on_operation(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        context, result = self.execution_context, self.execution_context.result
        errors = getattr(result, "errors", None) or context.pre_execution_errors or []
        OPERATIONS.info(
            "operation",
            extra={
                "operation": _named(context),
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                "statements": context.context.loaders.statements,
                "errors": sorted({str((one.extensions or {}).get("code", "GRAPHQL")) for one in errors}),
                "role": context.context.viewer.role.value,
                "request_id": context.context.request_id,
            },
        )


def _named(context: Any) -> str:
    """The kind and name of an operation, as far as it has any."""
    try:
        return f"{context.operation_type.value} {context.operation_name or '-'}"
    except RuntimeError:
        return "-"
