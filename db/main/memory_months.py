"""Memory months: the partitions of memories, made when there is something for them, dropped when there is no
more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from db.connection import Connection

WORTH_A_PARTITION = 1000
"""Memories of one month in the default partition; fewer do no harm there."""
MONTHS_AT_ONCE = 12

# Whoever wants a lock on the whole table makes everybody after it wait, too.
PATIENCE = "SET LOCAL lock_timeout = '1s'"
MAKE = "SELECT make_memory_partition($1)"
WAITING = """
SELECT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date
  FROM npc_memory_default GROUP BY 1 HAVING count(*) >= $1 ORDER BY count(*) DESC LIMIT $2
"""


async def waiting(conn: Connection) -> Sequence[date]:
    """The months of which many memories are in the default partition."""
    return [record[0] for record in await conn.fetch(WAITING, WORTH_A_PARTITION, MONTHS_AT_ONCE)]


async def made(conn: Connection, month: date) -> bool:
    """Make the partition of a month, and move its memories there; False where there is one already."""
    async with conn.transaction():
        await conn.execute(PATIENCE)
        return bool(await conn.fetchval(MAKE, month))


OVER = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'npc_memory'::regclass AND c.relname < $1
   AND c.relname ~ '^npc_memory_[0-9]{4}_[0-9]{2}$'
 ORDER BY c.relname
"""
ALONE = "SELECT pg_advisory_xact_lock(hashtext('entente.npc_memory'))"


async def over(conn: Connection, at: datetime) -> Sequence[str]:
    """The partitions of the months before this one."""
    return [record[0] for record in await conn.fetch(OVER, at.strftime("npc_memory_%Y_%m"))]


async def dropped(conn: Connection, partition: str, at: datetime) -> bool:
    """Drop a partition in which there is nothing, or nothing that has not expired."""
    if await _lives(conn, partition, at):
        return False
    async with conn.transaction():
        await conn.execute(PATIENCE)
        await conn.execute(ALONE)
        await conn.execute(f"LOCK TABLE ONLY npc_memory, {partition} IN ACCESS EXCLUSIVE MODE")
        if await _lives(conn, partition, at):  # somebody remembered something meanwhile
            return False
        await conn.execute(f"DROP TABLE {partition}")
        return True


async def _lives(conn: Connection, partition: str, at: datetime) -> bool:
    sql = f"SELECT EXISTS (SELECT FROM {partition} WHERE expires_at IS NULL OR expires_at > $1)"
    return bool(await conn.fetchval(sql, at))
