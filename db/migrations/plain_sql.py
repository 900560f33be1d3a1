"""A revision whose steps are two files of SQL beside it: NNNN_name.up.sql and NNNN_name.down.sql."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.engine import AdaptedConnection

from db.migrations.errors import MigrationError

Step = Callable[[Connection, str], None]

APPLIED = text("""
INSERT INTO schema_versions (version, description, rollback_script) VALUES (:version, :what, :rollback)
""")
TAKEN_BACK = text("DELETE FROM schema_versions WHERE version = :version")


def plain_sql(revision_file: str) -> tuple[Step, Step]:
    """The upgrade and the downgrade of the revision in this file."""
    name = Path(revision_file).with_suffix("")
    up, down = name.with_suffix(".up.sql"), name.with_suffix(".down.sql")

    # The row comes first: SQLAlchemy begins its transaction with the first statement that goes through it,
    # and the file does not (op.execute takes one statement at a time, and '{"a":1}' for a parameter).
    def upgrade(connection: Connection, store: str) -> None:
        what = up.read_text().partition("\n")[0].lstrip("- ")
        row = {"version": f"{store}/{name.name[:4]}", "what": what, "rollback": down.read_text()}
        connection.execute(APPLIED, row)
        _run(connection, up)

    def downgrade(connection: Connection, store: str) -> None:
        connection.execute(TAKEN_BACK, {"version": f"{store}/{name.name[:4]}"})
        _run(connection, down)

    return upgrade, downgrade


def _run(connection: Connection, file: Path) -> None:
    sql = file.read_text()
    adapted = cast("AdaptedConnection", connection.connection.dbapi_connection)
    try:
        adapted.run_async(lambda raw: raw.execute(sql))
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{file.name}{_line(sql, error)}: {error}") from error


def _line(sql: str, error: asyncpg.PostgresError) -> str:
    position = getattr(error, "position", None)
    return f", line {sql.count(chr(10), 0, int(position) - 1) + 1}" if position else ""
