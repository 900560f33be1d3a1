"""Inputs: what is made of them is what Strawberry would make."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputObjectType
from graphql.utilities import coerce_input_value
from strawberry.types.arguments import convert_argument

from schema.build import build

SCHEMA = build()
GIVEN = {
    "ProposeTreatyInput": {"worldId": "w", "asPlayerId": 1, "partner": {"allianceId": 2}, "type": "NAP"},
    "RecordBattleInput": {
        "worldId": "w",
        "attackerPlayerId": 1,
        "defenderPlayerId": 2,
        "outcome": "DRAW",
        "participants": [{"npcId": 1, "role": "ATTACKER", "resourcesGained": "7", "myTroopsSent": {}}],
        "occurredAt": "2026-11-23T12:00:00Z",
    },
    "IngestInput": {
        "worldId": "w",
        "events": [{"memory": {"npcId": 1, "memoryType": "TRADE", "eventData": {}, "gameDay": None}}],
    },
}


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_an_input_is_made_as_strawberry_makes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = SCHEMA._schema.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    coerced = coerce_input_value(GIVEN[name], kind)

    ours = _made(kind, coerced)
    for one in SCHEMA._schema.type_map.values():
        if isinstance(one, GraphQLInputObjectType):
            monkeypatch.setattr(one.extensions["strawberry-definition"], "from_input", None)

    assert ours == _made(kind, coerced)


def _made(kind: GraphQLInputObjectType, coerced: Any) -> Any:
    origin = kind.extensions["strawberry-definition"].origin
    return convert_argument(coerced, origin, SCHEMA.schema_converter.scalar_registry, SCHEMA.config)
