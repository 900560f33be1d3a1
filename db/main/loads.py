"""Loads: many rows of a world at once, in one transaction and one step of its version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.connection import Connection

# Two loads of one world wait for each other; loads of two worlds do not.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('entente.load.' || $1, 0))"
ADD_WORLD = """
INSERT INTO worlds (world_id, name, started_at) VALUES ($1, $1, $2) ON CONFLICT DO NOTHING RETURNING true
"""
HISTORY = "SELECT set_config('entente.history', $1, true)"
RECORDED = "SELECT set_config('entente.recorded', $1, true)"
NOTE = "SELECT note_changes(ARRAY[ROW($1, 'load', NULL, NULL, NULL, NULL, $2::jsonb, true)::graph_change])"


async def begin(conn: Connection, world_id: str) -> None:
    """Wait for the other loads of this world, and take the time that a load takes."""
    await conn.execute("SET LOCAL statement_timeout = 0")
    # The planner knows nothing of rows that were only just written, and would loop over all pairs of them.
    await conn.execute("SET LOCAL enable_nestloop = off")
    await conn.execute(LOCK, world_id)


async def add_world(conn: Connection, world_id: str, started_at: datetime) -> bool:
    """Make the world if there is none; says whether it was made."""
    return await conn.fetchval(ADD_WORLD, world_id, started_at) is not None


async def in_one_word(conn: Connection) -> None:
    """From here to `done` the feed is not told of each row."""
    await conn.execute(HISTORY, "given")


async def with_its_past(conn: Connection) -> None:
    """From here to `done` what happened was recorded as it happened, and not now."""
    await conn.execute(RECORDED, "given")


async def done(conn: Connection, world_id: str, what: dict[str, Any]) -> None:
    """Tell the feed of the load as a whole, and find now what would else be found at commit."""
    await conn.execute(HISTORY, "")
    await conn.execute(RECORDED, "")
    await conn.execute(NOTE, world_id, what)
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
