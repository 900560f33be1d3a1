"""The number of statements of an operation does not grow with the number of rows, on any path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLSchema, is_object_type
from strawberry import Schema

import entente.operations
from db.main import alliances
from db.main.alliances import AllianceRow
from db.viewer import ADMIN
from engine.asking import Asked
from engine.service import Service
from resolvers.context import Caller
from resolvers.loaders import Loader
from schema.build import build
from tests.asking import schema
from tests.crowds import WORLD, Place, place
from tests.schema.walk import Selection, Walk
from tests.servers import Servers
from tests.statements import recorded

WAYS = ("plans", "reference")
STEPS = 2  # below the root field; then comes every field of the last type
FIRST = 3
SMALL = 2  # the crowd of this worker has twice as many of everything
VALUES = {
    "worldId": f'"{WORLD}"',
    "npcId": "1",
    "playerId": "1",
    "allianceId": "1",
    "treatyId": "1",
    "villageId": "101",
    "trusterPlayerId": "1",
    "trustedPlayerIds": "[2, 3, 5]",
    "paths": "1",
    "exportId": '"none"',
    "asked": '"a"',
    "minutes": "2",
    "from": '"2026-11-23T12:00:00Z"',
    "to": '"2026-11-23T13:00:00Z"',
}
COSTS = {"Query.diplomacyContext": 12, "Query.node": 2, "Query.nodes": 2}
CHOOSING = {"diplomacyContext"}  # shows what matters most, which may be of fewer kinds where there is more
ROOTS = sorted(schema()._schema.query_type.fields)  # type: ignore[union-attr]


def walk(place: Place, graphql: GraphQLSchema) -> Walk:
    """A way through a schema over a place."""
    return Walk(graphql, VALUES, place.ids, COSTS, FIRST)


def service(place: Place, asked: Schema, way: str) -> Service:
    """Answers questions over a place, by plans or by the reference executor alone."""
    stores = place.stores if way == "plans" else None
    return entente.operations.service(asked._schema, lambda _: None, stores=stores)


async def cost(place: Place, asked: Service, operation: Selection) -> int:
    """How many statements an operation runs."""
    with recorded() as statements:
        answer = await asked.answer(Asked(operation.text), Caller(ADMIN, place.stores, place.analyses))
    assert b'"errors"' not in answer.body, operation.text
    return len(statements)


@pytest.fixture(scope="module")
async def places(servers: Servers, worker_id: str, crowded: Place) -> AsyncIterator[tuple[Place, Place]]:
    """A place with few rows, and one with many times as many."""
    async with place(servers, f"few_{worker_id}", SMALL, crowded.worker) as small:
        yield small, crowded


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("root", ROOTS)
async def test_more_rows_take_no_more_statements(root: str, way: str, places: tuple[Place, Place]) -> None:
    assert await faults(schema(), root, places, way) == []


async def faults(asked: Schema, root: str, places: tuple[Place, Place], way: str) -> list[str]:
    """What is wrong with the operations of a root field."""
    small, large = places
    of_small, of_large = (service(one, asked, way) for one in places)
    pairs = zip(
        walk(small, asked._schema).operations(root, STEPS),
        walk(large, asked._schema).operations(root, STEPS),
        strict=True,
    )
    found: list[str] = []
    for of_few, of_many in pairs:
        usual = await cost(large, of_large, of_many)
        with forgetful():
            few, many = await cost(small, of_small, of_few), await cost(large, of_large, of_many)
        grown = many > few if root in CHOOSING else many != few
        if grown or max(usual, many) > of_many.most:
            counted = f"{few}, then {many}, or {usual} with what is known already; {of_many.most} at most"
            found.append(f"{counted}: {of_many.text}")
    return found


@contextmanager
def forgetful() -> Iterator[None]:
    """Loaders that read again what they have read: else a statement less may only say that two paths met."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loader, "cache", False)
        yield


async def _unbatched(player: Any, info: Any) -> AllianceRow | None:
    columns = ", ".join(alliances.BY_ID.columns.values())
    async with info.context.stores.main.acquire() as conn:
        sql = f"SELECT {columns} FROM alliances t WHERE t.world_id = $1 AND t.alliance_id = $2"
        found = await conn.fetchrow(sql, player.world_id, player.alliance_id)
    return found and alliances.BY_ID.make(*found)


async def test_a_field_that_is_not_batched_is_found(places: tuple[Place, Place]) -> None:
    bad = build()
    player, alliance = bad._schema.type_map["Player"], bad._schema.type_map["Alliance"]
    assert is_object_type(player)
    assert is_object_type(alliance)
    player.fields["banner"] = GraphQLField(alliance, resolve=_unbatched)

    found = await faults(bad, "alliance", places, "plans")

    assert found
    assert all("banner" in one for one in found)
