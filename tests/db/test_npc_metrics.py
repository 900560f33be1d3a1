"""Metrics: in whatever order samples come, and whenever hours are stored, the answers are the same."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest

from db import migrations
from db.connection import Connection
from db.timeseries import hours, npc_metrics
from db.timeseries.npc_metrics import MEASURES, Sample
from tests.servers import Servers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=9)
AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')"
HOURS = "SELECT * FROM npc_metrics_hourly ORDER BY world_id, npc_id, hour"
SAMPLES = "SELECT * FROM npc_metrics ORDER BY world_id, npc_id, time"
STORED = "SELECT count(*) FROM npc_metrics_hours"
# What TimescaleDB is told to keep up to date, run over all samples anew.
TIME_BUCKET = """
CREATE FUNCTION pg_temp.time_bucket(width INTERVAL, moment TIMESTAMPTZ) RETURNS TIMESTAMPTZ LANGUAGE sql AS
$$ SELECT date_bin(width, moment, 'epoch') $$
"""
_numbers = count(1)


def aggregate() -> str:
    """The query of the continuous aggregate."""
    [file] = (migrations.FOLDER / "metrics" / "versions").glob("0001_*.up.sql")
    told = file.read_text().split("$aggregate$")[1]
    query = told.partition("AS\n")[2].replace("WITH NO DATA", "")
    return query.replace("time_bucket(", "pg_temp.time_bucket(") + " ORDER BY world_id, npc_id, hour"


def sample(npc_id: int, at: datetime, **measures: Any) -> Sample:
    """A sample in which only these were measured."""
    return (npc_id, at, *(measures.get(one) for one in MEASURES))


def dice_of(seed: int) -> random.Random:
    """Dice that fall the same way for equal seeds."""
    return random.Random(seed)  # noqa: S311


def many(seed: int, how_many: int) -> list[Sample]:
    """Samples of a few NPCs over two days around the end of a month, with gaps, some of them partial."""
    dice = dice_of(seed)
    begin = datetime(2026, 11, 29, 18, tzinfo=UTC)
    moments = [begin + timedelta(seconds=dice.randrange(2 * 86_400)) for _ in range(how_many)]
    return list({s[:2]: s for s in (_any(dice, at) for at in moments)}.values())


def _any(dice: random.Random, at: datetime) -> Sample:
    values = [dice.randrange(1, 10**6) if dice.random() < 0.9 else None for _ in MEASURES]
    return (dice.randrange(1, 4), at, *values)


@asynccontextmanager
async def database(servers: Servers, worker_id: str, *, timescale: bool) -> AsyncIterator[Connection]:
    """A migrated database for metrics alone, with or without TimescaleDB."""
    url = await servers.create(f"metrics_{worker_id}_{next(_numbers)}")
    conn: Connection = await asyncpg.connect(url)
    if timescale:
        await conn.execute("CREATE EXTENSION timescaledb")
    await migrations.migrate(url, "metrics")
    await conn.execute(TIME_BUCKET)
    try:
        yield conn
    finally:
        await conn.close()


@pytest.fixture
async def databases(servers: Servers, worker_id: str) -> AsyncIterator[list[Connection]]:
    """One on plain Postgres, and one on TimescaleDB where that can be had."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(database(servers, worker_id, timescale=False))
        found = [plain]
        if await plain.fetchval(AVAILABLE):
            found.append(await stack.enter_async_context(database(servers, worker_id, timescale=True)))
        yield found


@pytest.fixture
async def conn(databases: list[Connection]) -> Connection:
    """The one on plain Postgres."""
    return databases[0]


async def record(conn: Connection, samples: Iterable[Sample], world_id: str = "w") -> None:
    async with conn.transaction():
        await npc_metrics.record(conn, world_id, samples)


def close(one: Any, other: Any) -> bool:
    """Whether values are equal, up to the last digits of a sum."""
    return math.isclose(one, other, rel_tol=1e-12) if isinstance(one, float) else bool(one == other)


def assert_equal(some: list[asyncpg.Record], others: list[asyncpg.Record]) -> None:
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        assert [name for name in one.keys() if not close(one[name], other[name])] == []  # noqa: SIM118


@pytest.mark.parametrize("seed", range(3))
async def test_stored_hours_are_what_their_samples_come_to(databases: list[Connection], seed: int) -> None:
    """Some come late, some twice, and some hours are stored in between."""
    for conn in databases:
        dice, samples = dice_of(seed), many(seed, 400)
        while samples:
            part = [samples.pop() for _ in range(min(len(samples), dice.randrange(1, 90)))]
            await record(conn, part)
            await record(conn, part[:3])
            assert_equal(await conn.fetch(HOURS), await conn.fetch(aggregate()))
            if dice.random() < 0.4:
                await hours.store(conn, datetime(2026, 11, 30, 12, tzinfo=UTC))
                assert_equal(await conn.fetch(HOURS), await conn.fetch(aggregate()))
        await hours.store(conn, LATER)
        assert await conn.fetchval("SELECT count(*) FROM npc_metrics_dirty") == 0
        assert await conn.fetchval(STORED) > 50
        assert_equal(await conn.fetch(HOURS), await conn.fetch(aggregate()))


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_coming_does_not_matter(conn: Connection, seed: int) -> None:
    samples, dice = many(seed, 200), dice_of(seed)
    await record(conn, sorted(samples))
    whole = await conn.fetch(SAMPLES)
    await conn.execute("TRUNCATE npc_metrics")
    dice.shuffle(samples)
    while samples:
        await record(conn, [samples.pop() for _ in range(min(len(samples), dice.randrange(1, 20)))])
    assert await conn.fetch(SAMPLES) == whole


async def test_a_sample_covers_the_time_since_the_one_before_it_and_an_hour_at_most(conn: Connection) -> None:
    minutes = (0, 30, 180, 190)
    await record(conn, [sample(1, NOON + timedelta(minutes=one)) for one in minutes])
    await record(conn, [sample(2, NOON + timedelta(minutes=5))])  # another NPC's
    await record(conn, [sample(1, NOON + timedelta(minutes=5))], "another world")
    rows = await conn.fetch(f"SELECT covers_seconds FROM ({SAMPLES}) s WHERE world_id = 'w' AND npc_id = 1")
    assert [row[0] for row in rows] == [3600, 1800, 3600, 600]


async def test_what_was_produced_does_not_grow_with_the_number_of_samples(conn: Connection) -> None:
    await record(conn, [sample(1, NOON + timedelta(minutes=60), wood_production=600)])
    every = [sample(2, NOON + timedelta(minutes=one), wood_production=600) for one in range(0, 121, 10)]
    await record(conn, every)
    rows = await conn.fetch(f"SELECT npc_id, avg_wood_production, total_wood_produced FROM ({HOURS}) h WHERE"
                            " hour = $1", NOON + timedelta(hours=1))  # fmt: skip
    assert [tuple(row) for row in rows] == [(1, 600, 600), (2, 600, 600)]


async def test_a_sample_of_the_same_moment_takes_the_place_of_the_one_before(conn: Connection) -> None:
    await record(conn, [sample(1, NOON, wood=1), sample(1, NOON, wood=2)])
    assert await conn.fetchval("SELECT wood FROM npc_metrics") == 2
    await record(conn, [sample(1, NOON, clay=3)])
    [row] = await conn.fetch("SELECT wood, clay FROM npc_metrics")
    assert tuple(row) == (None, 3)


async def test_a_sample_that_is_recorded_while_its_hour_is_stored_is_not_lost(
    conn: Connection, servers: Servers
) -> None:
    await record(conn, [sample(1, NOON, wood=10)])
    async with _beside(conn, servers) as other:
        async with other.transaction():
            await npc_metrics.record(other, "w", [sample(1, NOON + timedelta(minutes=1), wood=20)])
            assert await hours.store(conn, LATER) == 0  # left to the next time
        assert await hours.store(conn, LATER) == 1
    assert await conn.fetchval("SELECT avg_wood FROM npc_metrics_hours") == 15


async def test_the_hour_that_is_not_over_is_reckoned_when_it_is_asked_for(conn: Connection) -> None:
    await record(conn, [sample(1, NOON + timedelta(minutes=10), wood=10)])
    assert await hours.store(conn, NOON + timedelta(minutes=50)) == 0
    assert await conn.fetchval("SELECT avg_wood FROM npc_metrics_hourly") == 10


async def test_samples_that_came_before_their_month_was_made_move_into_it(conn: Connection) -> None:
    await record(conn, [sample(1, datetime(2031, 5, day, tzinfo=UTC), wood=day) for day in (1, 31)])
    await record(conn, [sample(1, datetime(2031, 6, 1, tzinfo=UTC), wood=1)])
    before = await conn.fetch(SAMPLES)
    assert await conn.fetchval("SELECT make_npc_metrics_partition('2031-05-17')")
    assert not await conn.fetchval("SELECT make_npc_metrics_partition('2031-05-18')")
    assert await conn.fetchval("SELECT count(*) FROM npc_metrics_2031_05") == 2
    assert await conn.fetchval("SELECT count(*) FROM npc_metrics_default") == 1
    assert await conn.fetch(SAMPLES) == before


async def test_a_world_is_forgotten_whole_and_alone(databases: list[Connection]) -> None:
    for conn in databases:
        for world_id in ("gone", "stays"):
            await record(conn, [sample(1, NOON, wood=10)], world_id)
        await hours.store(conn, LATER)
        await record(conn, [sample(1, NOON + timedelta(hours=2), wood=10)], "gone")
        await hours.forget(conn, "gone")
        assert [row["world_id"] for row in await conn.fetch(HOURS)] == ["stays"]
        assert [row["world_id"] for row in await conn.fetch(SAMPLES)] == ["stays"]


@asynccontextmanager
async def _beside(conn: Connection, servers: Servers) -> AsyncIterator[Connection]:
    """Another connection to the same database."""
    name = await conn.fetchval("SELECT current_database()")
    other: Connection = await asyncpg.connect(servers.database(name.removeprefix(servers.prefix)))
    try:
        yield other
    finally:
        await other.close()
