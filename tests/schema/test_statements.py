"""The number of statements of an operation does not grow with the number of rows, on any path of the schema."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLSchema, get_named_type
from strawberry import Schema

from db.connection import Stores, open_stores
from db.main import alliances
from db.main.alliances import AllianceRow
from db.viewer import ADMIN
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from resolvers.context import Context
from resolvers.graph_worker import GraphWorker
from resolvers.loaders import Loader
from schema.build import build
from tests.asking import schema
from tests.schema.crowd import WORLD, crowd, global_ids
from tests.schema.walk import Selection, Walk
from tests.servers import Servers
from tests.statements import overheard, recorded

STEPS = 2  # below the root field; then comes every field of the last type
FIRST = 3
SMALL, LARGE = 2, 4
VALUES = {
    "worldId": f'"{WORLD}"',
    "npcId": "1",
    "playerId": "1",
    "allianceId": "1",
    "treatyId": "1",
    "trusterPlayerId": "1",
    "trustedPlayerIds": "[2, 3, 5]",
    "paths": "1",
}
COSTS = {"Query.diplomacyContext": 12}
ROOTS = sorted(schema()._schema.query_type.fields)  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Place:
    """A database of its own with a crowd in it."""

    stores: Stores
    analyses: Analyses
    ids: Mapping[str, list[str]]

    def walk(self, graphql: GraphQLSchema) -> Walk:
        """A way through a schema over this place."""
        return Walk(graphql, VALUES, self.ids, COSTS, FIRST)

    async def cost(self, asked: Schema, operation: Selection) -> int:
        """How many statements an operation runs."""
        context = Context.fresh(self.stores, ADMIN, self.analyses)
        with recorded() as statements:
            result: Any = await asked.execute(operation.text, context_value=context)
        assert result.errors in (None, []), operation.text
        return len(statements)


@asynccontextmanager
async def place(servers: Servers, name: str, size: int, worker: GraphWorker) -> AsyncIterator[Place]:
    """A place with a crowd of this size."""
    main = await servers.create(f"walk_{name}", template=f"{servers.prefix}main")
    worlds = servers.database(f"walk_{name}_worlds")  # one for all of them
    urls = StoreUrls(main=main, worlds=worlds, metrics=main, redis="unix:///nowhere")
    await crowd(urls, size)
    with overheard():
        async with open_stores(urls.main, urls.worlds, urls.redis) as stores:
            analyses = Analyses(stores, worker)
            await analyses.current(WORLD)
            yield Place(stores, analyses, await global_ids(urls, FIRST))


@pytest.fixture(scope="module")
async def places(servers: Servers, worker_id: str) -> AsyncIterator[tuple[Place, Place]]:
    """A place with few rows, and one with many times as many."""
    worker = GraphWorker()
    async with (
        place(servers, f"{worker_id}_small", SMALL, worker) as small,
        place(servers, f"{worker_id}_large", LARGE, worker) as large,
    ):
        yield small, large
    await asyncio.to_thread(worker.close)


@pytest.mark.parametrize("root", ROOTS)
async def test_more_rows_take_no_more_statements(root: str, places: tuple[Place, Place]) -> None:
    assert await faults(schema(), root, places) == []


async def faults(asked: Schema, root: str, places: tuple[Place, Place]) -> list[str]:
    """What is wrong with the operations of a root field."""
    small, large = places
    pairs = zip(
        small.walk(asked._schema).operations(root, STEPS), large.walk(asked._schema).operations(root, STEPS), strict=True
    )
    found: list[str] = []
    for of_few, of_many in pairs:
        usual = await large.cost(asked, of_many)
        with forgetful():
            few, many = await small.cost(asked, of_few), await large.cost(asked, of_many)
        if few != many or max(usual, many) > of_many.most:
            counted = f"{few}, then {many}, or {usual} with what is known already; {of_many.most} at most"
            found.append(f"{counted}: {of_many.text}")
    return found


@contextmanager
def forgetful() -> Iterator[None]:
    """Loaders that read again what they have read before: else a statement less would only say that two paths met."""
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
    types = bad._schema.type_map
    types["Player"].fields["banner"] = GraphQLField(get_named_type(types["Alliance"]), resolve=_unbatched)  # type: ignore[attr-defined]

    found = await faults(bad, "alliance", places)

    assert found
    assert all("banner" in one for one in found)
