"""`entente migrate --status` tells what each database has and lacks, and changes nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db import migrations
from entente.commands.migrate import migrate_all
from entente.commands.migration_status import Standing, status
from entente.stores import StoreUrls
from tests.servers import Servers

MAIN, WORLD = migrations.revisions("main"), migrations.revisions("world")


@pytest.fixture
async def fresh(servers: Servers) -> StoreUrls:
    """An empty main database, and no world databases yet."""
    name = secrets.token_hex(4)
    main = await servers.create(name)
    return StoreUrls(main, servers.database(f"{name}_{{world_id}}"), servers.redis)


async def test_an_empty_database_lacks_everything(fresh: StoreUrls) -> None:
    main, metrics = await status(fresh)

    assert main == Standing("main", [], MAIN)
    assert str(main) == f"main: lacks {', '.join(MAIN)}"
    assert metrics == Standing("metrics", [], migrations.revisions("metrics"))


async def test_what_was_applied_when_and_how_it_is_taken_back(fresh: StoreUrls) -> None:
    await migrate_all(fresh)

    main, _ = await status(fresh)

    assert [one.version for one in main.applied] == [f"main/{revision}" for revision in MAIN]
    assert main.pending == []
    first = main.applied[0]
    assert first.description.startswith("The relationship graph")
    assert first.rollback_script == _down_file("0001")
    assert datetime.now(UTC) - first.applied_at < timedelta(minutes=10)
    assert str(main).splitlines()[:2] == [
        "main: has everything",
        f"  main/0001  {first.applied_at:%Y-%m-%d %H:%M}  {first.description}",
    ]


async def test_each_world_stands_for_itself(fresh: StoreUrls) -> None:
    await migrate_all(fresh)
    conn = await asyncpg.connect(fresh.main)
    await conn.execute("INSERT INTO worlds (world_id, name) VALUES ('one', 'One'), ('two', 'Two')")
    await migrate_all(fresh)
    await migrations.migrate(fresh.world("one"), "world", "0001")
    await conn.execute("INSERT INTO worlds (world_id, name) VALUES ('new', 'New')")
    await conn.close()

    found = {one.database: one for one in await status(fresh)}

    assert found["world one"].pending == WORLD[1:]
    assert [one.version for one in found["world one"].applied] == ["world/0001"]
    assert found["world two"].pending == []
    assert "does not exist" in str(found["world new"].problem)
    assert len(await status(fresh)) == 5


def _down_file(revision: str) -> str:
    [file] = (migrations.FOLDER / "main" / "versions").glob(f"{revision}_*.down.sql")
    return file.read_text()
