"""What happens around every operation: it is read, its size is limited, its surprises are masked, and a line
goes to the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
)
from strawberry.extensions import SchemaExtension

import engine.limits
from db.outages import StoreUnavailableError
from engine.limits import check_document, check_operation
from engine.spreads import fragments_of
from engine.validation import validate
from resolvers.context import Context
from resolvers.errors import bad_input

OPERATIONS = logging.getLogger("entente.operations")
SURPRISES = logging.getLogger("entente.surprises")

LIMITS = engine.limits.Limits()
TEXTS_REMEMBERED = 500
LONGEST_REMEMBERED = 5_000  # characters: 500 of the longest documents would fill the memory
NUL = re.compile(r"\0|\\u0000|\\u\{0+\}")
LONG_NUMBER = re.compile(r"\d{1000}")  # Python turns no more than 4,300 digits into a number


class FreshLoaders(SchemaExtension):
    """Each operation reads anew, also where many share one socket and so one context."""

    def on_operation(self) -> Iterator[None]:
        context: Context = self.execution_context.context
        self.execution_context.context = Context.fresh(context.stores, context.viewer, context.analyses)
        yield


class Reading(SchemaExtension):
    """Parses and validates an operation; a text of usual length only when it comes for the first time."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = LIMITS.tokens
        if context.query and len(context.query) <= LONGEST_REMEMBERED:
            with suppress(GraphQLError):  # told by Strawberry, which then parses it itself
                context.graphql_document = _parsed(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        schema: Any = context.schema
        assert context.graphql_document is not None
        refused = self._refusal(context.graphql_document)
        context.pre_execution_errors = (
            [refused] if refused else _problems(schema._schema, context.graphql_document, context.query or "")
        )
        yield

    def _refusal(self, document: DocumentNode) -> GraphQLError | None:
        context = self.execution_context
        if NUL.search(context.query or "") or has_bad_text(context.variables):
            return bad_input("Text must be valid Unicode without NUL characters.")
        if LONG_NUMBER.search(context.query or ""):
            return bad_input("A number has too many digits: 64 bits are the most that any field takes.")
        if context._provided_operation_name is None and get_operation_ast(document) is None:
            return GraphQLError("This document has several operations: say which one with operationName.")
        return None


@lru_cache(TEXTS_REMEMBERED)
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=LIMITS.tokens)


def _problems(schema: GraphQLSchema, document: DocumentNode, text: str) -> list[GraphQLError]:
    known = len(text) <= LONGEST_REMEMBERED
    return list(_validated(schema, text) if known else _checked(schema, document))


@lru_cache(TEXTS_REMEMBERED)
def _validated(schema: GraphQLSchema, text: str) -> tuple[GraphQLError, ...]:
    return tuple(_checked(schema, _parsed(text)))


def _checked(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    refused = check_document(document, LIMITS)
    return [refused] if refused else validate(schema, document)


class Limits(SchemaExtension):
    """Turns away, before any statement runs, what asks for too much."""

    def on_execute(self) -> Iterator[None]:
        refused = self._refusal()
        if refused is not None:
            self.execution_context.result = ExecutionResult(data=None, errors=[refused])
        yield

    def _refusal(self) -> GraphQLError | None:
        context = self.execution_context
        document = context.graphql_document
        operation = get_operation_ast(document, context.operation_name) if document else None
        return self._too_large(operation) if operation else None

    def _too_large(self, operation: OperationDefinitionNode) -> GraphQLError | None:
        context = self.execution_context
        assert context.graphql_document is not None
        schema: Any = context.schema
        fragments = fragments_of(context.graphql_document)
        return check_operation(schema._schema, operation, fragments, context.variables or {}, LIMITS)


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
        self._mask(self.execution_context.result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """A socket is sent its answer while the operation still goes on."""
        self._mask(result)
        yield

    def _mask(self, result: Any) -> None:
        if result is not None and result.errors:
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
