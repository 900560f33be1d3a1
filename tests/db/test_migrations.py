"""Migrations go up and down, with data in the tables, however many run them at once."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import asyncpg
import pytest

from db import migrations
from db.connection import Connection
from db.migrations import MigrationError, Store
from db.timeseries import npc_metrics
from entente.stores import StoreUrls
from tests.servers import Servers

REPOSITORY = Path(__file__).parents[2]
STORES: tuple[Store, ...] = ("main", "world", "metrics")
HEAD: dict[Store, list[str]] = {store: migrations.revisions(store) for store in STORES}

MIGRATE = """
import asyncio, sys
from db import migrations
print(asyncio.run(migrations.migrate(sys.argv[1], 'main')))
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    conn: Connection = await asyncpg.connect(url)
    try:
        yield conn
    finally:
        await conn.close()


@pytest.mark.parametrize("store", STORES)
async def test_up_down_and_up_again(database: str, store: Store) -> None:
    assert await migrations.pending(database, store) == HEAD[store]
    assert await migrations.migrate(database, store) == HEAD[store]
    made = await _everything(database)
    assert await migrations.migrate(database, store) == []
    assert await migrations.pending(database, store) == []

    assert await migrations.migrate(database, store, "base") == HEAD[store][::-1]
    assert await _everything(database) == {f"alembic_version_{store}", "schema_versions"}
    assert await migrations.pending(database, store) == HEAD[store]

    assert await migrations.migrate(database, store) == HEAD[store]
    assert await _everything(database) == made


async def test_samples_go_with_their_tables(database: str) -> None:
    await migrations.migrate(database, "metrics")
    async with connected(database) as conn, conn.transaction():
        await npc_metrics.record(
            conn, "w", [(1, datetime.now(UTC), *range(1, 1 + len(npc_metrics.MEASURES)))]
        )

    await migrations.migrate(database, "metrics", "base")

    assert await migrations.migrate(database, "metrics") == HEAD["metrics"]


async def test_one_step_at_a_time(database: str) -> None:
    for revision in HEAD["main"]:
        assert await migrations.migrate(database, "main", revision) == [revision]
        assert await _versions(database) == [f"main/{each}" for each in HEAD["main"] if each <= revision]
    for revision in HEAD["main"][-2::-1]:
        [taken_back] = await migrations.migrate(database, "main", revision)
        assert taken_back > revision
        assert await migrations.migrate(database, "main", revision) == []


async def test_all_stores_can_share_a_database(database: str) -> None:
    for store in STORES:
        await migrations.migrate(database, store)

    assert await _versions(database) == sorted(f"{store}/{each}" for store in STORES for each in HEAD[store])
    await migrations.migrate(database, "world", "base")
    await migrations.migrate(database, "metrics", "base")
    assert await migrations.pending(database, "main") == []


async def test_what_was_applied_is_written_down_with_the_way_back(database: str) -> None:
    await migrations.migrate(database, "main")

    async with connected(database) as conn:
        rows = await conn.fetch("SELECT * FROM schema_versions ORDER BY id")
    for row, revision in zip(rows, HEAD["main"], strict=True):
        [down] = (migrations.FOLDER / "main" / "versions").glob(f"{revision}_*.down.sql")
        assert (row["version"], row["rollback_script"]) == (f"main/{revision}", down.read_text())
        assert row["description"]
        assert row["applied_at"].tzinfo is not None


async def test_the_way_back_that_is_written_down_works(database: str) -> None:
    await migrations.migrate(database, "main")

    async with connected(database) as conn:
        for (script,) in await conn.fetch("SELECT rollback_script FROM schema_versions ORDER BY id DESC"):
            await conn.execute(script)

    assert await _everything(database) == {"alembic_version_main", "schema_versions"}


async def test_many_at_once_in_one_process(database: str) -> None:
    done = await asyncio.gather(*(migrations.migrate(database, "main") for _ in range(6)))

    assert sorted(done, key=len) == [[]] * 5 + [HEAD["main"]]


async def test_many_processes_at_once(empty: Callable[[], Awaitable[str]]) -> None:
    url = await empty()

    done = await asyncio.gather(*(_run(url) for _ in range(3)))

    assert sorted(done, key=str) == [[str(HEAD["main"])], ["[]"], ["[]"]]


async def test_nothing_to_do_is_known_at_once(urls: StoreUrls) -> None:
    started = perf_counter()

    assert await migrations.migrate(urls.main, "main") == []

    assert perf_counter() - started < 0.5  # 3 ms where nothing else runs
    assert await _run(urls.main, "print('alembic' in sys.modules)") == ["[]", "False"]


async def test_a_step_that_fails_leaves_the_one_before(
    servers: Servers, empty: Callable[[], Awaitable[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, "0001", None, "CREATE TABLE a ();", "DROP TABLE a;")
    _write(tmp_path, "0002", "0001", "CREATE TABLE b ();\n\nCREATE TABLE c (id nonsense);", "DROP TABLE b;")
    monkeypatch.setattr(migrations, "FOLDER", tmp_path)
    monkeypatch.setattr("db.migrations.steps.FOLDER", tmp_path)
    url = await empty()

    with pytest.raises(MigrationError, match=r'0002_step\.up\.sql, line 3: type "nonsense" does not exist'):
        await migrations.migrate(url, "main")

    assert await _everything(url) == {"a", "alembic_version_main", "schema_versions"}
    assert await migrations.pending(url, "main") == ["0002"]
    assert await _versions(url) == ["main/0001"]


async def test_a_database_of_a_newer_version_is_left_alone(empty: Callable[[], Awaitable[str]]) -> None:
    url = await empty()
    await migrations.migrate(url, "world")
    async with connected(url) as conn:
        await conn.execute("UPDATE alembic_version_world SET version_num = '9001'")

    for attempt in (migrations.migrate(url, "world"), migrations.migrate(url, "world", "base")):
        with pytest.raises(
            MigrationError, match="at revision 9001, which this version of Entente does not know"
        ):
            await attempt
    with pytest.raises(MigrationError, match="9001"):
        await migrations.pending(url, "world")


async def test_an_unknown_revision_is_named(urls: StoreUrls) -> None:
    with pytest.raises(MigrationError, match="no main revision '0000'; there are base, 0001,"):
        await migrations.migrate(urls.main, "main", "0000")


@pytest.mark.parametrize("store", STORES)
def test_every_revision_has_its_three_files(store: Store) -> None:
    files = {path.name for path in (migrations.FOLDER / store / "versions").iterdir() if path.is_file()}
    names = {name.split(".")[0] for name in files}

    assert files == {name + ending for name in names for ending in (".py", ".up.sql", ".down.sql")}
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", name) for name in names)


async def test_world_id_leads_every_key_of_a_world_scoped_table(urls: StoreUrls) -> None:
    async with connected(urls.main) as conn:
        keys = await conn.fetch(
            "SELECT t.relname, i.relname AS key, a.attname FROM pg_index x"
            " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]"
            " WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND EXISTS ("
            "   SELECT FROM pg_attribute w WHERE w.attrelid = t.oid AND w.attname = 'world_id')"
        )
    assert {row["key"] for row in keys if row["attname"] != "world_id"} == set()


@pytest.fixture
def empty(servers: Servers, request: pytest.FixtureRequest, worker_id: str) -> Callable[[], Awaitable[str]]:
    """Makes an empty database on the bundled Postgres."""
    return lambda: servers.create(f"alone_{worker_id}_{abs(hash(request.node.name)) % 10**8}")


def _write(folder: Path, revision: str, before: str | None, up: str, down: str) -> None:
    versions = folder / "main" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / f"{revision}_step.up.sql").write_text(up)
    (versions / f"{revision}_step.down.sql").write_text(down)
    (versions / f"{revision}_step.py").write_text(
        "from db.migrations.plain_sql import plain_sql\n"
        f"revision, down_revision = {revision!r}, {before!r}\n"
        "upgrade, downgrade = plain_sql(__file__)\n"
    )


async def _run(url: str, and_then: str = "") -> list[str]:
    """Migrate in another process; the lines that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE + and_then, url, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    return (await process.communicate())[0].decode().splitlines()


async def _versions(url: str) -> list[str]:
    async with connected(url) as conn:
        return [row[0] for row in await conn.fetch("SELECT version FROM schema_versions ORDER BY version")]


async def _everything(url: str) -> set[str]:
    """Tables, views, functions and types by name, except for the partitions of months."""
    async with connected(url) as conn:
        rows = await conn.fetch(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
            " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'"
        )
    return {row[0] for row in rows}
