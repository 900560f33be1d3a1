"""Idempotency keys: what came of the changes that viewers asked for under keys of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.affected import affected
from db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A change that is asked for under a key; `world_id` is empty where it belongs to no world."""

    world_id: str
    owner: str
    key: str
    fingerprint: bytes
    at: datetime
    until: datetime
    """How long the key is kept."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was asked for under a key before, and what came of it."""

    fingerprint: bytes
    outcome: Any


# Where another transaction has just taken the key, this waits until that one has ended.
TAKE = """
INSERT INTO idempotency_keys AS k (world_id, owner, key, fingerprint, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (world_id, owner, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, outcome = NULL,
       created_at = excluded.created_at, expires_at = excluded.expires_at
 WHERE k.expires_at <= $5
RETURNING true
"""
FIND = "SELECT fingerprint, outcome FROM idempotency_keys WHERE world_id = $1 AND owner = $2 AND key = $3"
KEEP = "UPDATE idempotency_keys SET outcome = $4 WHERE world_id = $1 AND owner = $2 AND key = $3"


async def take(conn: Connection, asked: Request) -> Earlier | None:
    """Take a key until this transaction ends; where it is taken already, what it was taken for."""
    whose = (asked.world_id, asked.owner, asked.key)
    if await conn.fetchval(TAKE, *whose, asked.fingerprint, asked.at, asked.until):
        return None
    found = await conn.fetchrow(FIND, *whose)
    assert found is not None
    return Earlier(*found)


async def keep(conn: Connection, asked: Request, outcome: Any) -> None:
    """Remember what came of it."""
    await conn.execute(KEEP, asked.world_id, asked.owner, asked.key, outcome)


FORGET = """
DELETE FROM idempotency_keys k USING (
    SELECT world_id, owner, key FROM idempotency_keys WHERE expires_at <= $1
     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
 WHERE k.world_id = old.world_id AND k.owner = old.owner AND k.key = old.key
"""


async def forgotten(conn: Connection, at: datetime, most: int) -> int:
    """Forget some keys whose time is over; how many."""
    return affected(await conn.execute(FORGET, at, most))
