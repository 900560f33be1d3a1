"""Limits: the size of an operation is known before it runs, in time linear in its text."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from graphql import GraphQLObjectType, OperationDefinitionNode, build_schema, get_operation_ast, parse

from engine.limits import Measure, Size

SCHEMA = build_schema("""
type Query {
  player(id: ID!): Player
  players(first: Int, after: String, last: Int): PlayerConnection!
  nodes(ids: [ID!]!): [Node]!
  everybody: [Player!]!
  friends(first: Int! = 5): [Player!]!
}
interface Node { id: ID! }
type Player implements Node {
  id: ID!
  best: Player
  players(first: Int, last: Int): PlayerConnection!
  side: Side
  friends(first: Int! = 5): [Player!]!
}
type Alliance implements Node { id: ID! leader: Player }
union Side = Player | Alliance
type PlayerConnection { edges: [PlayerEdge!]! nodes: [Player!]! totalCount: Int! }
type PlayerEdge { node: Player! cursor: String! }
""")
for one in ("Query", "Player"):  # a schema that is made in Python has its defaults as values
    cast(GraphQLObjectType, SCHEMA.type_map[one]).fields["friends"].args["first"].default_value = 5


def measured(text: str, **variables: Any) -> Size:
    document = parse(text)
    operation = get_operation_ast(document)
    assert isinstance(operation, OperationDefinitionNode)
    return Measure(SCHEMA, document, variables).of(operation)


@pytest.mark.parametrize(
    ("text", "depth", "objects"),
    [
        ("{ __typename }", 1, 0),
        ("{ player(id: 1) { id } }", 2, 1),
        ("{ player(id: 1) { best { best { id } } } }", 4, 3),
        ("{ a: player(id: 1) { id } b: player(id: 2) { id } }", 2, 2),
        ("{ players(first: 3) { nodes { id } } }", 3, 3 * 2),
        ("{ players(last: 3) { nodes { id } } }", 3, 3 * 2),
        ("{ players { nodes { id } } }", 3, 20 * 2),
        ("{ players(first: 0) { nodes { id } } }", 3, 1),
        ("{ players(first: -4) { nodes { id } } }", 3, 1),
        ("{ players(first: null) { nodes { id } } }", 3, 20 * 2),
        ("{ players(first: 3) { nodes { players(first: 4) { nodes { id } } } } }", 5, 3 * (1 + 1 + 4 * 2)),
        ("{ friends { id } }", 2, 5),
        ("{ friends(first: 7) { friends(first: 7) { id } } }", 3, 7 * (1 + 7)),
        ("{ everybody { id } }", 2, 10),
        ("{ nodes(ids: [1, 2, 3]) { id } }", 2, 3),
        ("{ nodes(ids: 1) { id } }", 2, 1),
        (
            "{ player(id: 1) { side { ... on Player { best { id } } ... on Alliance { leader { id } } } } }",
            4,
            4,
        ),
        (
            "{ ...A } fragment A on Query { player(id: 1) { ...B } } fragment B on Player { best { id } }",
            3,
            2,
        ),
        ("{ ... { player(id: 1) { id } } }", 2, 1),
    ],
)
def test_an_operation_has_a_depth_and_a_number_of_objects(text: str, depth: int, objects: int) -> None:
    assert measured(text) == Size(depth, objects)


@pytest.mark.parametrize(
    ("variables", "objects"), [({"n": 3}, 6), ({"n": 3.0}, 6), ({}, 14), ({"n": None}, 40), ({"n": -1}, 1)]
)
def test_what_a_variable_says_counts(variables: dict[str, Any], objects: int) -> None:
    assert (
        measured("query ($n: Int = 7) { players(first: $n) { nodes { id } } }", **variables).objects
        == objects
    )


def test_a_list_in_a_variable_counts_its_entries() -> None:
    assert measured("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a", "b", "c"]).objects == 3


def test_a_list_that_a_variable_has_by_default_counts_its_entries() -> None:
    text = 'query ($ids: [ID!]! = ["a", "b", "c"]) { nodes(ids: $ids) { id } }'

    assert measured(text).objects == 3


def test_a_variable_that_will_be_refused_is_not_measured() -> None:
    assert measured("query ($n: Int) { players(first: $n) { nodes { id } } }", n="many").objects == 0


def test_nested_pages_multiply() -> None:
    text = "{ id }"
    for _ in range(3):
        text = f"{{ players(first: 100) {{ nodes {text} }} }}"

    assert measured(text).objects > 100**3


def test_fragments_that_are_spread_twice_at_each_level_take_no_time() -> None:
    spread = "".join(f" fragment F{n} on Player {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200))
    began = time.perf_counter()

    size = measured("{ player(id: 1) { ...F0 } }" + spread + " fragment F200 on Player { best { id } }")

    assert time.perf_counter() - began < 0.5
    assert size == Size(3, 1 + 2**200)
