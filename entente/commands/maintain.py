"""`entente maintain`: what time alone brings about, done: once, or by `serve` again and again.

Each task may run twice, and in two places at once: then one of them does it, and the other leaves it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from db.connection import Stores
from db.hot.filling import fill
from db.hot.troubles import naming_redis
from db.main import changes, idempotency_keys, memories, memory_months, treaties, worlds
from db.timeseries import hours, npc_metrics
from entente.demo.progress import Told, untold
from resolvers import upkeep

log = logging.getLogger(__name__)
AT_ONCE = 2000
"""Rows that are removed in one statement."""
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('entente.maintain.' || $1, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('entente.maintain.' || $1, 0))"
BUSY = "Memories are too much in use; the next run tries again."


@dataclass(frozen=True, slots=True)
class Work:
    """What a task is given."""

    stores: Stores
    at: datetime
    told: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do from time to time; it says how much there was of it."""

    name: str
    run: Callable[[Work], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Maintained:
    """What became of a task."""

    task: str
    done: int
    seconds: float
    left_to_another: bool = False
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"✗ {self.task}: {self.problem}"
        if self.left_to_another:
            return f"· {self.task}: another process is at it"
        return f"✓ {self.task}: {self.done:,} in {self.seconds:.1f} s"


async def _settle_treaties(work: Work) -> int:
    return await upkeep.settle_treaties(work.stores.main, work.at, work.told)


async def _lapse_proposals(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        waited = await treaties.waited_in_vain(conn, work.at)
        return sum([await treaties.lapse(conn, world_id, work.at) for world_id in waited])


async def _fade_trust(work: Work) -> int:
    return await upkeep.fade_trust(work.stores.main, work.at, work.told)


async def _drop_months(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        over = await memory_months.over(conn, work.at)
        return sum([await memory_months.dropped(conn, one, work.at) for one in over])


async def _make_months(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        await memories.make_months_ahead(conn)
        return sum([await memory_months.made(conn, one) for one in await memory_months.waiting(conn)])


async def _forget_memories(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        return await _all(lambda: memories.forgotten(conn, work.at, AT_ONCE), work)


async def _forget_keys(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        return await _all(lambda: idempotency_keys.forgotten(conn, work.at, AT_ONCE), work)


async def _forget_changes(work: Work) -> int:
    async with work.stores.main.acquire() as conn:
        return await _all(lambda: changes.forgotten(conn, work.at, AT_ONCE), work)


async def _store_hours(work: Work) -> int:
    async with work.stores.metrics.acquire() as conn:
        await npc_metrics.make_months_ahead(conn)
        return await hours.store(conn, work.at)


async def _forget_metrics(work: Work) -> int:
    """A world takes none of its samples along: they may be in another database."""
    async with work.stores.metrics.acquire() as conn:
        measured = await hours.worlds(conn)
        async with work.stores.main.acquire() as main:
            there = {one.world_id for one in await worlds.versions(main, measured)}
        gone = [one for one in measured if one not in there]
        for world_id in gone:
            await hours.forget(conn, world_id)
    return len(gone)


async def _fill_queue(work: Work) -> int:
    """What was queued while Redis could not be reached is only in the database."""
    with naming_redis():
        async with work.stores.main.acquire() as conn, conn.transaction():
            return await fill(conn, work.stores.redis)


async def _all(remove: Callable[[], Awaitable[int]], work: Work) -> int:
    """Remove some rows at a time until there are no more."""
    removed = 0
    while some := await remove():
        removed += some
        work.told(removed, removed)
    return removed


TASKS = (
    Task("treaties that ended", _settle_treaties),
    Task("proposals that nobody answered", _lapse_proposals),
    Task("trust that faded", _fade_trust),
    Task("months of memories that are over", _drop_months),
    Task("memories that expired", _forget_memories),
    Task("months of memories ahead and waiting", _make_months),
    Task("idempotency keys that expired", _forget_keys),
    Task("decisions that wait", _fill_queue),
    Task("changes that were kept long enough", _forget_changes),
    Task("hours of metrics that are over", _store_hours),
    Task("metrics of worlds that are gone", _forget_metrics),
)


async def maintain(
    stores: Stores, at: datetime, told: Told = untold, tasks: Sequence[Task] = TASKS
) -> list[Maintained]:
    """Do every task, one after the other; one that fails keeps none of the others from being done."""
    return [await _maintain(task, stores, at, told) for task in tasks]


async def _maintain(task: Task, stores: Stores, at: datetime, told: Told) -> Maintained:
    began = time.perf_counter()
    try:
        done = await _alone(task, Work(stores, at, lambda done, of: told(task.name, done, of)))
    except asyncpg.LockNotAvailableError:
        return Maintained(task.name, 0, _since(began), problem=BUSY)
    except Exception as error:
        log.exception("maintenance failed", extra={"task": task.name})
        return Maintained(task.name, 0, _since(began), problem=str(error) or type(error).__name__)
    return Maintained(task.name, done or 0, _since(began), left_to_another=done is None)


async def _alone(task: Task, work: Work) -> int | None:
    """Do a task unless somebody else is at it."""
    async with work.stores.main.acquire() as conn:
        if not await conn.fetchval(TRY_LOCK, task.name):
            return None
        try:
            return await task.run(work)
        finally:
            await conn.fetchval(UNLOCK, task.name)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 3)
