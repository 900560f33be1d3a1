"""Upkeep: what time alone changes in the worlds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from db.connection import Pool
from db.main import fading, rules, treaties
from db.main.treaties import TreatyStatus
from db.viewer import ADMIN
from resolvers.changes import Change
from resolvers.treaties import is_over, settle

Told = Callable[[int, int], None]
"""Called with how much is done, and how much there is."""
RELATIONSHIPS_AT_ONCE = 2000


async def settle_treaties(pool: Pool, at: datetime, told: Told) -> int:
    """Write down which treaties have come to their end, each with what follows for trust; how many."""
    async with pool.acquire() as conn:
        overdue = await treaties.overdue(conn, at)
    settled, failures = 0, list[Exception]()
    for done, (world_id, treaty_id) in enumerate(overdue, start=1):
        try:
            settled += await _settle(pool, world_id, treaty_id, at)
        except Exception as error:  # one that cannot be settled keeps none of the others from it
            failures.append(error)
        told(done, len(overdue))
    if failures:
        raise ExceptionGroup("Some treaties could not be settled", failures)
    return settled


async def _settle(pool: Pool, world_id: str, treaty_id: int, at: datetime) -> bool:
    async with pool.acquire() as conn, conn.transaction():
        allowed = await rules.lock(conn, world_id)
        found = await treaties.lock(conn, world_id, treaty_id)
        if allowed is None or found is None:
            return False
        if found.row.status is not TreatyStatus.ACTIVE or not is_over(found.row, at):
            return False  # somebody was quicker
        await settle(Change(conn, ADMIN, at, world_id, allowed), found.row)
        return True


async def fade_trust(pool: Pool, at: datetime, told: Told) -> int:
    """Bring the trust scores of all worlds to a moment; how many moved."""
    async with pool.acquire() as conn:
        worlds = await fading.worlds(conn)
    moved = done = 0
    for world_id in worlds:
        batch = await _batch(pool, world_id, fading.BEFORE_ALL, at)
        while batch is not None:
            moved += await _fade(pool, world_id, batch, at)
            done += batch.size
            told(done, max(done, sum(worlds.values())))
            batch = await _batch(pool, world_id, batch.last, at)
    return moved


async def _batch(pool: Pool, world_id: str, after: fading.PairKey, at: datetime) -> fading.Batch | None:
    async with pool.acquire() as conn:
        return await fading.batch(conn, world_id, after, at, RELATIONSHIPS_AT_ONCE)


async def _fade(pool: Pool, world_id: str, batch: fading.Batch, at: datetime) -> int:
    if not batch.stale:
        return 0
    async with pool.acquire() as conn, conn.transaction():
        if await rules.lock(conn, world_id) is None:
            return 0
        return await fading.faded(conn, world_id, batch.stale, at)
