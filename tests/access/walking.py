"""Walking: a query for each field of the schema, along the shortest way that leads to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_required_argument,
    is_union_type,
)

from db.viewer import Role
from engine.permissions import ONLY

ONE_OF_SEVERAL = {"Query.npc": {"npcId": "npcId"}}
"""Where one of several arguments must be given, which."""
OWN_WAYS = ("Query.node", "Query.nodes")
"""What leads everywhere, and is asked for each type by itself."""


@dataclass(frozen=True)
class Walk:
    """The queries for every field. `arguments` are what a required argument of a name is given, as GraphQL;
    `ids` some global ids of each type that has them. Beside the field itself nothing is asked that its role
    may never ask for: or all that it may would be refused with it."""

    schema: GraphQLSchema
    role: Role
    arguments: Mapping[str, str]
    ids: Mapping[str, Sequence[str]]
    _ways: dict[str, str] = field(default_factory=dict)

    def queries(self) -> dict[str, str]:
        """For each coordinate a query of it; for each type with global ids one by these."""
        self._find_ways()
        return {**dict(self._of_fields()), **dict(self._of_nodes())}

    def _find_ways(self) -> None:
        """For each type the way to it, with % where its fields are asked."""
        assert self.schema.query_type is not None
        self._ways["Query"] = "{ % }"
        waiting = deque([self.schema.query_type])
        while waiting:
            kind = waiting.popleft()
            for name, made in kind.fields.items():
                for below, inner in self._beyond(made):
                    if below.name not in self._ways and f"{kind.name}.{name}" not in OWN_WAYS:
                        asked = f"{self._asked(kind, name, made)} {{ {inner} }}"
                        self._ways[below.name] = self._ways[kind.name].replace("%", asked)
                        waiting.append(below)

    def _beyond(self, made: GraphQLField) -> Iterator[tuple[GraphQLObjectType, str]]:
        """The object types that a field leads to, and how each is asked in what it gives."""
        kind: Any = get_named_type(made.type)
        if is_union_type(kind) or is_interface_type(kind):
            for one in self.schema.get_possible_types(kind):
                yield one, f"... on {one.name} {{ % }}"
        elif not is_leaf_type(kind):
            yield kind, "%"

    def _asked(self, kind: GraphQLObjectType, name: str, made: GraphQLField) -> str:
        given = {one: one for one, argument in made.args.items() if is_required_argument(argument)}
        given |= ONE_OF_SEVERAL.get(f"{kind.name}.{name}", {})
        if not given:
            return name
        return f"{name}({', '.join(f'{one}: {self.arguments[key]}' for one, key in given.items())})"

    def _of_fields(self) -> Iterator[tuple[str, str]]:
        for kind_name, way in self._ways.items():
            kind: Any = self.schema.type_map[kind_name]
            for name, made in kind.fields.items():
                if f"{kind_name}.{name}" not in OWN_WAYS:
                    asked = f"{self._asked(kind, name, made)} {self._shown(made)}"
                    yield f"{kind_name}.{name}", way.replace("%", asked)

    def _of_nodes(self) -> Iterator[tuple[str, str]]:
        for name, ids in self.ids.items():
            asked = ", ".join(f'"{one}"' for one in ids)
            shown = f"... on {name} {{ {self._leaves(self.schema.type_map[name])} }}"
            yield f"Query.nodes {name}", f"{{ nodes(ids: [{asked}]) {{ {shown} }} }}"

    def _shown(self, made: GraphQLField) -> str:
        kind: Any = get_named_type(made.type)
        if is_leaf_type(kind):
            return ""
        if kind.name.endswith("Connection"):
            node = get_named_type(kind.fields["nodes"].type)
            page = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
            return f"{{ {page} nodes {{ {self._leaves(node)} }} }}"
        inner = [each.replace("%", self._leaves(one)) for one, each in self._beyond(made)]
        return f"{{ {' '.join(inner)} }}"

    def _leaves(self, kind: Any) -> str:
        """All that a type tells by itself, however several types name it."""
        leaves = [
            name
            for name, made in kind.fields.items()
            if is_leaf_type(get_named_type(made.type))
            and not any(is_required_argument(argument) for argument in made.args.values())
            and self.role in made.extensions.get(ONLY, (self.role,))
        ]
        return " ".join(["__typename", *(f"{kind.name}_{one}: {one}" for one in leaves)])
