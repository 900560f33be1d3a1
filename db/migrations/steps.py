"""The environment that Alembic runs revisions in, the same for every kind of store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.migrations import FOLDER

if TYPE_CHECKING:
    from db.connection import Connection
    from db.migrations import Store


async def take(conn: Connection, store: Store, wanted: str | None) -> list[str]:
    """Take a database from where it is to a revision, or to before the first; each step is a transaction."""

    async def the_connection() -> Connection:
        return conn

    engine = create_async_engine("postgresql+asyncpg://", async_creator=the_connection, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(_take, store, wanted)


def _take(connection: SyncConnection, store: Store, wanted: str | None) -> list[str]:
    # Alembic's command functions work through module-wide proxies, so that two runs in one process would mix.
    script = ScriptDirectory(FOLDER, version_locations=[FOLDER / store / "versions"])
    taken: list[str] = []

    def steps(heads: tuple[str, ...], _: MigrationContext) -> Iterable[MigrationStep]:
        for revision, step in _steps(script, heads[0] if heads else None, wanted):
            yield step
            taken.append(revision)

    options = {"fn": steps, "version_table": f"alembic_version_{store}", "transaction_per_migration": True}
    context = MigrationContext.configure(connection, opts=options)
    with context.begin_transaction():
        context.run_migrations(connection=connection, store=store)
    return taken


def _steps(script: ScriptDirectory, at: str | None, wanted: str | None) -> list[tuple[str, MigrationStep]]:
    up = wanted is not None and (at is None or at < wanted)
    if up:
        way = reversed(list(script.iterate_revisions(wanted, at or "base")))
        return [(each.revision, MigrationStep.upgrade_from_script(script.revision_map, each)) for each in way]
    way = script.iterate_revisions(at, wanted or "base")
    return [(each.revision, MigrationStep.downgrade_from_script(script.revision_map, each)) for each in way]
