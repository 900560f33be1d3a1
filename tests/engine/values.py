"""Values: what generated operations pass for arguments, and the variables that they pass it in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
)
from hypothesis import strategies as st

T = TypeVar("T")
ABSENT: Any = object()

USUAL: Mapping[str, Sequence[Any]] = {
    "Int": (1, 2, 0, 3, -1, 5, 2**31 - 1),
    "Float": (0.5, 0, 1, -0.25, 1.5),
    "Boolean": (False, True),
    "String": ("a", "1", "", "%", 'ö"\\\n'),
    "ID": ("", "a", "WyJXb3JsZCJd"),
    "BigInt": (1, "2", 0, 3, -1, 2**62),
    "DateTime": ("2026-11-23T12:00:00Z", "2020-01-01T00:00:00+02:00", "0001-01-01"),
}
"""Values that a scalar takes."""
WRONG: Sequence[Any] = ("wrong", [], {}, 1.5, True, 10**12, ["wrong", None])
"""Values that most types refuse."""


@dataclass(frozen=True)
class Choices:
    """What a generated operation may pass, beside what its types say.

    `values` are good ones by the name of the argument. `cursors` are those that a list gave, by its
    coordinate and the name of an ordering; the first ordering is the usual one.
    """

    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    cursors: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@st.composite
def tapes(draw: st.DrawFn) -> bytes:
    """Bytes, one for each choice: drawn all at once they take a tenth of the time, and none is like another.
    Most are long; one that fails may become short, and so lose any of its choices."""
    short = draw(st.integers(0, 9)) == 0
    return draw(st.binary(max_size=600) if short else st.binary(min_size=200, max_size=600))


@dataclass
class Dice:
    """Chances and choices read from a tape; behind its end and for zeros: no, and the first."""

    tape: bytes
    place: int = 0

    def below(self, count: int) -> int:
        """A number below this one."""
        self.place += 1
        return self.tape[self.place - 1] % count if self.place <= len(self.tape) else 0

    def chance(self, percent: int) -> bool:
        """Whether something happens."""
        return self.below(100) >= 100 - percent

    def one_of(self, several: Sequence[T]) -> T:
        """One of several."""
        return several[self.below(len(several))] if len(several) > 1 else several[0]


@dataclass(frozen=True)
class Variable:
    """A variable of an operation, and the values that may be passed for it."""

    name: str
    kind: GraphQLInputType
    nullable: bool
    default: str | None
    values: Sequence[Any]

    @property
    def definition(self) -> str:
        """As the operation declares it."""
        told = str(self.kind) if self.nullable else f"{self.kind}!"
        return f"${self.name}: {told}" + ("" if self.default is None else f" = {self.default}")


@dataclass
class Arguments:
    """Writes the arguments of fields and directives, and gathers the variables in them."""

    dice: Dice
    choices: Choices
    variables: dict[tuple[str, str, bool], list[Variable]] = field(default_factory=dict)

    def of(self, coordinate: str, arguments: Mapping[str, GraphQLArgument], most: int) -> tuple[str, int]:
        """Arguments as text, and the size of the list that is asked for: at most so many rows."""
        given = {name: self.one(name, one, ()) for name, one in arguments.items() if self._wanted(name, one)}
        rows = 1
        if "first" in arguments:
            rows = self._size(arguments, given, most)
            self._place(coordinate, arguments, given)
        elif arguments and not given and not self.dice.chance(10):  # as npc, which takes one of two
            name = self.dice.one_of(list(arguments))
            given[name] = self.one(name, arguments[name], ())
        told = ", ".join(f"{name}: {text}" for name, text in given.items())
        return (f"({told})" if told else ""), rows

    def one(self, name: str, argument: GraphQLArgument, among: Sequence[Any]) -> str:
        """The value of one argument, perhaps in a variable; from among these, if any are given."""
        values = among or self._values(name, argument.type)
        if self.dice.chance(25):
            return f"${self._variable(name, argument, values).name}"
        if not isinstance(argument.type, GraphQLNonNull) and self.dice.chance(5):
            return "null"
        return printed(self._value(argument.type, values), argument.type)

    def named_in(self, text: str) -> list[Variable]:
        """The variables that stand in a text."""
        names = set(re.findall(r"\$(v\d+)", text))
        return [one for several in self.variables.values() for one in several if one.name in names]

    def passed(self, text: str) -> dict[str, Any]:
        """A value for each variable in a text, or none."""
        passed = {one.name: self._passed(one) for one in self.named_in(text)}
        return {name: value for name, value in passed.items() if value is not ABSENT}

    def _wanted(self, name: str, argument: GraphQLArgument) -> bool:
        if name in ("first", "last", "after", "before"):
            return False
        needed = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
        return (needed and argument.default is None) or self.dice.chance(8)

    def _size(self, arguments: Mapping[str, GraphQLArgument], given: dict[str, str], most: int) -> int:
        usual = 20
        if most >= usual and self.dice.chance(20):
            return usual
        name = "last" if "last" in arguments and self.dice.chance(30) else "first"
        some = [one for one in (2, 3, 1, 5, 2, 0) if one <= most]
        given[name] = self.one(name, arguments[name], some)
        if self.dice.chance(4):
            given[name] = self.dice.one_of(("-1", "101"))
        if "last" in arguments and self.dice.chance(2):
            given["first" if name == "last" else "last"] = "1"
        return max(some)

    def _place(
        self, coordinate: str, arguments: Mapping[str, GraphQLArgument], given: dict[str, str]
    ) -> None:
        known = self.choices.cursors.get(coordinate, {})
        ordered = known.get(given.get("orderBy", ""), next(iter(known.values()), ()))
        for name in ("after", "before"):
            if name in arguments and self.dice.chance(15):
                others = ["", "x", *(one for several in known.values() for one in several)]
                cursors = others if self.dice.chance(15) or not ordered else ordered
                given[name] = self.one(name, arguments[name], cursors)

    def _values(self, name: str, type_: GraphQLInputType) -> Sequence[Any]:
        named = get_named_type(type_)
        if isinstance(named, GraphQLEnumType):
            return list(named.values)
        return self.choices.values.get(name) or USUAL[named.name]

    def _value(self, type_: GraphQLInputType, values: Sequence[Any]) -> Any:
        inner = nullable_type(type_)
        if not isinstance(inner, GraphQLList):
            return self.dice.one_of(values)
        if self.dice.chance(5):
            return self.dice.one_of(values)  # a list of one may be written without brackets
        return [self.dice.one_of(values) for _ in range(self.dice.one_of((1, 2, 0, 3)))]

    def _variable(self, name: str, argument: GraphQLArgument, values: Sequence[Any]) -> Variable:
        same = self.variables.setdefault((name, str(argument.type), has_default(argument)), [])
        if same and self.dice.chance(40):
            return self.dice.one_of(same)
        number = sum(map(len, self.variables.values())) + 1
        made = self._declared(f"v{number}", argument, values)
        same.append(made)
        return made

    def _declared(self, name: str, argument: GraphQLArgument, values: Sequence[Any]) -> Variable:
        """Nullable or not, with or without a default, as far as its place allows it."""
        inner = nullable_type(argument.type)
        default = printed(self._value(inner, values), inner) if self.dice.chance(30) else None
        nullable = self.dice.chance(70) if argument.type == inner else self.dice.chance(50)
        if argument.type != inner:
            nullable = nullable and (default is not None or has_default(argument))
        elif nullable and default is None and self.dice.chance(10):
            default = "null"
        return Variable(name, inner, nullable, default, values)

    def _passed(self, variable: Variable) -> Any:
        """A good value most of the time, else none, null, or a wrong one."""
        if (variable.nullable or variable.default is not None) and self.dice.chance(25):
            return ABSENT
        if self.dice.chance(15 if variable.nullable else 1):
            return None
        if self.dice.chance(2):
            return self.dice.one_of(WRONG)
        return ABSENT if self.dice.chance(1) else self._value(variable.kind, variable.values)


def nullable_type(type_: GraphQLInputType) -> GraphQLInputType:
    """The type without its exclamation mark."""
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def has_default(argument: GraphQLArgument) -> bool:
    """Whether an argument that is not passed has a value all the same."""
    return argument.default_value is not Undefined or argument.default is not None


def printed(value: Any, type_: GraphQLInputType) -> str:
    """A value as a GraphQL literal of this type."""
    if isinstance(value, list):
        inner = nullable_type(type_)
        assert isinstance(inner, GraphQLList)
        return "[" + ", ".join(printed(one, inner.of_type) for one in value) + "]"
    if isinstance(get_named_type(type_), GraphQLEnumType):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
