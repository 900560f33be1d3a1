"""Walks a schema by itself: makes operations for every path from a root field, and says what each may cost.

An operation is a chain of fields, and below its end every field that the last type has: so the operations
of one root field cover every path that is one longer than their chains. Each is to cost the same number of
statements whatever the number of rows, and no more than its fields have reads.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
    is_required_argument,
)

from db.reads import Store
from engine.relations import RELATION, Computed, Derived, Relation, reads_of
from tests.crowds import WORLDS


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of an operation, and how many statements it may cost."""

    text: str
    most: int


@dataclass(frozen=True, slots=True)
class Walk:
    """A way through a schema, with what it takes for the arguments it finds.

    `values` are arguments by their names. `ids` are global ids by the type they stand for. `costs` are the
    statements of those computed fields that run more than one.
    """

    schema: GraphQLSchema
    values: Mapping[str, str]
    ids: Mapping[str, list[str]]
    costs: Mapping[str, int]
    first: int

    def operations(self, root: str, steps: int) -> Iterator[Selection]:
        """An operation for each chain that begins with a root field and goes on for this many steps."""
        query = self.schema.query_type
        assert query is not None
        for chosen in self._through(query, root, steps):
            yield Selection(f"{{ {chosen.text} }}", chosen.most)

    def _chains(self, parent: GraphQLObjectType, steps: int) -> Iterator[Selection]:
        links = [
            name for name, field in parent.fields.items() if is_composite_type(get_named_type(field.type))
        ]
        if steps == 0 or not links:
            yield self._everything(parent)
            return
        for name in links:
            yield from self._through(parent, name, steps - 1)

    def _through(self, parent: GraphQLObjectType, name: str, steps: int) -> Iterator[Selection]:
        named = get_named_type(parent.fields[name].type)
        some_steps = steps - is_interface_type(named)  # it leads to every type, and so to every chain of each
        for shown in self._shown(named):
            for below in self._chains(shown, some_steps):
                yield self._field(parent, name, self.first, shown, below)

    def _everything(self, parent: GraphQLObjectType) -> Selection:
        parts = [self._leaf(parent, name) for name in parent.fields]
        return Selection(" ".join(one.text for one in parts), sum(one.most for one in parts))

    def _leaf(self, parent: GraphQLObjectType, name: str) -> Selection:
        shown = get_named_type(parent.fields[name].type)
        if is_composite_type(shown):
            return self._field(parent, name, 1, self._shown(shown)[0], Selection("__typename", 0))
        return Selection(name + self._arguments(parent, name, 1, None), self._cost(parent, name))

    def _shown(self, named: GraphQLNamedType) -> list[GraphQLObjectType]:
        """The types that a field may show: the nodes of a connection, the members of a union."""
        if named.name.endswith("Connection") and is_object_type(named):
            return self._shown(get_named_type(named.fields["nodes"].type))
        if is_abstract_type(named):
            return sorted(self.schema.get_possible_types(named), key=lambda one: one.name)
        assert is_object_type(named)
        return [named]

    def _field(
        self, parent: GraphQLObjectType, name: str, first: int, shown: GraphQLObjectType, below: Selection
    ) -> Selection:
        named = get_named_type(parent.fields[name].type)
        given = self._arguments(parent, name, first, shown)
        cost = self._cost(parent, name)
        if named.name.endswith("Connection"):
            text = f"{name}{given} {{ totalCount nodes {{ {below.text} }} }}"
            return Selection(text, 2 * cost + below.most)
        inner = f"... on {shown.name} {{ {below.text} }}" if is_abstract_type(named) else below.text
        return Selection(f"{name}{given} {{ {inner} }}", cost + below.most)

    def _arguments(
        self, parent: GraphQLObjectType, name: str, first: int, shown: GraphQLObjectType | None
    ) -> str:
        field = parent.fields[name]
        given = {one: self._value(one, first, shown) for one in field.args}
        for one, argument in field.args.items():
            where = f"{parent.name}.{name}({one}:)"
            assert given[one] or not is_required_argument(argument), (
                f"say in the test what to pass to {where}"
            )
        told = ", ".join(f"{one}: {value}" for one, value in given.items() if value)
        return f"({told})" if told else ""

    def _value(self, name: str, first: int, shown: GraphQLObjectType | None) -> str | None:
        ids = self.ids.get(shown.name if shown else "", [])
        if name == "first":
            return str(first)
        if name == "id":
            return f'"{ids[0]}"' if ids else None
        if name == "ids":
            return "[" + ", ".join(f'"{one}"' for one in ids) + "]"
        return self.values.get(name)

    def _cost(self, parent: GraphQLObjectType, name: str) -> int:
        coordinate = f"{parent.name}.{name}"
        return self.costs[coordinate] if coordinate in self.costs else cost_of(parent.fields[name])


def cost_of(field: GraphQLField) -> int:
    """How many statements a field may cost for any number of rows: one for each read and database."""
    declared: Relation | Computed | None = field.extensions.get(RELATION)
    if declared is None:
        return 0
    if isinstance(declared, Computed | Derived):
        return int(inspect.iscoroutinefunction(declared.function))
    return sum(WORLDS if read.store is Store.WORLD else 1 for read in set[Any](reads_of(declared)))
