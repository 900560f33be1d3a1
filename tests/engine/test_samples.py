"""Samples let an operation be compiled before anybody has asked it."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from engine.samples import samples
from tests.asking import schema

SDL = """
enum Color { RED GREEN }
input Point { x: Int!  y: Int = 0  name: String }
input Shape @oneOf { circle: Float  line: [Point!] }
type Query { a(id: ID): Int }
"""
PLAIN = ("Int!", "Float!", "String!", "ID!", "Boolean!", "Color!")
KINDS = (*PLAIN, "[Int!]!", "Point!", "Shape!", "Int", "Int! = 3")


def suit(graphql: GraphQLSchema, kind: str) -> bool:
    operation = parse(f"query Q($v: {kind}) {{ __typename }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = get_variable_values(graphql, operation.variable_definitions or (), samples(graphql, operation))
    return not isinstance(found, list)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_suits_its_type(kind: str) -> None:
    assert suit(build_schema(SDL), kind)


@pytest.mark.parametrize("kind", ["BigInt!", "DateTime!", "JSON!", "[BigInt!]!"])
def test_there_is_a_sample_for_our_own_scalars(kind: str) -> None:
    assert suit(schema()._schema, kind)


def test_what_need_not_be_given_is_not() -> None:
    operation = parse("query Q($a: Int, $b: Int! = 3, $c: Int!) { __typename }").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    assert samples(build_schema(SDL), operation) == {"c": 0}
