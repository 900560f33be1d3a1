"""Operations: valid GraphQL over a whole schema, drawn by hypothesis, small and cheap to run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
)
from graphql.type import GraphQLBoolean, GraphQLString
from graphql.utilities import do_types_overlap
from hypothesis import strategies as st

from tests.engine.scopes import Chosen, Scope
from tests.engine.values import Arguments, Choices, Dice, tapes

HEAVY = frozenset({"Query.diplomacyContext", "Query.blocs", "Query.trust"})
INTROSPECTION = (
    "__schema { queryType { name } }",
    '__type(name: "Player") { name kind fields { name type { kind ofType { name } } } }',
    '__type(name: "Nobody") { name }',
)
TYPENAME = GraphQLNonNull(GraphQLString)
IF = GraphQLArgument(GraphQLNonNull(GraphQLBoolean))
MOST_SELECTIONS, MOST_FRAGMENTS = 45, 4
SPREAD = re.compile(r"\.\.\.(F\d+)")
USUAL_LIST = 4  # rows of a list that takes no size


@dataclass(frozen=True)
class Operation:
    """A document, which of its operations to run, and with which variables."""

    text: str
    variables: Mapping[str, Any]
    name: str | None = None

    def __repr__(self) -> str:
        """As one would paste it into GraphiQL."""
        told = json.dumps(self.variables, ensure_ascii=False)
        return f"{self.text}\nvariables: {told}" + (f"\noperation: {self.name}" if self.name else "")


@dataclass(frozen=True)
class Room:
    """How many levels and how many objects there may still be below."""

    depth: int
    rows: int

    def below(self, rows: int) -> Room:
        """What is left for each of these rows."""
        return Room(self.depth - 1, self.rows // max(rows, 1))


ALL, FRAGMENT = Room(7, 60), Room(2, 4)


@dataclass(frozen=True, eq=False)
class Fragment:
    """A named fragment, and the scope of what it selects."""

    name: str
    on: GraphQLNamedType
    text: str
    scope: Scope


@cache
def fields_of(parent: GraphQLNamedType) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The fields of a type: its leaves, its links, and those that are dear."""
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    heavy = [name for name in fields if f"{parent.name}.{name}" in HEAVY]
    leaves = [name for name, one in fields.items() if is_leaf_type(get_named_type(one.type))]
    links = [name for name in fields if name not in leaves and name not in heavy]
    return leaves, links, heavy


@dataclass
class Writer:
    """Writes one operation, choice by choice."""

    schema: GraphQLSchema
    dice: Dice
    arguments: Arguments
    fragments: list[Fragment] = field(default_factory=list)
    fragments_begun: int = 0
    selections_left: int = MOST_SELECTIONS
    aliases: int = 0

    def operations(self, root: GraphQLObjectType, kind: str, only: str | None, count: int) -> list[Operation]:
        """One operation so many times, with other variables each time; with only this root field, if one is
        given."""
        scope = Scope()
        if only is None:
            body = self.selections(root, scope, ALL)
        else:
            body = f"{{ {self.field(root, only, scope, ALL, directives=False)} }}"
        name, others = self.dice.one_of((("", False), ("Q", False), ("Q", False), ("Q", True)))
        document = self._document(f"{kind} {name}".strip(), body)
        text = f"query Other {{ __typename }}\n{document}" if others else document
        return [Operation(text, self.arguments.passed(document), name or None) for _ in range(count)]

    def _document(self, head: str, body: str) -> str:
        fragments = [one.text for one in spread_in(body, self.fragments)]
        variables = self.arguments.named_in(" ".join([body, *fragments]))
        defined = ", ".join(one.definition for one in variables)
        return "\n".join([f"{head}({defined}) {body}" if defined else f"{head} {body}", *fragments])

    def selections(self, parent: GraphQLNamedType, scope: Scope, room: Room) -> str:
        """A selection set on a type."""
        most = 4 if room.depth > 0 else 3
        count = 1 + self.dice.one_of(range(most))
        if parent == self.schema.query_type:
            count += self.dice.one_of((0, 0, 1, 2))
        return "{ " + " ".join(self._selection(parent, scope, room) for _ in range(count)) + " }"

    def _selection(self, parent: GraphQLNamedType, scope: Scope, room: Room) -> str:
        self.selections_left -= 1
        fate = self.dice.below(100)
        if fate >= 90:
            return self._spread(parent, scope, room) or self._typename(parent, scope)
        if fate >= 80 or not any(fields_of(parent)):
            return self._inline(parent, scope, room)
        if fate >= 75:
            return self._typename(parent, scope)
        if fate >= 70 and parent == self.schema.query_type and self.dice.chance(30):
            return self._introspection(scope)
        return self.field(parent, self._name(parent, scope, room), scope, room)

    def _name(self, parent: GraphQLNamedType, scope: Scope, room: Room) -> str:
        leaves, links, heavy = fields_of(parent)
        deeper = room.depth > 0 and room.rows > 0 and self.selections_left > 0
        if scope.chosen and self.dice.chance(8):
            again = [one.name for several in scope.chosen.values() for one in several if one.parent == parent]
            again = [one for one in again if deeper or one in leaves]
            if again:
                return self.dice.one_of(again)
        if heavy and deeper and self.dice.chance(4):
            return self.dice.one_of(heavy)
        if links and deeper and (not leaves or self.dice.chance(60 if room.depth > 2 else 35)):
            return self.dice.one_of(links)
        return self.dice.one_of(leaves) if leaves else "__typename"

    def field(
        self, parent: GraphQLNamedType, name: str, scope: Scope, room: Room, *, directives: bool = True
    ) -> str:
        """A field with its arguments, directives and selections."""
        if name == "__typename":
            return self._typename(parent, scope)
        declared: GraphQLField = parent.fields[name]  # type: ignore[attr-defined]
        rows = max(room.rows, 1)
        given, size = self.arguments.of(f"{parent.name}.{name}", declared.args, rows)
        if is_list_type(get_nullable_type(declared.type)) and "first" not in declared.args:
            size = 1 if parent.name.endswith("Connection") else USUAL_LIST
        chosen = Chosen(parent, name, given, declared.type)
        response = self._response(scope, chosen)
        inside = scope.add(response, chosen)
        told = name if response == name else f"{response}: {name}"
        told += given + (self._directives() if directives else "")
        named = get_named_type(declared.type)
        if not is_composite_type(named):
            return told
        return f"{told} {self.selections(named, inside, room.below(size))}"

    def _response(self, scope: Scope, chosen: Chosen) -> str:
        """The name, or an alias: one that is taken already where the two may be merged."""
        wanted = self.dice.one_of(("a", "b", "name")) if self.dice.chance(20) else chosen.name
        if scope.fits(wanted, chosen):
            return wanted
        self.aliases += 1
        return f"other{self.aliases}"

    def _typename(self, parent: GraphQLNamedType, scope: Scope) -> str:
        chosen = Chosen(parent, "__typename", "", TYPENAME)
        response = self._response(scope, chosen)
        scope.add(response, chosen)
        told = "__typename" if response == "__typename" else f"{response}: __typename"
        return told + self._directives()

    def _introspection(self, scope: Scope) -> str:
        self.aliases += 1
        return f"meta{self.aliases}: {self.dice.one_of(INTROSPECTION)}"

    def _directives(self) -> str:
        if not self.dice.chance(12):
            return ""
        names = self.dice.one_of((["skip"], ["include"], ["skip"], ["include"], ["skip", "include"]))
        return "".join(f" @{one}(if: {self._condition(one)})" for one in names)

    def _condition(self, directive: str) -> str:
        usual = directive == "include"
        return self.arguments.one("if", IF, (usual, not usual))

    def _inline(self, parent: GraphQLNamedType, scope: Scope, room: Room) -> str:
        on = self.dice.one_of([None, *self._conditions(parent)])
        told = "..." if on is None else f"... on {on.name}"
        inner = Room(room.depth - 1, room.rows)
        if inner.depth < -1:
            return self._typename(parent, scope)
        return f"{told}{self._directives()} {self.selections(on or parent, scope, inner)}"

    def _conditions(self, parent: GraphQLNamedType) -> Sequence[GraphQLNamedType]:
        return conditions(self.schema, parent)

    def _spread(self, parent: GraphQLNamedType, scope: Scope, room: Room) -> str | None:
        if room.depth < FRAGMENT.depth or room.rows < FRAGMENT.rows:
            return None
        fitting = [one for one in self.fragments if self._may_spread(one, parent, scope)]
        found = self.dice.one_of(fitting) if fitting and self.dice.chance(60) else self._fragment(parent)
        if found is None or not self._may_spread(found, parent, scope):
            return None
        scope.take(found.scope)
        return f"...{found.name}{self._directives()}"

    def _may_spread(self, fragment: Fragment, parent: GraphQLNamedType, scope: Scope) -> bool:
        overlap = do_types_overlap(self.schema, fragment.on, parent)  # type: ignore[arg-type]
        return overlap and scope.takes(fragment.scope)

    def _fragment(self, parent: GraphQLNamedType) -> Fragment | None:
        """A new fragment; it can spread only those that were finished before it, so none leads to itself."""
        if self.fragments_begun == MOST_FRAGMENTS:
            return None
        self.fragments_begun += 1
        name, scope = f"F{self.fragments_begun}", Scope()
        on = self.dice.one_of(self._conditions(parent))
        text = f"fragment {name} on {on.name} {self.selections(on, scope, FRAGMENT)}"
        made = Fragment(name, on, text, scope)
        self.fragments.append(made)
        return made


@cache
def conditions(schema: GraphQLSchema, parent: GraphQLNamedType) -> Sequence[GraphQLNamedType]:
    """The types that a fragment on this type may name: whatever shares objects with it."""
    others = [one for one in shown(schema) if is_composite_type(one) and one != parent]
    return [parent, *(one for one in others if do_types_overlap(schema, one, parent))]  # type: ignore[arg-type]


@cache
def shown(schema: GraphQLSchema) -> Sequence[GraphQLNamedType]:
    """Every type that a query or a subscription leads to."""
    found = [one for one in (schema.query_type, schema.subscription_type) if one is not None]
    types: list[GraphQLNamedType] = list(found)
    for one in types:
        fields: Mapping[str, GraphQLField] = getattr(one, "fields", {})
        below = [get_named_type(each.type) for each in fields.values()]
        if is_abstract_type(one):
            below += schema.get_possible_types(one)
        types += dict.fromkeys(each for each in below if each not in types)
    return types


def spread_in(body: str, fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments that a text spreads, directly or not."""
    known, found, waiting = {one.name: one for one in fragments}, list[Fragment](), [body]
    while waiting:
        for name in SPREAD.findall(waiting.pop()):
            if known[name] not in found:
                found.append(known[name])
                waiting.append(known[name].text)
    return sorted(found, key=lambda one: one.name)


def written(
    schema: GraphQLSchema,
    choices: Choices,
    dice: Dice,
    *,
    kind: str = "query",
    only: str | None = None,
    count: int = 1,
) -> list[Operation]:
    """An operation of this kind so many times, with other variables each time; of a subscription only one
    root field."""
    root = schema.get_root_type(OperationType(kind))
    assert root is not None, f"this schema has no {kind}"
    return Writer(schema, dice, Arguments(dice, choices)).operations(root, kind, only, count)


def operations(schema: GraphQLSchema, choices: Choices) -> st.SearchStrategy[Operation]:
    """Queries."""
    return tapes().map(lambda tape: written(schema, choices, Dice(tape))[0])


def payloads(schema: GraphQLSchema, choices: Choices, name: str) -> st.SearchStrategy[Operation]:
    """Subscriptions to this root field."""
    return tapes().map(lambda tape: written(schema, choices, Dice(tape), kind="subscription", only=name)[0])
