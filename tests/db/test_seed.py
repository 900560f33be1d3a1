"""Nothing of the first model is lost: its names, kept as data, are looked for in the running stores.

`docs/seed.md` says where each of them lives now, and why where it lives elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.connection import Connection, Stores
from db.hot import decisions, llm_responses, minute_metrics, npc_states, rate_limits, sessions
from db.hot.decisions import Place, Waiting
from db.hot.llm_responses import LlmResponseRow
from db.hot.minute_metrics import Decided
from db.hot.npc_states import LiveStateRow
from db.hot.sessions import SessionRow
from db.main.npcs import Strategy
from db.reads import Read
from engine.relations import reads_of
from entente.stores import StoreUrls
from tests.asking import relations, schema
from tests.servers import Servers
from tests.world import World

SEED = json.loads((Path(__file__).parent / "seed_names.json").read_text())
TOLD = (Path(__file__).parents[2] / "docs" / "seed.md").read_text()
POSTGRES = [store for store in SEED if store != "redis"]
GONE = {"npc_world_state.id"}
"""Columns that are given up."""
FUNCTIONS = {"npc_relationships.treaties_active"}
"""Columns that are functions of the row now."""
TABLES_BEHIND = {"npc_alliances": "alliances"}
"""Tables that are views now, and the tables behind them."""
OTHERWISE = {"npc_alliances", "schema_versions"}
"""Tables that no Read names: a view by now, and what `entente migrate --status` shows."""
COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
"""
CHECKS = """
SELECT c.relname || '.' || a.attname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) WHERE k.contype = 'c'
"""
KEYS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
 WHERE i.indisunique GROUP BY i.indexrelid, 1
"""


@dataclass(frozen=True, slots=True)
class Database:
    """What a database holds of what the first model says of it."""

    store: str
    conn: Connection

    @property
    def seed(self) -> dict[str, Any]:
        """What the first model says."""
        said: dict[str, Any] = SEED[self.store]
        return said


@pytest.fixture(params=[*POSTGRES, "every database: world", "every database: time series"])
async def database(request: pytest.FixtureRequest, urls: StoreUrls, world: World) -> AsyncIterator[Database]:
    """Each store in turn."""
    store, _, which = request.param.partition(": ")
    await world.village(await world.player("Bela"))  # so that the world has a database
    where = {"world": urls.world(world.world_id), "time series": urls.metrics}
    conn: Connection = await asyncpg.connect(where.get(which or store, urls.main))
    yield Database(store, conn)
    await conn.close()


async def test_tables_and_views_with_all_their_columns(database: Database) -> None:
    found = {f"{table}.{column}" for table, column in await database.conn.fetch(COLUMNS)}
    relations = database.seed["tables"] | database.seed.get("views", {})
    wanted = {f"{table}.{column}" for table, columns in relations.items() for column in columns}

    assert wanted - found == (GONE | FUNCTIONS) & wanted
    for name in FUNCTIONS & wanted:
        table, _, column = name.partition(".")
        await database.conn.fetch(f"SELECT r.{column} FROM {table} r LIMIT 1")


async def test_indexes_on_the_columns_they_were_meant_for(database: Database) -> None:
    indexes = await database.conn.fetch("SELECT indexname, tablename, indexdef FROM pg_indexes")
    found = {name: (table, definition) for name, table, definition in indexes}

    for name, said in database.seed.get("indexes", {}).items():
        table, definition = found[name]
        assert table == TABLES_BEHIND.get(said["table"], said["table"])
        for column in said["columns"]:
            assert re.search(rf"\b{column}\b", definition), f"{name} is not about {column}"


async def test_checks_let_through_what_they_did(database: Database) -> None:
    checks: dict[str, str] = {}
    for name, definition in await database.conn.fetch(CHECKS):
        checks[name] = checks.get(name, "") + definition
    names = {name for (name,) in await database.conn.fetch("SELECT conname FROM pg_constraint")}

    for name, said in database.seed.get("checks", {}).items():
        if "name" in said:
            assert said["name"] in names
        elif "values" in said:
            assert set(said["values"]) - set(re.findall(r"'([^']*)'", checks[name])) == set(), name
        else:
            numbers = {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", checks[name])}
            assert {said["from"], said["to"]} - numbers == set(), name


async def test_what_was_unique_is(database: Database) -> None:
    keys = {(table, *columns) for table, columns in await database.conn.fetch(KEYS)}

    for table, several in database.seed.get("unique", {}).items():
        for columns in several:
            assert (TABLES_BEHIND.get(table, table), *sorted(columns)) in keys


async def test_partitions_have_their_names(servers: Servers, worker_id: str) -> None:
    url = await servers.create(f"months_{worker_id}", template=f"{servers.prefix}main")
    conn = await asyncpg.connect(url)
    for name in SEED["global"]["partitions"]:
        year, month = re.findall(r"\d+", name)
        await conn.execute(f"SELECT make_memory_partition('{year}-{month}-01')")
        assert await conn.fetchval("SELECT to_regclass($1) IS NOT NULL", name)
    await conn.close()


async def test_every_table_is_read() -> None:
    sources = {
        read.source for _, relation in relations() for read in reads_of(relation) if isinstance(read, Read)
    }
    wanted = {table for store in POSTGRES for table in SEED[store]["tables"]}

    assert wanted - sources == OTHERWISE


async def test_redis_has_its_keys(stores: Stores) -> None:
    now = datetime.now(UTC)
    redis: Any = stores.redis
    await llm_responses.put(redis, LlmResponseRow(7901, "What now?", {}))
    await npc_states.put(redis, LiveStateRow("w", 7901, 1, 2, 3, 4, now, Strategy.MILITARY, now))
    await decisions.queue(redis, [Place(Waiting(7901, "w", "w/7901"), 5)])
    await sessions.touch(redis, SessionRow(7901, now))
    await rate_limits.spend(redis, 7901)
    await minute_metrics.note(redis, [Decided(now, True, 9)], now)
    keys = {
        "llm:response:{hash}": llm_responses.key(7901, "What now?"),
        "npc:state:{npc_id}": "npc:state:7901",
        "npc:decisions:{priority}": "npc:decisions:5",
        "npc:active:{npc_id}": "npc:active:7901",
        "ratelimit:llm:{npc_id}": "ratelimit:llm:7901",
        "metrics:decisions:{minute}": minute_metrics.key(minute_metrics.minute_of(now)),
    }

    assert set(keys) == set(SEED["redis"])
    for pattern, said in SEED["redis"].items():
        key = keys[pattern]
        assert re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(pattern)), key)
        assert (await redis.type(key)).decode() == said["type"].replace("sorted_set", "zset")
        assert said["ttl"] is None or said["ttl"] - 60 < await redis.ttl(key) <= said["ttl"]
        assert (await redis.ttl(key) == -1) == (said["ttl"] is None)
        fields = {field.decode() for field in await redis.hkeys(key)} if said["type"] == "hash" else set()
        assert set(said.get("fields", [])) - fields == set()


def test_the_page_tells_where_everything_is() -> None:
    names = set(SEED["redis"]) | GONE | FUNCTIONS
    for store in POSTGRES:
        for kind in ("tables", "views", "partitions", "unique", "checks", "indexes"):
            names |= set(SEED[store].get(kind, ()))

    assert {name for name in names if f"`{name}`" not in TOLD} == set()


def test_what_the_page_says_of_graphql_is_there() -> None:
    graphql = schema()._schema
    known = set(graphql.type_map)
    for named in graphql.type_map.values():
        fields = getattr(named, "fields", {})
        known |= {f"{named.name}.{name}" for name in fields}
        known |= set(fields) if named in (graphql.query_type, graphql.mutation_type) else set()
    tables = TOLD.partition("## What was unique")[0]
    cells = [cell for row in tables.splitlines() if row.startswith("|") for cell in row.split("|")[3:5]]
    told = {name for cell in cells for name in re.findall(r"`([\w.]+)`", cell)}

    assert len(told) > 30
    assert told - known == set()
