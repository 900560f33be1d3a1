"""Strawberry as its guide shows it: a dataloader for each link, with caches of parsed and validated texts."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, NamedTuple, NewType, TypeAlias, TypeVar, get_type_hints

import asyncpg
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from db.main.memories import MemoryType
from db.main.npcs import NpcTribe, Personality
from db.main.players import Tribe
from db.main.relationships import RelationshipType
from db.main.treaties import TreatyStatus, TreatyType

BigInt = NewType("BigInt", int)
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
T = TypeVar("T")


class Place(NamedTuple):
    """An id in a world."""

    world_id: str
    id: int


class PageKey(NamedTuple):
    """Some of what belongs to an id in a world."""

    world_id: str
    id: int
    first: int


@dataclass
class Loaders:
    """The loaders of one request."""

    pool: Pool

    def __post_init__(self) -> None:
        self.players = self._each(Player, PLAYERS, "player_id")
        self.players_of_npcs = self._each(Player, PLAYERS_OF_NPCS, "npc_id")
        self.alliances = self._each(Alliance, ALLIANCES, "alliance_id")
        self.relationships = self._pages(Relationship, RELATIONSHIPS)
        self.treaties = self._pages(Treaty, TREATIES)
        self.memories = self._pages(Memory, MEMORIES)

    async def many(self, kind: type[T], sql: str, *values: Any) -> list[T]:
        """What a statement finds."""
        return list(map(MAKERS[kind], await self.pool.fetch(sql, *values)))

    def _each(self, kind: type[T], sql: str, column: str) -> DataLoader[Place, T | None]:
        make = MAKERS[kind]

        async def load(keys: list[Place]) -> Sequence[T | None]:
            found: dict[Place, T] = {}
            for world_id in {key.world_id for key in keys}:
                ids = [key.id for key in keys if key.world_id == world_id]
                for row in await self.pool.fetch(sql, world_id, ids):
                    found[Place(world_id, row[column])] = make(row)
            return [found.get(key) for key in keys]

        return DataLoader(load)

    def _pages(self, kind: type[T], sql: str) -> DataLoader[PageKey, list[T]]:
        make = MAKERS[kind]

        async def load(keys: list[PageKey]) -> Sequence[list[T]]:
            found = defaultdict[PageKey, list[T]](list)
            for world_id, first in {(key.world_id, key.first) for key in keys}:
                ids = [key.id for key in keys if (key.world_id, key.first) == (world_id, first)]
                for row in await self.pool.fetch(sql, world_id, ids, first):
                    found[PageKey(world_id, row["of"], first)].append(make(row))
            return [found[key] for key in keys]

        return DataLoader(load)


Info: TypeAlias = strawberry.Info[Loaders, None]


@strawberry.type
class Alliance:
    """A league of players."""

    world_id: strawberry.Private[str]
    alliance_id: int
    name: str
    tag: str
    total_members: int
    created_at: datetime


@strawberry.type
class Player:
    """Someone who takes part in a world."""

    world_id: strawberry.Private[str]
    npc_id: strawberry.Private[int | None]
    alliance_id: strawberry.Private[int | None]
    player_id: int
    name: str
    tribe: Tribe
    population: BigInt
    village_count: int

    @strawberry.field
    async def alliance(self, info: Info) -> Alliance | None:
        """Its league."""
        if self.alliance_id is None:
            return None
        return await info.context.alliances.load(Place(self.world_id, self.alliance_id))

    @strawberry.field
    async def treaties(self, info: Info, first: int = 20) -> TreatyConnection:
        """What it agreed."""
        found = await info.context.treaties.load(PageKey(self.world_id, self.player_id, first))
        return TreatyConnection(nodes=found)


@strawberry.type
class Relationship:
    """What an NPC holds about a player."""

    world_id: strawberry.Private[str]
    target_player_id: strawberry.Private[int]
    npc_id: int
    trust_score: int
    trust_at: datetime
    relationship_type: RelationshipType
    total_interactions: int

    @strawberry.field
    async def player(self, info: Info) -> Player:
        """Whom it is about."""
        found = await info.context.players.load(Place(self.world_id, self.target_player_id))
        assert found is not None
        return found


Party = Annotated[Player | Alliance, strawberry.union("Party")]


@strawberry.type
class Treaty:
    """A promise between two parties."""

    world_id: strawberry.Private[str]
    a_player_id: strawberry.Private[int | None]
    a_alliance_id: strawberry.Private[int | None]
    b_player_id: strawberry.Private[int | None]
    b_alliance_id: strawberry.Private[int | None]
    treaty_id: BigInt
    type: TreatyType
    status: TreatyStatus
    terms: JSON
    proposed_at: datetime
    ends_at: datetime | None

    @strawberry.field
    async def parties(self, info: Info) -> list[Party]:
        """Both sides."""
        sides = ((self.a_player_id, self.a_alliance_id), (self.b_player_id, self.b_alliance_id))
        found = await asyncio.gather(*(self._party(info.context, *side) for side in sides))
        return [party for party in found if party is not None]

    def _party(
        self, loaders: Loaders, player_id: int | None, alliance_id: int | None
    ) -> Awaitable[Player | Alliance | None]:
        if player_id is not None:
            return loaders.players.load(Place(self.world_id, player_id))
        assert alliance_id is not None
        return loaders.alliances.load(Place(self.world_id, alliance_id))


@strawberry.type
class Memory:
    """Something that an NPC remembers."""

    npc_id: strawberry.Private[int]
    memory_id: BigInt
    memory_type: MemoryType
    event_data: JSON
    importance: float
    emotional_weight: float
    occurred_at: datetime


@strawberry.type
class Npc:
    """An AI profile."""

    npc_id: int
    name: str
    tribe: NpcTribe
    personality: Personality
    active: bool
    created_at: datetime
    last_active: datetime
    notes: str | None

    @strawberry.field
    async def player(self, info: Info, world_id: str) -> Player | None:
        """As whom it plays."""
        return await info.context.players_of_npcs.load(Place(world_id, self.npc_id))

    @strawberry.field
    async def relationships(self, info: Info, world_id: str, first: int = 20) -> RelationshipConnection:
        """What it holds about players."""
        found = await info.context.relationships.load(PageKey(world_id, self.npc_id, first))
        return RelationshipConnection(nodes=found)

    @strawberry.field
    async def memories(self, info: Info, world_id: str, first: int = 20) -> MemoryConnection:
        """What it remembers."""
        return MemoryConnection(nodes=await info.context.memories.load(PageKey(world_id, self.npc_id, first)))


@strawberry.type
class World:
    """A running game."""

    world_id: str
    name: str

    @strawberry.field
    async def npcs(self, info: Info, first: int = 20) -> NpcConnection:
        """Who plays in it."""
        return NpcConnection(nodes=await info.context.many(Npc, NPCS_OF_WORLD, self.world_id, first))


@strawberry.type
class NpcConnection:
    """Some NPCs."""

    nodes: list[Npc]


@strawberry.type
class RelationshipConnection:
    """Some relationships."""

    nodes: list[Relationship]


@strawberry.type
class TreatyConnection:
    """Some treaties."""

    nodes: list[Treaty]


@strawberry.type
class MemoryConnection:
    """Some memories."""

    nodes: list[Memory]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def npc(self, info: Info, npc_id: int) -> Npc | None:
        """One NPC."""
        return next(iter(await info.context.many(Npc, NPC, npc_id)), None)

    @strawberry.field
    async def world(self, info: Info, world_id: str) -> World | None:
        """One world."""
        return next(iter(await info.context.many(World, WORLD, world_id)), None)


# How rows are read ------------------------------------------------------------------------------------------

NPC_COLUMNS = "n.id AS npc_id, n.name, n.tribe, n.personality, n.active, n.created_at, n.last_active, n.notes"
NPC = f"SELECT {NPC_COLUMNS} FROM npcs n WHERE n.id = $1"
WORLD = "SELECT world_id, name FROM worlds WHERE world_id = $1"
NPCS_OF_WORLD = f"""
SELECT {NPC_COLUMNS} FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id
 WHERE s.world_id = $1 ORDER BY n.name, n.id LIMIT $2
"""
PLAYER_COLUMNS = "world_id, npc_id, alliance_id, player_id, name, tribe, population, village_count"
PLAYERS = f"SELECT {PLAYER_COLUMNS} FROM players WHERE world_id = $1 AND player_id = ANY ($2::int[])"
PLAYERS_OF_NPCS = f"SELECT {PLAYER_COLUMNS} FROM players WHERE world_id = $1 AND npc_id = ANY ($2::int[])"
ALLIANCES = """
SELECT world_id, alliance_id, name, tag, total_members, created_at
  FROM alliances WHERE world_id = $1 AND alliance_id = ANY ($2::int[])
"""
RELATIONSHIPS = """
SELECT k.id AS of, r.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
    SELECT world_id, target_player_id, npc_id, trust_score, trust_at, relationship_type, total_interactions
      FROM npc_relationships WHERE world_id = $1 AND npc_id = k.id
     ORDER BY trust_score DESC, target_player_id DESC LIMIT $3) r
"""
TREATIES = """
SELECT k.id AS of, t.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
    SELECT world_id, a_player_id, a_alliance_id, b_player_id, b_alliance_id, treaty_id, type, status, terms,
           proposed_at, ends_at
      FROM treaty_parties WHERE world_id = $1 AND party_player_id = k.id
     ORDER BY proposed_at DESC, treaty_id DESC LIMIT $3) t
"""
MEMORIES = """
SELECT k.id AS of, m.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
    SELECT npc_id, id AS memory_id, memory_type, event_data, importance, emotional_weight, occurred_at
      FROM npc_memory WHERE world_id = $1 AND npc_id = k.id
     ORDER BY occurred_at DESC, id DESC LIMIT $3) m
"""


def maker(kind: type[T]) -> Callable[[asyncpg.Record], T]:
    """What makes a row into an object of this type, with the enums that it has."""
    hints = get_type_hints(kind)
    enums = {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, Enum)}
    given = [(one.name, enums.get(one.name)) for one in fields(kind) if one.init]  # type: ignore[arg-type]

    def make(row: asyncpg.Record) -> T:
        return kind(**{name: row[name] if enum is None else enum(row[name]) for name, enum in given})

    return make


MAKERS: dict[type, Callable[[asyncpg.Record], Any]] = {
    kind: maker(kind) for kind in (World, Npc, Player, Alliance, Relationship, Treaty, Memory)
}


# The server -------------------------------------------------------------------------------------------------


class Endpoint(GraphQL[Loaders, None]):
    """GraphQL over HTTP, with loaders of its own for each request."""

    pool: Pool

    async def get_context(self, request: Any, response: Any) -> Loaders:
        """What resolvers are handed."""
        return Loaders(self.pool)


for enum in (NpcTribe, Personality, Tribe, RelationshipType, TreatyType, TreatyStatus, MemoryType):
    strawberry.enum(enum)
SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(name="BigInt", serialize=int, parse_value=int)
}
schema = strawberry.Schema(
    Query,
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(scalar_map=SCALARS),
)
endpoint = Endpoint(schema, graphql_ide=None)


async def prepare(conn: Any) -> None:
    """Read JSON columns as what they hold."""
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """The pool lives as long as the server; PGHOST and its siblings say where Postgres is."""
    async with asyncpg.create_pool(min_size=16, max_size=16, init=prepare) as pool:
        endpoint.pool = pool
        yield


app = Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])], lifespan=lifespan)
