"""Settles a response in which something failed: errors get their paths, and nulls move up to where they may
stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLOutputType,
    is_list_type,
    is_non_null_type,
    located_error,
)

from engine.errors import Err

PathOf = tuple[str | int, ...]


@dataclass(slots=True, eq=False)
class Slot:
    """A field of the response: its type, where it was asked for, and the fields below it."""

    kind: GraphQLOutputType
    coordinate: str
    nodes: list[FieldNode]
    below: Shape | None = None


Shape = dict[str, Slot]
"""The fields of an object in the response, whichever of its possible types it has."""


def merged(one: Shape | None, other: Shape | None) -> Shape | None:
    """The fields of both, for objects that may have either type."""
    if one is None or other is None:
        return one or other
    both = dict(one)
    for key, slot in other.items():
        known = both.get(key)
        below = merged(known.below, slot.below) if known else slot.below
        both[key] = Slot(slot.kind, slot.coordinate, slot.nodes, below)
    return both


class _NulledError(Exception):
    """A value that must not be null is null: its parent is null instead."""


def settle(data: Any, shape: Shape) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data as it may be shown, and the errors in it."""
    walk = _Walk()
    try:
        return walk.fields(data, shape, ()), walk.errors
    except _NulledError:
        return None, walk.errors[-1:]


class _Walk:
    def __init__(self) -> None:
        self.errors: list[GraphQLError] = []

    def fields(self, data: dict[str, Any], shape: Shape, path: PathOf) -> dict[str, Any]:
        return {key: self.field(value, shape[key], (*path, key)) for key, value in data.items()}

    def field(self, value: Any, slot: Slot, path: PathOf) -> Any:
        return self._nullable(value, slot.kind, slot, path)

    def _nullable(self, value: Any, kind: GraphQLOutputType, slot: Slot, path: PathOf) -> Any:
        if is_non_null_type(kind):
            return self._required(value, kind.of_type, slot, path)
        before = len(self.errors)
        try:
            return self._value(value, kind, slot, path)
        except _NulledError:
            self.errors[before:] = self.errors[-1:]  # the others are below what is null now
            return None

    def _required(self, value: Any, kind: GraphQLOutputType, slot: Slot, path: PathOf) -> Any:
        settled = self._value(Err(None) if value is None else value, kind, slot, path)
        if settled is None:
            raise _NulledError
        return settled

    def _value(self, value: Any, kind: GraphQLOutputType, slot: Slot, path: PathOf) -> Any:
        if isinstance(value, Err):
            self._tell(value, slot, path)
            return None
        if isinstance(value, list) and is_list_type(kind):
            return [
                self._nullable(one, kind.of_type, slot, (*path, place)) for place, one in enumerate(value)
            ]
        if isinstance(value, dict) and slot.below is not None:
            return self.fields(value, slot.below, path)
        return value

    def _tell(self, value: Err, slot: Slot, path: PathOf) -> None:
        error = value.error or TypeError(f"Cannot return null for non-nullable field {slot.coordinate}.")
        if isinstance(error, GraphQLError) and error.path is not None:
            error = GraphQLError(error.message, extensions=error.extensions)  # it is told at many places
        self.errors.append(located_error(error, slot.nodes, list(path)))
