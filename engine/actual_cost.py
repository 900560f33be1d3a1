"""Actual cost: the objects that a response has, by the weights of what was requested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from engine.cost import COST, INTROSPECTION_LIST, Fragments, applies, is_list, of_introspection, shown_if

Count = Callable[[Any], int]
"""The objects within a value of the response."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A selection set of an object, and whether the object may be without what it selects."""

    selections: SelectionSetNode
    parent: GraphQLNamedType
    unsure: bool = False


@dataclass(slots=True)
class Merged:
    """The fields of one response name, merged."""

    known: GraphQLField | None
    weight: int
    unsure: bool = True
    below: list[Selected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of the response: the objects that it surely brings, and its values that must be looked at."""

    sure: int
    parts: tuple[tuple[str, Count], ...]


def actual_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Callable[[Mapping[str, Any] | None], int]:
    """How many objects the data of a response has, by the weights of what was requested.

    Only lists, and what has lists in it, are looked at: a link counts also where it led nowhere.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        return lambda data: 0
    shape = Responded(schema, fragments).shape([Selected(operation.selection_set, root)])
    count = _within(shape)
    return lambda data: shape.sure + count(data) if data is not None else 0


@dataclass(slots=True)
class Responded:
    """Compiles selections to what counts the objects of a response."""

    schema: GraphQLSchema
    fragments: Fragments
    _known: dict[Any, Shape] = field(default_factory=dict)

    def shape(self, selected: list[Selected]) -> Shape:
        """The shape of an object that several selection sets select from."""
        key = tuple((id(one.selections), one.parent.name, one.unsure) for one in selected)
        if key not in self._known:
            self._known[key] = self._shape(self._merged(selected))
        return self._known[key]

    def _shape(self, merged: Mapping[str, Merged]) -> Shape:
        sure, parts = 0, []
        for name, one in merged.items():
            own, part = self._counted(one)
            sure += own
            if part is not None:
                parts.append((name, part))
        return Shape(sure, tuple(parts))

    def _counted(self, one: Merged) -> tuple[int, Count | None]:
        """What a field surely counts, and how to count what its value says."""
        if one.known is None or not one.below:
            return (0, lambda value: one.weight) if one.unsure and one.weight else (one.weight, None)
        shape = self.shape(one.below)
        if of_introspection(one.known):
            return INTROSPECTION_LIST * is_list(one.known) + shape.sure, None
        within, each = _within(shape), one.weight + 1 + shape.sure
        if is_list(one.known):
            return 0, _entries(each, within if shape.parts else None)
        if one.unsure:
            return 0, lambda value: each + within(value)
        return each, within if shape.parts else None

    def _merged(self, selected: list[Selected]) -> dict[str, Merged]:
        merged: dict[str, Merged] = {}
        spread: set[tuple[str, bool]] = set()
        waiting = selected[::-1]
        while waiting:
            within = waiting.pop()
            for one in within.selections.selections:
                shown = shown_if(one)
                if shown == 0:
                    continue
                unsure = within.unsure or callable(shown)
                if isinstance(one, FieldNode):
                    self._merge(merged, one, within.parent, unsure)
                else:
                    waiting += self._inside(one, within.parent, unsure, spread)
        return merged

    def _inside(
        self, one: Any, parent: GraphQLNamedType, unsure: bool, spread: set[tuple[str, bool]]
    ) -> list[Selected]:
        """The selections of a fragment, the first time that it is spread."""
        fragment = one
        if isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if (name, unsure) in spread or name not in self.fragments:
                return []
            fragment = self.fragments[name]
            spread.add((name, unsure))
        condition = fragment.type_condition
        named = condition and self.schema.get_type(condition.name.value)
        unsure = unsure or not applies(self.schema, condition, parent)
        return [Selected(fragment.selection_set, named or parent, unsure)]

    def _merge(
        self, merged: dict[str, Merged], node: FieldNode, parent: GraphQLNamedType, unsure: bool
    ) -> None:
        name = node.name.value
        known = self.schema.get_field(cast(Any, parent), name)
        key = node.alias.value if node.alias else name
        if key not in merged:
            merged[key] = Merged(known, known.extensions.get(COST, 0) if known else 0)
        merged[key].unsure = merged[key].unsure and unsure
        if known is not None and node.selection_set is not None:
            merged[key].below.append(Selected(node.selection_set, get_named_type(known.type), unsure))


def _within(shape: Shape) -> Count:
    """Counts what the values of an object say, beyond what it surely brings."""
    parts = shape.parts
    if not parts:
        return lambda value: 0

    def count(value: Any) -> int:
        result = 0
        if isinstance(value, dict):
            for key, part in parts:
                inner = value.get(key)
                if inner is not None:
                    result += part(inner)
        return result

    return count


def _entries(each: int, within: Count | None) -> Count:
    def count(value: Any) -> int:
        if not isinstance(value, list):
            return 0
        result = each * len(value)
        if within is not None:
            for one in value:
                result += within(one)
        return result

    return count
