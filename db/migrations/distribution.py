"""Distributes the global database by world over a Citus cluster: plain SQL, step by step, each once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncpg

from db.migrations import LOCK, MigrationError, pending

FOLDER = Path(__file__).parent / "distributed"
NO_CITUS = (
    "This Postgres has no Citus, or none that is set up: see docs/citus.md for the extension, the nodes and "
    "the setting that have to be there first."
)
DONE = "SELECT version FROM schema_versions WHERE starts_with(version, 'distributed/')"
NOTE = "INSERT INTO schema_versions (version, description) VALUES ($1, $2)"


@dataclass(frozen=True, slots=True)
class Step:
    """A file of SQL, which begins with a word about it."""

    name: str
    sql: str

    @property
    def version(self) -> str:
        """How schema_versions knows it."""
        return f"distributed/{self.name[:2]}"


def steps() -> list[Step]:
    """Every step, in order."""
    return [Step(file.stem, file.read_text()) for file in sorted(FOLDER.glob("*.sql"))]


async def distribute(url: str) -> list[str]:
    """Take the steps that were not taken yet; says which."""
    conn: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(url)
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", LOCK)
        await _refuse_unready(conn)
        done = {record[0] for record in await conn.fetch(DONE)}
        wanted = [step for step in steps() if step.version not in done]
        for step in wanted:
            await _take(conn, step)
        return [step.name for step in wanted]
    finally:
        await conn.close()


async def _refuse_unready(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    if not await conn.fetchval("SELECT to_regproc('create_distributed_table') IS NOT NULL"):
        raise MigrationError(NO_CITUS)
    if lacking := await pending(conn, "main"):
        raise MigrationError(f"Migrate first: this database lacks {', '.join(lacking)}.")


async def _take(conn: asyncpg.Connection[asyncpg.Record], step: Step) -> None:
    try:
        async with conn.transaction():
            await conn.execute(step.sql)
            await conn.execute(NOTE, step.version, step.sql.partition("\n")[0].lstrip("- "))
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{step.name}.sql: {error}") from error
