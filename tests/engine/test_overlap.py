"""Overlap: the same verdicts as graphql-core's, in less time."""

from __future__ import annotations

import random
import time

import pytest
from graphql import GraphQLError, build_schema, parse, specified_rules
from graphql import validate as by_graphql_core
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.limits import Limits
from engine.overlap import MOST_STEPS, OverlappingFieldsRule
from engine.validation import validate

SCHEMA = build_schema("""
interface Being {
  name: String! age(unit: Unit, of: [Int!]): Int friend: Being friends: [Being!]! size: Float
}
interface Pet implements Being {
  name: String! age(unit: Unit, of: [Int!]): Int friend: Being friends: [Being!]! size: Float owner: Human
}
type Cat implements Being & Pet {
  name: String! age(unit: Unit, of: [Int!]): Int friend: Being friends: [Being!]! size: Float owner: Human
  lives: Int! kids: [Cat!]
}
type Dog implements Being & Pet {
  name: String! age(unit: Unit, of: [Int!]): Int friend: Being friends: [Being!]! size: Float owner: Human
  lives: Int kids: [Dog]
}
type Human implements Being {
  name: String! age(unit: Unit, of: [Int!]): Int friend: Being friends: [Being!]! size: Float
  pet: Pet lives: String! kids: Human either: Either
}
union Either = Cat | Human
enum Unit { YEARS DAYS }
type Query { being: Being cat: Cat human: Human either: Either pets: [Pet!]! }
""")
CALLS = {
    "Being": {"name": "", "age": "", "size": "", "friend": "Being", "friends": "Being"},
    "Pet": {"name": "", "age": "", "size": "", "friend": "Being", "friends": "Being", "owner": "Human"},
    "Cat": {"name": "", "lives": "", "age": "", "friend": "Being", "kids": "Cat", "owner": "Human"},
    "Dog": {"name": "", "lives": "", "age": "", "friend": "Being", "kids": "Dog", "owner": "Human"},
    "Human": {"name": "", "lives": "", "age": "", "pet": "Pet", "kids": "Human", "either": "Either"},
    "Either": {"__typename": ""},
    "Query": {"being": "Being", "cat": "Cat", "human": "Human", "either": "Either", "pets": "Pet"},
}
MET = {
    "Being": ["Being", "Pet", "Cat", "Dog", "Human", "Either"],
    "Pet": ["Being", "Pet", "Cat", "Dog", "Either"],
    "Cat": ["Being", "Pet", "Cat", "Either"],
    "Dog": ["Being", "Pet", "Dog"],
    "Human": ["Being", "Human", "Either"],
    "Either": ["Being", "Pet", "Cat", "Human", "Either"],
    "Query": ["Query"],
}
ARGUMENTS = [
    *[""] * 12,
    "(unit: YEARS)",
    "(unit: DAYS)",
    "(of: [1])",
    "(of: [1], unit: DAYS)",
    "(unit: DAYS, of: [1])",
]
FRAGMENTS = [("F0", "Being"), ("F1", "Cat"), ("F2", "Pet"), ("F3", "Human"), ("F4", "Being")]


class Writer:
    """Writes documents at random; fragments spread only later ones, so that there are no circles."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311

    def document(self) -> str:
        text = self.selections("Query", 4, 0)
        for at, (name, on) in enumerate(FRAGMENTS):
            if f"...{name}" in text:
                text += f" fragment {name} on {on} " + self.selections(on, 2, at + 1)
        return text

    def selections(self, parent: str, depth: int, after: int) -> str:
        chosen = [self.selection(parent, depth, after) for _ in range(self.chance.randint(1, 4))]
        return "{ " + " ".join(chosen) + " }"

    def selection(self, parent: str, depth: int, after: int) -> str:
        kind = self.chance.choice(["field", "field", "field", "inline", "spread"])
        spread = [name for name, on in FRAGMENTS[after:] if on in MET[parent]]
        if kind == "spread" and spread:
            return "..." + self.chance.choice(spread)
        if kind == "inline" and depth:
            on = self.chance.choice(MET[parent])
            return f"... on {on} " + self.selections(on, depth - 1, after)
        return self.field(parent, depth, after)

    def field(self, parent: str, depth: int, after: int) -> str:
        names = [name for name, below in CALLS[parent].items() if depth or not below] or ["__typename"]
        name = self.chance.choice(names)
        alias = self.chance.choice([*[""] * 20, "a: ", "b: "])
        below = CALLS[parent].get(name)
        arguments = self.chance.choice(ARGUMENTS) if name == "age" else ""
        return alias + name + arguments + (" " + self.selections(below, depth - 1, after) if below else "")


def told(errors: list[GraphQLError]) -> list[tuple[str, object]]:
    return [(one.message, one.locations) for one in errors]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_verdicts_and_messages_are_those_of_graphql_core(seed: int) -> None:
    document = parse(Writer(seed).document())

    assert told(validate(SCHEMA, document)) == told(by_graphql_core(SCHEMA, document))


CONFLICTS = {
    "different fields": "{ being { x: name x: age } }",
    "arguments": "{ being { age(unit: DAYS) age } }",
    "arguments in another order": "{ being { age(unit: DAYS, of: [1]) age(of: [1], unit: DAYS) } }",
    "values of another kind": '{ cat { age(of: [1]) age(of: ["1"]) } }',
    "variables": "query ($a: Unit, $b: Unit) { being { age(unit: $a) age(unit: $b) } }",
    "exclusive types": "{ being { ... on Cat { x: name } ... on Human { x: size } } }",
    "exclusive arguments": "{ being { ... on Cat { age } ... on Human { age(unit: DAYS) } } }",
    "nullability": "{ being { ... on Cat { lives } ... on Dog { lives } } }",
    "a list and one": "{ being { ... on Cat { kids { name } } ... on Human { kids { name } } } }",
    "lists that may be null": "{ being { ... on Cat { kids { name } } ... on Dog { kids { name } } } }",
    "below": "{ being { friend { x: name } } being { friend { x: age } } }",
    "below exclusive": "{ being { ... on Cat { friend { x: name } } ... on Dog { friend { x: age } } } }",
    "below exclusive, one shape": "{ being "
    "{ ... on Cat { friend { x: age } } ... on Dog { friend { x: age(of: 1) } } } }",
    "an interface among types": "{ being { x: name ... on Cat { x: age } } }",
    "through fragments": "{ being { ...A ...B } } fragment A on Cat { x: name } fragment B on Pet { x: age }",
    "within one fragment": "{ being { ...A } } fragment A on Cat { friend { ...B } } "
    "fragment B on Being { x: name x: size }",
    "a fragment twice": "{ being { ...A friend { ...A } } } fragment A on Being { name }",
    "an unknown field": "{ being { x: nope x: name } }",
    "an unknown type": "{ being { ... on Nope { x: name } x: age } }",
    "many conflicts": "{ being { " + "x: name x: age " * 9 + "} }",
}


@pytest.mark.parametrize("text", CONFLICTS.values(), ids=CONFLICTS)
def test_conflicts_are_told_as_graphql_core_tells_them(text: str) -> None:
    document = parse(text)

    assert told(validate(SCHEMA, document)) == told(by_graphql_core(SCHEMA, document, specified_rules))


def test_in_a_circle_of_fragments_only_the_circle_is_told() -> None:
    text = "{ being { ...A } } fragment A on Being { x: name friend { ...A } x: age }"

    [error] = validate(SCHEMA, parse(text))

    assert error.message == "Cannot spread fragment 'A' within itself."


def test_many_conflicts_are_told_by_the_first() -> None:
    text = "{ being { friend { " + "x: name x: age " * 500 + "} } }"

    [error] = validate(SCHEMA, parse(text), rules=[OverlappingFieldsRule])

    assert error.message.startswith("Fields 'x' conflict because 'name' and 'age' are different fields.")


def test_a_conflict_far_below_is_told_with_its_way() -> None:
    text = "{ " + "being { friend { x: name } } " * 300 + "being { friend { x: age } } }"

    [error] = validate(SCHEMA, parse(text), rules=[OverlappingFieldsRule])

    reason = (
        "subfields 'friend' conflict because subfields 'x' conflict because 'name' and 'age' are different"
    )
    assert error.message.startswith(f"Fields 'being' conflict because {reason}")


def test_fields_that_differ_by_type_at_every_level_are_too_many() -> None:
    text = "{ being " + branching(14) + " }"

    [error] = validate(SCHEMA, parse(text), rules=[OverlappingFieldsRule])

    assert error.extensions == {"code": "TOO_LARGE"}


def branching(depth: int) -> str:
    chain = "{ friend " * depth + "{ name }" + " }" * depth
    one = f"... on Cat {{ friend {chain} }} ... on Dog {{ friend {chain} }}"
    return f"{{ {one} friend {branching(depth - 1)} }}" if depth else "{ name }"


REPEATED = {
    "equal fields": "{ being { " + "name " * 3000 + "} }",
    "equal objects": "{ " + "being { friend { name } } " * 1000 + "}",
    "equal arguments": "{ being { " + "age(unit: DAYS, of: [1 2 3]) " * 500 + "} }",
    "types": "{ being { " + "... on Cat { friend { name } } ... on Dog { friend { name } } " * 250 + "} }",
    "fragments": "{ being { ...F0 } } fragment F60 on Being { name }"
    + "".join(f" fragment F{n} on Being {{ friend {{ name }} ...F{n + 1} ...F{n + 1} }}" for n in range(60)),
    "fragments within": "{ being { ...F0 } } fragment F60 on Being { name }"
    + "".join(f" fragment F{n} on Being {{ friend {{ ...F{n + 1} }} ...F{n + 1} }}" for n in range(60)),
}


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED)
def test_repeated_fields_take_no_time(text: str) -> None:
    document = parse(text)
    began = time.perf_counter()

    assert validate(SCHEMA, document, rules=[OverlappingFieldsRule]) == []
    assert time.perf_counter() - began < 2


def test_the_steps_are_enough_for_any_document_within_limits() -> None:
    assert 3 * Limits().fields <= MOST_STEPS
