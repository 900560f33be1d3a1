"""Leaves: how the values of scalars and enums are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLOutputType,
    Undefined,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
)
from graphql.pyutils import inspect

from engine.errors import NULL, Err
from engine.relations import NATIVE

Write = Callable[[Any], Any]


def writer(kind: GraphQLOutputType) -> Write:
    """Writes values as the reference executor does; what cannot be written becomes an Err."""
    if is_non_null_type(kind):
        return _required(writer(kind.of_type))
    if is_list_type(kind):
        return _listed(writer(kind.of_type))
    assert is_scalar_type(kind) or is_enum_type(kind)
    return _leaf(kind)


def _required(write: Write) -> Write:
    def written(value: Any) -> Any:
        made = write(value)
        return NULL if made is None else made

    return written


def _listed(write: Write) -> Write:
    def written(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Exception):
            return Err(value)
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            return Err(TypeError("Expected a list."))
        return [write(one) for one in value]

    return written


def _leaf(kind: GraphQLLeafType) -> Write:
    coerce = kind.coerce_output_value

    def written(value: Any) -> Any:
        if value is None or value is Undefined:
            return None
        try:
            if isinstance(value, Exception):
                raise value
            made = coerce(value)
            if made is None or made is Undefined:
                raise TypeError(f"{kind} cannot show {inspect(value)}.")
        except Exception as error:
            return Err(error)
        return made

    return written


class StoredNames(dict[Any, Any]):
    """For each stored value of an enum its name; null is null."""

    def __init__(self, kind: GraphQLEnumType) -> None:
        super().__init__({one.value: name for name, one in kind.values.items()} | {None: None})

    def __missing__(self, value: Any) -> Err:
        return Err(KeyError(value))


def is_native(kind: GraphQLOutputType) -> bool:
    """Whether values from a store are written as they come."""
    return is_scalar_type(kind) and (kind.name in ("String", "Boolean") or NATIVE in kind.extensions)


def call(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with its failures as values."""

    def called(*values: Any) -> Any:
        try:
            return function(*values)
        except Exception as error:
            return error

    return called
