"""Cost: the objects that an operation may ask for, and those that its response has."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from graphql import GraphQLObjectType, build_schema, get_introspection_query, parse
from graphql.execution.values import get_variable_values

from engine.actual_cost import actual_of
from engine.cost import COST, INTROSPECTION_LIST, LIST_SIZE, ListSize, requested_of
from engine.spreads import fragments_of, operations_of

SCHEMA = build_schema("""
type Query {
  player(id: ID!): Player
  players(first: Int, after: String, last: Int): PlayerConnection!
  nodes(ids: [ID!]!): [Node]!
  trust(ids: [Int!]!, paths: Int): [Trust]!
  everybody: [Player!]!
  friends(first: Int! = 5): [Player!]!
  node(id: ID!): Node
  analysis: Analysis
  weight: Int
}
interface Node { id: ID! }
type Player implements Node {
  id: ID!
  best: Player
  players(first: Int, last: Int): PlayerConnection!
  side: Side
  sides: [Side!]!
  friends(first: Int! = 5): [Player!]!
}
type Alliance implements Node { id: ID! leader: Player members(first: Int): [Player!]! }
type Trust { score: Int player: Player }
type Analysis { score: Int }
union Side = Player | Alliance
type PlayerConnection { edges: [PlayerEdge!]! nodes: [Player!]! totalCount: Int! pageInfo: PageInfo! }
type PlayerEdge { node: Player! cursor: String! }
type PageInfo { hasNextPage: Boolean! }
""")
PAGE = ListSize(20, ("first", "last"), ("edges", "nodes"))
SIZES = {
    "Query.players": PAGE,
    "Player.players": PAGE,
    "Query.nodes": ListSize(arguments=("ids",)),
    "Query.trust": ListSize(arguments=("ids",)),
    "Query.friends": ListSize(arguments=("first",)),
    "Player.friends": ListSize(arguments=("first",)),
    "Player.sides": ListSize(assumed=2),
    "Alliance.members": ListSize(assumed=7, arguments=("first",)),
}
WEIGHTS = {"Query.trust": 10, "Query.analysis": 100, "Query.weight": 3}
for extension, values in ((LIST_SIZE, SIZES), (COST, WEIGHTS)):
    for coordinate, value in cast(dict[str, Any], values).items():
        owner, name = coordinate.split(".")
        cast(GraphQLObjectType, SCHEMA.type_map[owner]).fields[name].extensions[extension] = value


def requested(text: str, **variables: Any) -> int:
    document = parse(text)
    [operation] = operations_of(document)
    found = get_variable_values(SCHEMA, operation.variable_definitions or (), variables)
    assert not isinstance(found, list)
    return requested_of(SCHEMA, operation, fragments_of(document))(found.coerced)


def actual(text: str, data: dict[str, Any] | None) -> int:
    document = parse(text)
    [operation] = operations_of(document)
    return actual_of(SCHEMA, operation, fragments_of(document))(data)


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("{ __typename }", 0),
        ("{ player(id: 1) { id } }", 1),
        ("{ player(id: 1) { best { best { id } } } }", 3),
        ("{ a: player(id: 1) { id } b: player(id: 2) { id } }", 2),
        ("{ player(id: 1) { id } player(id: 1) { id } }", 2),
        ("{ players(first: 3) { nodes { id } } }", 1 + 3),
        ("{ players(last: 3) { nodes { id } } }", 1 + 3),
        ("{ players(first: 3) { edges { node { id } } } }", 1 + 3 * 2),
        (
            "{ players(first: 3) { edges { cursor } nodes { id } totalCount pageInfo { hasNextPage } } }",
            1 + 3 + 3 + 1,
        ),
        ("{ players { nodes { id } } }", 1 + 20),
        ("{ players(first: 0) { nodes { id } } }", 1),
        ("{ players(first: -4) { nodes { id } } }", 1),
        ("{ players(first: null) { nodes { id } } }", 1 + 20),
        ("{ players(first: 3, last: 4) { nodes { id } } }", 1 + 4),
        ("{ players(first: 3) { nodes { players(first: 4) { nodes { id } } } } }", 1 + 3 * (1 + 1 + 4)),
        ("{ friends { id } }", 5),
        ("{ friends(first: 7) { friends(first: 7) { id } } }", 7 * (1 + 7)),
        ("{ everybody { id } }", 10),
        ("{ nodes(ids: [1, 2, 3]) { id } }", 3),
        ("{ nodes(ids: 7) { id } }", 1),
        ("{ nodes(ids: []) { id } }", 0),
        ("{ trust(ids: [1, 2]) { score player { id } } }", 2 * (1 + 10 + 1)),
        ("{ trust(ids: 7) { score } }", 11),
        ("{ analysis { score } }", 101),
        ("{ weight again: weight }", 6),
        ("{ player(id: 1) { sides { __typename } } }", 1 + 2),
    ],
)
def test_an_operation_asks_for_a_number_of_objects(text: str, objects: int) -> None:
    assert requested(text) == objects


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("{ ... { player(id: 1) { id } } }", 1),
        ("{ ...A } fragment A on Query { player(id: 1) { ...B } } fragment B on Player { best { id } }", 2),
        ("{ ...A ...A } fragment A on Query { player(id: 1) { id } }", 2),
        ("{ players(first: 3) { ...C } } fragment C on PlayerConnection { nodes { id } }", 1 + 3),
        (
            "{ a: players(first: 3) { ...C } b: players(first: 4) { ...C } } "
            "fragment C on PlayerConnection { nodes { best { id } } }",
            (1 + 3 * 2) + (1 + 4 * 2),
        ),
    ],
)
def test_fragments_count_wherever_they_are_spread(text: str, objects: int) -> None:
    assert requested(text) == objects


@pytest.mark.parametrize(
    ("selections", "objects"),
    [
        ("... on Player { best { id } }", 1),
        ("... on Player { best { id } } ... on Alliance { members { id } }", 7),
        ("... on Player { friends { id } } ... on Alliance { leader { id } }", 5),
        ("... on Node { ... on Player { best { id } } ... on Alliance { leader { best { id } } } }", 2),
        ("...P ...A", 7),
    ],
)
def test_of_several_types_the_dearest_counts(selections: str, objects: int) -> None:
    fragments = "fragment P on Player { best { id } } fragment A on Alliance { members { id } }"

    assert requested(f"{{ node(id: 1) {{ {selections} }} }} {fragments}") == 1 + objects
    assert requested(f"{{ player(id: 1) {{ side {{ {selections} }} }} }} {fragments}") == 2 + objects


@pytest.mark.parametrize(
    ("variables", "objects"),
    [({"n": 3}, 4), ({"n": 3.0}, 4), ({}, 8), ({"n": None}, 21), ({"n": -1}, 1)],
)
def test_what_a_variable_says_counts(variables: dict[str, Any], objects: int) -> None:
    assert requested("query ($n: Int = 7) { players(first: $n) { nodes { id } } }", **variables) == objects


def test_a_variable_that_is_not_given_leaves_the_usual_size() -> None:
    assert requested("query ($n: Int) { players(first: $n) { nodes { id } } }") == 1 + 20
    assert requested("query ($n: Int!) { friends(first: $n) { id } }", n=2) == 2


def test_a_list_in_a_variable_counts_its_entries() -> None:
    by_default = 'query ($ids: [ID!]! = ["a", "b", "c"]) { nodes(ids: $ids) { id } }'

    assert requested("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a", "b", "c"]) == 3
    assert requested(by_default) == 3


@pytest.mark.parametrize("yes", [True, False])
def test_what_is_skipped_does_not_count(yes: bool) -> None:
    skip = (
        "query ($b: Boolean!) { player(id: 1) { "
        "best @skip(if: $b) { id } ... @include(if: $b) { best { id } } } }"
    )
    fragment = "query ($b: Boolean!) { ...A @include(if: $b) } fragment A on Query { friends { id } }"

    assert requested(skip, b=yes) == 2
    assert requested(fragment, b=yes) == (5 if yes else 0)
    assert requested("{ player(id: 1) { best @skip(if: true) { id } } weight @include(if: false) }") == 1


def test_each_list_of_an_introspection_counts() -> None:
    again = "{ __schema { types { name } again: types { ...A } } } fragment A on __Type { fields { name } }"

    assert requested("{ __typename __schema { queryType { name } } }") == 0
    assert requested(again) == 3 * INTROSPECTION_LIST
    assert requested('{ __type(name: "Player") { fields { name } } }') == INTROSPECTION_LIST
    assert requested(get_introspection_query()) < 10_000


def test_nested_pages_multiply() -> None:
    text = "{ id }"
    for _ in range(3):
        text = f"{{ players(first: 100) {{ nodes {text} }} }}"

    assert requested(text) > 100**3


@pytest.mark.parametrize("size", ["2", "$n"])
def test_fragments_that_are_spread_twice_at_each_level_take_no_time(size: str) -> None:
    spread = "".join(f" fragment F{n} on Player {{ ...F{n + 1} best {{ ...F{n + 1} }} }}" for n in range(60))
    last = f" fragment F60 on Player {{ friends(first: {size}) {{ id }} }}"
    began = time.perf_counter()

    objects = requested("query ($n: Int! = 2) { player(id: 1) { ...F0 } }" + spread + last)

    assert time.perf_counter() - began < 1
    assert objects == 1 + 2 * 2**60 + (2**60 - 1)


def test_a_compiled_cost_serves_for_all_variables() -> None:
    document = parse("query ($n: Int!) { players(first: $n) { nodes { best { id } } } }")
    [operation] = operations_of(document)
    cost = requested_of(SCHEMA, operation, {})

    assert [cost({"n": n}) for n in (0, 1, 50)] == [1, 3, 101]


# What a response has ----------------------------------------------------------------------------------------

A, B = {"id": "a"}, {"id": "b"}

RESPONSES: list[tuple[str, dict[str, Any] | None, int]] = [
    ("{ player(id: 1) { id } }", None, 0),
    ("{ player(id: 1) { id } }", {"player": A}, 1),
    ("{ player(id: 1) { best { best { id } } } }", {"player": {"best": {"best": A}}}, 3),
    ("{ players(first: 9) { nodes { id } } }", {"players": {"nodes": [A, B]}}, 1 + 2),
    ("{ players(first: 9) { edges { node { id } } } }", {"players": {"edges": [{"node": A}]}}, 1 + 2),
    (
        "{ players(first: 9) { nodes { friends { id } } } }",
        {"players": {"nodes": [{"friends": [A, B]}, {"friends": []}]}},
        1 + 2 + 2,
    ),
    ("{ nodes(ids: [1, 2]) { id } }", {"nodes": [A, None]}, 2),
    (
        "{ nodes(ids: [1, 2]) { ... on Player { friends { id } } } }",
        {"nodes": [None, {"friends": [A]}, {}]},
        3 + 1,
    ),
    ("{ trust(ids: [1, 2]) { player { id } } }", {"trust": [{"player": A}, {"player": B}]}, 2 * (1 + 10 + 1)),
    ("{ analysis { score } weight }", {"analysis": {"score": 1}, "weight": 1}, 101 + 3),
    ("{ player(id: 1) { friends { id } } }", {"player": None}, 1),
    (
        "{ player(id: 1) { ...F best { id } } } fragment F on Player { best { best { id } } }",
        {"player": {"best": {"id": "a", "best": A}}},
        3,
    ),
    (
        "{ node(id: 1) { ... on Player { best { id } } ... on Alliance { leader { id } } } }",
        {"node": {"best": A}},
        2,
    ),
    ("{ a: friends { id } b: friends { id } }", {"a": [A], "b": [A, B]}, 3),
    (
        "query ($b: Boolean!) { friends @skip(if: $b) { id } player(id: 1) @include(if: $b) { id } }",
        {"player": A},
        1,
    ),
    ("query ($b: Boolean!) { weight @skip(if: $b) }", {}, 0),
    ("{ friends @skip(if: true) { id } }", {}, 0),
    ("{ __schema { types { name } } }", {"__schema": {"types": []}}, INTROSPECTION_LIST),
    (
        "{ player(id: 1) { side {"
        " ... on Player { x: friends { id } } ... on Alliance { x: members { id } } } } }",
        {"player": {"side": {"x": [A, B]}}},
        4,
    ),
]


@pytest.mark.parametrize(("text", "data", "objects"), RESPONSES)
def test_a_response_has_a_number_of_objects(text: str, data: dict[str, Any] | None, objects: int) -> None:
    assert actual(text, data) == objects


def test_counting_looks_at_lists_alone() -> None:
    class Leaves(dict[str, Any]):
        """An object in which nothing may be looked up."""

        def get(self, *_: Any) -> Any:
            raise AssertionError

    assert actual("{ friends { id best { id } } }", {"friends": [Leaves(id="a", best=A)] * 3}) == 6


def test_a_fragment_that_spreads_itself_ends() -> None:
    text = (
        "query ($b: Boolean!) { player(id: 1) { ...A @skip(if: $b) ...A } } fragment A on Player { id ...A }"
    )

    assert actual(text, {"player": A}) == 1
    assert requested(text, b=False) == 1
