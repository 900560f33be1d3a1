"""The reference executor: graphql-core's own, for what is not compiled, and to compare with."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from inspect import isawaitable
from typing import Any, Protocol

import graphql
from graphql import DocumentNode, ExecutionResult, Executor, GraphQLSchema

from engine.asking import RefusedError


class Events(AsyncIterable[Any], Protocol):
    """The events of a subscription, until it is closed."""

    async def aclose(self) -> None:
        """Let go of what the events come from."""
        ...


def prepared(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: Mapping[str, Any] | None,
    context: Any,
    root: Any = None,
    *,
    hide_suggestions: bool = False,
) -> Executor[Any]:
    """An operation that is ready to be run, of a subscription to one event; raises RefusedError where it
    cannot begin, as with variables of wrong types."""
    executor = Executor.build(
        schema, document, root, context, dict(variables or {}), name, hide_suggestions=hide_suggestions
    )
    if isinstance(executor, list):
        raise RefusedError(*executor)
    return executor


async def execute(executor: Executor[Any]) -> ExecutionResult:
    """The result of an operation."""
    result: Any = graphql.execute_root_selection_set(executor)
    return await result if isawaitable(result) else result  # type: ignore[no-any-return]


async def events(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: Mapping[str, Any] | None,
    context: Any,
    *,
    hide_suggestions: bool = False,
) -> Events:
    """The events of a subscription; raises RefusedError where it cannot begin."""
    executor = Executor.build(
        schema, document, None, context, dict(variables or {}), name, hide_suggestions=hide_suggestions
    )
    if isinstance(executor, list):
        raise RefusedError(*executor)
    source: Any = graphql.create_source_event_stream(executor)
    source = await source if isawaitable(source) else source
    if isinstance(source, ExecutionResult):
        raise RefusedError(*(source.errors or ()))
    return source  # type: ignore[no-any-return]
