"""A world's database is made when it is missing, and only then."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from db import migrations
from db.world import databases
from db.world.databases import DatabaseRefusedError
from entente.stores import StoreUrls
from tests.servers import Servers

REVISIONS = migrations.revisions("world")


@pytest.mark.parametrize("world_id", ["a", "Caps.and-dots_1", "9", "x" * 50])
async def test_every_allowed_world_id_gets_its_database(urls: StoreUrls, world_id: str) -> None:
    assert await databases.create(urls.main, urls.worlds, world_id) == REVISIONS
    assert await databases.create(urls.main, urls.worlds, world_id) == []
    assert await _answers(urls.world(world_id))


async def test_names_that_differ_in_case_are_different_databases(urls: StoreUrls) -> None:
    assert await databases.create(urls.main, urls.worlds, "speed") == REVISIONS
    assert await databases.create(urls.main, urls.worlds, "Speed") == REVISIONS


async def test_many_at_once_make_one(urls: StoreUrls) -> None:
    done = await asyncio.gather(*(databases.create(urls.main, urls.worlds, "busy") for _ in range(6)))

    assert sorted(done, key=len) == [[]] * 5 + [REVISIONS]


async def test_a_name_that_postgres_would_cut_is_refused(urls: StoreUrls) -> None:
    with pytest.raises(DatabaseRefusedError, match="longer than the 63 bytes"):
        await databases.create(urls.main, urls.worlds, "x" * 60)


async def test_every_world_is_brought_up_and_one_that_fails_is_named(
    servers: Servers, worker_id: str
) -> None:
    main = await servers.create(f"up_{worker_id}", template=f"{servers.prefix}main")
    pattern = servers.database(f"up_{worker_id}_{{world_id}}")
    await databases.create(main, pattern, "newer")
    await _execute(pattern.format(world_id="newer"), "UPDATE alembic_version_world SET version_num = '9001'")
    await _execute(main, "INSERT INTO worlds (world_id, name) VALUES ('one', ''), ('newer', ''), ('two', '')")

    outcomes = await databases.migrate_all_worlds(main, pattern)

    assert outcomes["one"] == outcomes["two"] == REVISIONS
    assert "9001" in str(outcomes["newer"])


async def test_without_permission_an_existing_database_serves(
    servers: Servers, urls: StoreUrls, guest: str, worker_id: str
) -> None:
    attached = await servers.create(f"guest_{worker_id}_attached")
    await _execute(attached, f'GRANT CREATE ON SCHEMA public TO "{urlsplit(guest).username}"')
    pattern = urlsplit(guest)._replace(
        path=urlsplit(servers.database(f"guest_{worker_id}_{{world_id}}")).path
    )

    assert await databases.create(guest, pattern.geturl(), "attached") == REVISIONS
    assert await databases.create(guest, pattern.geturl(), "attached") == []


async def test_without_permission_a_missing_database_is_refused_with_what_to_do(
    servers: Servers, guest: str, worker_id: str
) -> None:
    pattern = urlsplit(guest)._replace(path=f"/{servers.prefix}{{world_id}}").geturl()

    with pytest.raises(DatabaseRefusedError) as refusal:
        await databases.create(guest, pattern, "missing")

    name, user = f'"{servers.prefix}missing"', f'"{urlsplit(guest).username}"'
    assert f"CREATE DATABASE {name} OWNER {user}" in str(refusal.value)
    assert "CREATEDB" in str(refusal.value)
    assert "guest-password" not in str(refusal.value)


@pytest.fixture
async def guest(urls: StoreUrls) -> AsyncIterator[str]:
    """The main database as a user who may connect, and no more."""
    name = f"guest_{secrets.token_hex(4)}"
    conn = await asyncpg.connect(urls.main)
    await conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'guest-password'")
    parts = urlsplit(urls.main)
    yield parts._replace(netloc=f"{name}:guest-password@{parts.netloc.rpartition('@')[2]}").geturl()
    for database in [row[0] for row in await conn.fetch(GUESTS_DATABASES, name)]:
        await _execute(parts._replace(path=f"/{database}").geturl(), f"DROP OWNED BY {name}")
    await conn.execute(f"DROP ROLE {name}")
    await conn.close()


GUESTS_DATABASES = """
SELECT DISTINCT datname FROM pg_shdepend JOIN pg_database d ON d.oid = dbid
 WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1::regrole
"""


async def _execute(url: str, sql: str) -> None:
    conn = await asyncpg.connect(url)
    await conn.execute(sql)
    await conn.close()


async def _answers(url: str) -> bool:
    conn = await asyncpg.connect(url)
    try:
        return bool(await conn.fetchval("SELECT count(*) = 0 FROM villages"))
    finally:
        await conn.close()
