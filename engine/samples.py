"""Samples: values that variables could have, to compile an operation before anybody has asked it."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)

LIKELY: tuple[Any, ...] = (0, "", "0", False, 0.5, "2000-01-01T00:00:00Z", {}, [])
"""One of these suits nearly every scalar."""


def samples(schema: GraphQLSchema, operation: OperationDefinitionNode) -> dict[str, Any]:
    """A value for each variable of an operation that must have one; null where none is known."""
    needed = [
        one
        for one in operation.variable_definitions or ()
        if isinstance(one.type, NonNullTypeNode) and one.default_value is None
    ]
    return {one.variable.name.value: _sample(type_from_ast(schema, one.type)) for one in needed}


def _sample(kind: GraphQLInputType | Any) -> Any:
    if is_non_null_type(kind):
        return _sample(kind.of_type)
    if is_list_type(kind):
        return []
    if is_enum_type(kind):
        return next(iter(kind.values))
    if is_input_object_type(kind):
        return _of_object(kind)
    return next((value for value in LIKELY if _suits(kind, value)), None)


def _of_object(kind: Any) -> dict[str, Any]:
    if kind.is_one_of:
        name, field = next(iter(kind.fields.items()))
        return {name: _sample(field.type)}
    return {name: _sample(one.type) for name, one in kind.fields.items() if is_required_input_field(one)}


def _suits(kind: Any, value: Any) -> bool:
    try:
        kind.coerce_input_value(value)
    except Exception:
        return False
    return True
