"""`entente migrate` brings every database to the newest revision, and one kind of them anywhere."""

from __future__ import annotations

import dataclasses
import secrets

import asyncpg
import pytest

from db import migrations
from entente.commands.migrate import Migrated, migrate_all
from entente.stores import StoreUrls
from tests.servers import Servers

MAIN, WORLD = migrations.revisions("main"), migrations.revisions("world")
METRICS = migrations.revisions("metrics")


@pytest.fixture
async def fresh(servers: Servers) -> StoreUrls:
    """An empty main database, and no world databases yet."""
    name = secrets.token_hex(4)
    main = await servers.create(name)
    return StoreUrls(main, servers.database(f"{name}_{{world_id}}"), servers.redis)


async def test_main_first_then_every_world(fresh: StoreUrls) -> None:
    assert await migrate_all(fresh) == [Migrated("main", MAIN), Migrated("metrics", METRICS)]
    await _add_worlds(fresh, "one", "two")

    first, again = await migrate_all(fresh), await migrate_all(fresh)

    assert first == [
        Migrated("main", []),
        Migrated("metrics", []),
        Migrated("world one", WORLD),
        Migrated("world two", WORLD),
    ]
    assert [each.revisions for each in again] == [[], [], [], []]


async def test_a_target_is_a_revision_of_the_main_database_or_of_every_world(fresh: StoreUrls) -> None:
    await migrate_all(fresh)
    await _add_worlds(fresh, "one")
    await migrate_all(fresh)

    assert await migrate_all(fresh, "0001") == [Migrated("main", MAIN[:0:-1])]
    assert await migrate_all(fresh, "base", "metrics") == [Migrated("metrics", METRICS[::-1])]
    assert await migrate_all(fresh, "base", "world") == [Migrated("world one", WORLD[::-1])]
    assert await migrations.pending(fresh.world("one"), "world") == WORLD


async def test_a_world_that_cannot_be_had_is_a_problem_of_its_own(fresh: StoreUrls) -> None:
    await migrate_all(fresh)
    await _add_worlds(fresh, "fine", "x" * 50)

    done = {each.database: each for each in await migrate_all(fresh)}

    assert done["world fine"].problem is None
    assert "63 bytes" in str(done[f"world {'x' * 50}"].problem)


async def _add_worlds(urls: StoreUrls, *names: str) -> None:
    conn = await asyncpg.connect(urls.main)
    await conn.executemany("INSERT INTO worlds (world_id, name) VALUES ($1, $1)", [(name,) for name in names])
    await conn.close()


async def test_metrics_may_have_a_database_of_their_own(fresh: StoreUrls, servers: Servers) -> None:
    apart = await servers.create(secrets.token_hex(4))

    await migrate_all(dataclasses.replace(fresh, metrics_apart=apart))

    assert await migrations.pending(apart, "metrics") == []
    assert await migrations.pending(apart, "main") == MAIN
    assert await migrations.pending(fresh.main, "metrics") == METRICS
