"""Distribution by world: rehearsed, since no Citus can be had here, with stand-ins that refuse what it does.

What the stand-ins know is what Citus documents and says in its error messages; a real cluster may find more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from db import migrations
from db.connection import Connection
from db.migrations import MigrationError, distribution
from tests.servers import Servers

HERE = Path(__file__).parent
REHEARSAL = (HERE / "rehearsal.sql").read_text()
STEPS = [step.name for step in distribution.steps()]
KNOWN_EVERYWHERE = {"npcs", "npc_versions"}
ON_THE_COORDINATOR = {"api_keys", "schema_versions", "alembic_version_main"}
TABLES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""


@pytest.fixture(scope="module")
async def filled(servers: Servers, worker_id: str) -> str:
    """The name of a global database with rows in every table."""
    name = f"filled_{worker_id}"
    url = await servers.create(name)
    for revision in migrations.revisions("main"):
        await migrations.migrate(url, "main", revision)
        await _run(url, _data(revision))
    return name


@pytest.fixture
async def migrated(servers: Servers, filled: str) -> str:
    """A copy of it."""
    return await servers.create(f"{filled}_{next(_numbers)}", template=f"{servers.prefix}{filled}")


@pytest.fixture
async def rehearsal(migrated: str) -> AsyncIterator[Connection]:
    """The same, where distributing it is rehearsed."""
    conn: Connection = await asyncpg.connect(migrated)
    name = await conn.fetchval("SELECT current_database()")
    await conn.execute(f"ALTER DATABASE \"{name}\" SET citus.enable_unsafe_triggers = 'on'")
    await conn.execute("SET citus.enable_unsafe_triggers = 'on'")
    await _run(migrated, REHEARSAL)
    yield conn
    await conn.close()


async def test_every_table_has_its_place(migrated: str, rehearsal: Connection) -> None:
    tables = {record[0] for record in await rehearsal.fetch(TABLES)} - {"rehearsed", "rehearsed_functions"}

    assert await distribution.distribute(migrated) == STEPS

    records = await rehearsal.fetch("SELECT tbl::text, kind FROM rehearsed")
    found: dict[str, str] = dict(map(tuple, records))
    assert {table for table, kind in found.items() if kind == "reference"} == KNOWN_EVERYWHERE
    assert tables - set(found) == ON_THE_COORDINATOR
    assert await rehearsal.fetchval("SELECT count(*) FROM rehearsed_functions") > 20


async def test_it_is_done_once(migrated: str, rehearsal: Connection) -> None:
    await distribution.distribute(migrated)

    assert await distribution.distribute(migrated) == []
    done = await rehearsal.fetch(
        "SELECT version, description FROM schema_versions WHERE version LIKE 'distributed/%'"
    )
    assert len(done) == len(STEPS)
    assert all(record["description"] for record in done)


async def test_npcs_go_on_counting(migrated: str, rehearsal: Connection) -> None:
    await distribution.distribute(migrated)

    last = await rehearsal.fetchval("SELECT max(id) FROM npcs")
    new = await rehearsal.fetchval(
        "INSERT INTO npcs (name, tribe, personality, behavior_template)"
        " SELECT 'New', tribe, personality, behavior_template FROM npcs LIMIT 1 RETURNING id"
    )
    assert new == last + 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("CREATE UNIQUE INDEX bad ON treaties (treaty_id)", "treaties has keys without world_id: bad"),
        (
            "ALTER TABLE npc_decisions ADD COLUMN other VARCHAR(50), ADD COLUMN treaty BIGINT,"
            " ADD CONSTRAINT bad FOREIGN KEY (other, treaty) REFERENCES treaties",
            "npc_decisions points beyond its world: bad",
        ),
        (
            "ALTER TABLE npc_decisions ADD COLUMN key BIGINT CONSTRAINT bad REFERENCES api_keys",
            "npc_decisions points to a table that is not distributed: bad",
        ),
        (
            "ALTER TABLE npc_decisions ADD COLUMN treaty BIGINT, ADD CONSTRAINT bad"
            " FOREIGN KEY (world_id, treaty) REFERENCES treaties ON DELETE SET NULL (treaty)",
            "npc_decisions sets null or default under a key with world_id: bad",
        ),
        (
            "ALTER TABLE treaty_events ADD COLUMN n INTEGER GENERATED ALWAYS AS IDENTITY",
            "treaty_events has an identity that is no bigint: n",
        ),
    ],
)
async def test_what_citus_would_refuse_is_found(
    migrated: str, rehearsal: Connection, change: str, told: str
) -> None:
    await rehearsal.execute(change)

    with pytest.raises(MigrationError, match=f"03_tables.sql: {told}"):
        await distribution.distribute(migrated)

    assert await rehearsal.fetchval("SELECT count(*) FROM rehearsed") == 0


async def test_without_citus_nothing_is_done(migrated: str) -> None:
    with pytest.raises(MigrationError, match=r"has no Citus.*docs/citus\.md"):
        await distribution.distribute(migrated)


async def test_what_is_not_migrated_is_not_distributed(migrated: str, rehearsal: Connection) -> None:
    await migrations.migrate(migrated, "main", migrations.revisions("main")[-2])

    with pytest.raises(MigrationError, match="Migrate first"):
        await distribution.distribute(migrated)


async def _run(url: str, sql: str) -> None:
    conn = await asyncpg.connect(url)
    await conn.execute(sql)
    await conn.close()


_numbers = count(1)


def _data(revision: str) -> str:
    file = HERE / "migration_data" / f"main_{revision}.sql"
    return file.read_text() if file.exists() else "SELECT"
