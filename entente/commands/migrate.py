"""`entente migrate`: brings the databases to the newest revision, or one kind of them to another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from db import migrations
from db.connection import Connection, connect
from db.main import memories
from db.migrations import Store, distribution
from db.timeseries import npc_metrics
from db.world import databases
from entente.stores import StoreUrls


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one database."""

    database: str
    revisions: list[str]
    problem: str | None = None


async def migrate_all(urls: StoreUrls, target: str = "head", store: Store | None = None) -> list[Migrated]:
    """Migrate the main database, that of the metrics and every world's; a target other than the head is one
    store's revision."""
    done: list[Migrated] = []
    if store in (None, "main"):
        done.append(Migrated("main", await migrations.migrate(urls.main, "main", target)))
        if target == "head":
            await _make_months_ahead(urls.main, memories.make_months_ahead)
    if _includes("metrics", store, target):
        done.append(Migrated("metrics", await migrations.migrate(urls.metrics, "metrics", target)))
        if target == "head":
            await _make_months_ahead(urls.metrics, npc_metrics.make_months_ahead)
    if _includes("world", store, target):
        worlds = await databases.migrate_all_worlds(urls.main, urls.worlds, target, urls.attached)
        done += [_migrated(world_id, outcome) for world_id, outcome in worlds.items()]
    return done


async def distribute(urls: StoreUrls) -> Migrated:
    """Distribute the main database, which is migrated, over its Citus cluster."""
    return Migrated("main, distributed", await distribution.distribute(urls.main))


def _includes(one: Store, store: Store | None, target: str) -> bool:
    return store == one or (store is None and target == "head")


async def _make_months_ahead(url: str, make: Callable[[Connection], Awaitable[None]]) -> None:
    """At each start: no migration comes along when a month begins."""
    conn = await connect(url)
    try:
        await make(conn)
    finally:
        await conn.close()


def _migrated(world_id: str, outcome: list[str] | Exception) -> Migrated:
    if isinstance(outcome, Exception):
        return Migrated(f"world {world_id}", [], problem=str(outcome) or type(outcome).__name__)
    return Migrated(f"world {world_id}", outcome)
