"""Permissions: fields that not everybody may ask for, refused before anything runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

ONLY = "only"
"""In the extensions of a field: the standings of those callers who may ask for it. Without it, all may."""
MOST_TOLD = 10

Fragments = Mapping[str, FragmentDefinitionNode]


def forbidden(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments, standing: Hashable
) -> tuple[GraphQLError, ...]:
    """An error for each field of the operation that is not for this standing; each fragment is looked at
    once."""
    errors: dict[str, GraphQLError] = {}
    for coordinate, made, node in _fields(schema, operation, fragments):
        only = made.extensions.get(ONLY)
        if only is not None and standing not in only and len(errors) < MOST_TOLD:
            errors.setdefault(coordinate, _error(coordinate, only, node))
    return tuple(errors.values())


def _error(coordinate: str, only: frozenset[Any], node: FieldNode) -> GraphQLError:
    who = ", ".join(sorted(str(getattr(one, "value", one)) for one in only))
    told = f"{coordinate} may be asked with a key of these roles alone: {who}."
    return GraphQLError(told, node, extensions={"code": "FORBIDDEN", "coordinate": coordinate})


def _fields(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Iterator[tuple[str, Any, FieldNode]]:
    """Every field that is written in the operation, with its coordinate."""
    waiting: list[tuple[Any, SelectionSetNode]] = [
        (schema.get_root_type(operation.operation), operation.selection_set)
    ]
    seen: set[str] = set()
    while waiting:
        kind, selections = waiting.pop()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                made = schema.get_field(kind, node.name.value)
                if made is None:
                    continue
                yield f"{kind.name}.{node.name.value}", made, node
                if node.selection_set:
                    waiting.append((get_named_type(made.type), node.selection_set))
                continue
            part: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                part = fragments[node.name.value]
            of = schema.get_type(part.type_condition.name.value) if part.type_condition else kind
            waiting.append((of, part.selection_set))
