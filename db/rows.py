"""Rows: a single one, read again within a transaction."""

from __future__ import annotations

from typing import Any

from db.connection import Connection
from db.reads import Read, RowT


async def find(conn: Connection, read: Read[RowT], *key: Any) -> RowT | None:
    """The row of a key, as it stands in this transaction, whoever asks."""
    columns = ", ".join(read.columns.values())
    where = " AND ".join(f"{read.columns[name]} = ${place}" for place, name in enumerate(read.key, 1))
    found = await conn.fetchrow(f"SELECT {columns} FROM {read.source} t WHERE {where}", *key)
    return None if found is None else read.make(*found)


async def sure(conn: Connection, read: Read[RowT], *key: Any) -> RowT:
    """The same of a row that there is."""
    found = await find(conn, read, *key)
    assert found is not None
    return found
