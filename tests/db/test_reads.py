"""Reads: every list comes in the order of an index, and every row is found by one, whoever asks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import product
from typing import Any, cast

import asyncpg
import pytest

from db import migrations
from db.batches import form_of, rows_text, values_of
from db.main import npcs, players
from db.paging import Ask
from db.reads import Read, Store
from db.viewer import ADMIN, Role, Viewer
from engine.relations import Many, reads_of
from resolvers.global_ids import NODES
from tests.asking import lists, relations
from tests.servers import Servers

BRAIN = Viewer(Role.BRAIN, 1)
SAMPLES: dict[type, Any] = {str: "P1000", int: 50, float: 0.5, datetime: datetime(2026, 11, 23, tzinfo=UTC)}
SHORT = {players.OF_NPC}  # an NPC plays in few worlds
NEWEST_POSTGRES = 160_000  # the first that explains a plan without its values

# So many rows that the planner has to take an index; without triggers, since nothing follows from them here.
FILL = """
SET session_replication_role = replica;

INSERT INTO worlds (world_id, name) SELECT 'w' || n, 'W' FROM generate_series(1, 300) n;

INSERT INTO npcs (id, name, tribe, personality, behavior_template)
SELECT n, 'Npc ' || n, 'Gauls', 'balanced',
       '{"aggression": 0.5, "economy": 0.5, "diplomacy": 0.5, "risk_tolerance": 0.5, "patience": 0.5,
         "adaptability": 0.5}'
  FROM generate_series(1, 1000) n;

INSERT INTO alliances (world_id, alliance_id, name, tag, total_population)
SELECT 'w' || w, a, 'A' || a, 'a', a % 7 FROM generate_series(1, 2) w, generate_series(1, 500) a;

INSERT INTO players (world_id, player_id, name, tribe, npc_id, alliance_id, population)
SELECT 'w' || w, p, 'P' || p, 'Gauls', CASE WHEN p <= 500 THEN p END, 1 + p % 20, p % 100
  FROM generate_series(1, 2) w, generate_series(1, 2000) p;

INSERT INTO npc_versions (npc_id, version, behavior_template)
SELECT id, v, behavior_template FROM npcs, generate_series(1, 100) v;

INSERT INTO npc_world_state (world_id, npc_id, player_id)
SELECT world_id, npc_id, player_id FROM players WHERE npc_id IS NOT NULL;

INSERT INTO alliance_members (world_id, alliance_id, player_id, joined_at, left_at)
SELECT world_id, 1 + (player_id + n) % 20, player_id, now() - n * interval '1 day',
       CASE WHEN n > 0 THEN now() END
  FROM players, generate_series(0, 3) n;

INSERT INTO npc_relationships (world_id, npc_id, target_player_id, trust_score, updated_at)
SELECT 'w1', n, 1 + (n * 37 + t * 13) % 2000, t % 201 - 100, now() - t * interval '1 minute'
  FROM generate_series(1, 200) n, generate_series(1, 100) t;

INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, occurred_at)
SELECT 'w1', n, 1 + t, 'adjusted', 1, now() - e * interval '1 minute'
  FROM generate_series(1, 20) n, generate_series(1, 20) t, generate_series(1, 40) e;

INSERT INTO treaties (world_id, type, status, a_player_id, b_alliance_id, proposed_at, is_public)
SELECT 'w1', 'nap', 'cancelled', p, 1 + (p + n) % 50, now() - n * p * interval '1 minute', n % 3 > 0
  FROM generate_series(1, 300) p, generate_series(1, 20) n;

INSERT INTO treaties (world_id, type, status, a_alliance_id, b_player_id, proposed_at, is_public)
SELECT 'w1', 'nap', 'cancelled', 1 + (p + n) % 50, p, now() - n * p * interval '1 minute', n % 3 > 0
  FROM generate_series(1, 300) p, generate_series(1, 20) n;

INSERT INTO treaty_events (world_id, treaty_id, kind, occurred_at)
SELECT world_id, treaty_id, 'proposed', now() - n * interval '1 minute'
  FROM treaties, generate_series(1, 3) n;

INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at, importance)
SELECT 'w1', n, 'battle', '{}', now() - m * interval '1 hour', (m % 10) / 10.0
  FROM generate_series(1, 100) n, generate_series(1, 200) m;

INSERT INTO npc_decisions (world_id, npc_id, decision_type, situation_summary, final_decision, created_at)
SELECT 'w1', n, 'tactical', 'Quiet.', '{}', now() - d * interval '1 hour'
  FROM generate_series(1, 100) n, generate_series(1, 100) d;

INSERT INTO npc_messages (world_id, from_player_id, from_npc_id, to_player_id, to_npc_id, thread_id,
                          message_body, sent_at)
SELECT 'w1', n, n, n + 1 + m % 20, n + 1 + m % 20, NULLIF(m % 100, 0), 'Hello',
       now() - (n * m) * interval '1 minute'
  FROM generate_series(1, 100) n, generate_series(1, 200) m;

INSERT INTO npc_battle_history (world_id, npc_id, battle_type, npc_role, attacker_id, defender_id, result,
                                occurred_at)
SELECT 'w1', n, 'raid', 'attacker', n, n + 1 + b % 20, 'victory', now() - b * interval '1 hour'
  FROM generate_series(1, 100) n, generate_series(1, 200) b;

INSERT INTO npc_trade_history (world_id, npc_id, trade_type, partner_id, trade_status, created_at)
SELECT 'w1', n, 'offer_created', n + 1 + t % 20, 'pending', now() - t * interval '1 hour'
  FROM generate_series(1, 100) n, generate_series(1, 200) t;

INSERT INTO graph_changes (world_id, seq, version, kind, npc_id, player_id, treaty_id, is_public, recorded_at)
SELECT 'w' || w, n, n, CASE n % 3 WHEN 0 THEN 'treaty' WHEN 1 THEN 'trust' ELSE 'membership' END,
       CASE WHEN n % 3 = 1 THEN n % 100 END, n % 100, CASE WHEN n % 3 = 0 THEN n END, n % 3 = 2,
       now() - (20000 - n) * interval '1 minute'
  FROM generate_series(1, 2) w, generate_series(1, 20000) n;

SET session_replication_role = DEFAULT;
ANALYZE;
"""


FILL_WORLD = """
INSERT INTO villages (id, tile_id, x, y, name, player_id, tribe, population)
SELECT n, n, n % 400, n / 400, 'V', 1 + n % 100, 'Gauls', n % 900 FROM generate_series(1, 5000) n;

INSERT INTO village_resources (village_id, player_id) SELECT id, player_id FROM villages;

INSERT INTO village_buildings (village_id, slot, player_id, building_name, level)
SELECT id, s, player_id, 'wall', s FROM villages, generate_series(1, 40) s;

INSERT INTO troops (village_id, unit, player_id)
SELECT id, 'unit ' || u, player_id FROM villages, generate_series(1, 30) u;

INSERT INTO build_queue (village_id, player_id, building_name, from_level, to_level, queued_at)
SELECT id, player_id, 'wall', l - 1, l, now() + l * interval '1 minute'
  FROM villages, generate_series(1, 40) l;

INSERT INTO npc_village_config (village_id, npc_id) SELECT id, player_id FROM villages;

INSERT INTO npc_build_queue_history (village_id, npc_id, building_name, from_level, to_level, queued_at)
SELECT id, player_id, 'wall', l - 1, l, now() + l * interval '1 minute'
  FROM villages, generate_series(1, 40) l;

ANALYZE;
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A way of asking a Read."""

    read: Read[Any]
    ask: Ask
    viewer: Viewer
    name: str


def cases_of_lists(store: Store) -> Iterator[Case]:
    """Every list of a kind of store, in every order, from both ends, for those who see all and those who do
    not."""
    for read, name in lists().items():
        if read.store is store and read not in SHORT:
            for order in read.orders or ():
                yield from _asks(read, order, name)


def _asks(read: Read[Any], order: Enum, name: str) -> Iterator[Case]:
    columns, _ = read.sort_columns(order)
    place = tuple(SAMPLES[read.kind(column)] for column in columns)
    for viewer, backwards, after in product((ADMIN, BRAIN), (False, True), (None, place)):
        told = (
            f"{name} {order.name}{' backwards' * backwards}{' after' * bool(after)} for {viewer.role.value}"
        )
        yield Case(read, Ask(order=order, limit=21, backwards=backwards, after=after), viewer, told)


def single_rows(store: Store) -> Iterator[Case]:
    """Every Read of a kind of store that finds a row by its key."""
    of_links = (
        read for _, relation in relations() if not isinstance(relation, Many) for read in reads_of(relation)
    )
    for read in {*of_links, *NODES.values(), npcs.FOUND_BY_NAME}:
        if cast(Read[Any], read).store is store:
            for viewer in (ADMIN, BRAIN):
                yield Case(
                    cast(Read[Any], read), Ask(), viewer, f"{read.row.__name__} by {', '.join(read.key)}"
                )


@pytest.fixture(scope="module")
async def many_rows(servers: Servers, worker_id: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A database in which scanning and sorting would be costly."""
    conn = await asyncpg.connect(await servers.create(f"many_{worker_id}", template=f"{servers.prefix}main"))
    if conn.get_server_version().major * 10_000 < NEWEST_POSTGRES:
        pytest.skip("This Postgres cannot explain a plan without its values.")
    await conn.execute(FILL)
    yield conn
    await conn.close()


@pytest.fixture(scope="module")
async def many_villages(
    servers: Servers, worker_id: str
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A world's database in which scanning and sorting would be costly."""
    url = await servers.create(f"many_villages_{worker_id}")
    await migrations.migrate(url, "world")
    conn = await asyncpg.connect(url)
    if conn.get_server_version().major * 10_000 < NEWEST_POSTGRES:
        pytest.skip("This Postgres cannot explain a plan without its values.")
    await conn.execute(FILL_WORLD)
    yield conn
    await conn.close()


async def plan(conn: asyncpg.Connection[asyncpg.Record], case: Case) -> list[dict[str, Any]]:
    """The parts of the plan that does for any values, each with `below_limit`."""
    samples = {"text": "w1", "bigint": 1, "timestamptz": None}
    key = tuple(samples[kind] for kind in case.read.key_types)
    keys = [(case.viewer, key), (case.viewer, key)]
    form = form_of(case.read, tuple(case.read.columns), case.ask, alone=False)
    sql = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {rows_text(form)}"
    whole = json.loads(await conn.fetchval(sql, *values_of(form, case.ask, keys)))[0]["Plan"]
    return list(_parts(whole, below_limit=False))


def _parts(part: dict[str, Any], *, below_limit: bool) -> Iterator[dict[str, Any]]:
    yield part | {"below_limit": below_limit}
    for child in part.get("Plans", []):
        yield from _parts(child, below_limit=below_limit or part["Node Type"] == "Limit")


async def sorted_first(conn: asyncpg.Connection[asyncpg.Record], cases: list[Case]) -> list[str]:
    """The lists whose rows are sorted before the first few are taken."""
    return [
        case.name
        for case in cases
        for part in await plan(conn, case)
        if part["below_limit"] and part["Node Type"] == "Sort"
    ]


async def scanned(conn: asyncpg.Connection[asyncpg.Record], cases: Iterator[Case]) -> list[str]:
    """The rows for which a table is read whole."""
    return [
        f"{case.name}: {part['Relation Name']}"
        for case in cases
        for part in await plan(conn, case)
        if part["Node Type"] == "Seq Scan" and part["Plan Rows"] > 1
    ]


async def test_lists_come_in_the_order_of_an_index(many_rows: asyncpg.Connection[asyncpg.Record]) -> None:
    cases = list(cases_of_lists(Store.MAIN))

    assert len(cases) > 100
    assert await sorted_first(many_rows, cases) == []


async def test_rows_are_found_by_an_index(many_rows: asyncpg.Connection[asyncpg.Record]) -> None:
    assert await scanned(many_rows, single_rows(Store.MAIN)) == []


async def test_so_it_is_in_the_database_of_a_world(
    many_villages: asyncpg.Connection[asyncpg.Record],
) -> None:
    cases = list(cases_of_lists(Store.WORLD))

    assert len(cases) > 50
    assert await sorted_first(many_villages, cases) == []
    assert await scanned(many_villages, single_rows(Store.WORLD)) == []
