"""Costs: what the schema says that its fields cost, and what the engine is told."""

from __future__ import annotations

from typing import cast

import pytest
from graphql import GraphQLField, GraphQLObjectType, parse

from engine.cost import COST, LIST_SIZE, ListSize, requested_of
from engine.spreads import fragments_of, operations_of
from schema.build import build

SCHEMA = build()
PAGE = ListSize(20, ("first", "last"), ("edges", "nodes"))


def field(coordinate: str) -> GraphQLField:
    owner, name = coordinate.split(".")
    found: GraphQLField = cast(GraphQLObjectType, SCHEMA._schema.type_map[owner]).fields[name]
    return found


@pytest.mark.parametrize(
    ("coordinate", "weight", "size"),
    [
        ("Query.npcs", None, PAGE),
        ("Npc.players", None, ListSize(arguments=("first",))),
        ("Bloc.alliances", None, ListSize(arguments=("first",))),
        ("Treaty.parties", None, ListSize(assumed=2)),
        ("Query.nodes", None, ListSize(arguments=("ids",))),
        ("Query.trust", 10, ListSize(arguments=("trustedPlayerIds",))),
        ("Query.blocs", 100, None),
        ("DiplomacyContext.threats", None, ListSize(arguments=("first",))),
        ("Query.world", None, None),
    ],
)
def test_the_engine_is_told_what_a_field_costs(
    coordinate: str, weight: int | None, size: ListSize | None
) -> None:
    told = field(coordinate).extensions

    assert (told.get(COST), told.get(LIST_SIZE)) == (weight, size)


@pytest.mark.parametrize(
    "line",
    [
        "directive @cost(weight: Int!) on FIELD_DEFINITION",
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) "
        "on FIELD_DEFINITION",
        '  ): [Trust]! @cost(weight: 10) @listSize(slicingArguments: ["trustedPlayerIds"])',
        '  ): NpcConnection! @listSize(assumedSize: 20, slicingArguments: ["first", "last"], '
        'sizedFields: ["edges", "nodes"])',
    ],
)
def test_the_schema_shows_what_fields_cost(line: str) -> None:
    assert any(one.startswith(line) for one in SCHEMA.as_str().splitlines())


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ('{ world(worldId: "w") { npcs(first: 50) { nodes { relationships(worldId: "w", first: 10) '
         "{ nodes { player { alliance { name } } } } } } } }", 1 + 1 + 50 * (1 + 1 + 10 * 3)),
        ('{ trust(worldId: "w", trusterPlayerId: 1, trustedPlayerIds: [2, 3]) { stated } }', 22),
        ('{ npc(npcId: 1) { players { name } } }', 1 + 20),
        ('{ npc(npcId: 1) { memories(worldId: "w") { edges { node { importance } } } } }', 2 + 20 * 2),
    ],
)  # fmt: skip
def test_an_operation_has_a_cost(text: str, objects: int) -> None:
    document = parse(text)
    [operation] = operations_of(document)

    assert requested_of(SCHEMA._schema, operation, fragments_of(document))({}) == objects
