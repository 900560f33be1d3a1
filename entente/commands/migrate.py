"""`entente migrate`: brings the databases to the newest revision, or one kind of them to another one."""

from __future__ import annotations

from dataclasses import dataclass

from db import migrations
from db.connection import connect
from db.main import memories
from db.migrations import Store
from db.world import databases
from entente.stores import StoreUrls


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one database."""

    database: str
    revisions: list[str]
    problem: str | None = None


async def migrate_all(urls: StoreUrls, target: str = "head", store: Store | None = None) -> list[Migrated]:
    """Migrate the main database, then every world's; a target other than the head is one store's revision."""
    done: list[Migrated] = []
    if store != "world":
        done.append(Migrated("main", await migrations.migrate(urls.main, "main", target)))
        if target == "head":
            await _make_months_ahead(urls.main)
    if store == "world" or (store is None and target == "head"):
        worlds = await databases.migrate_all_worlds(urls.main, urls.worlds, target, urls.attached)
        done += [_migrated(world_id, outcome) for world_id, outcome in worlds.items()]
    return done


async def _make_months_ahead(url: str) -> None:
    """At each start: no migration comes along when a month begins."""
    conn = await connect(url)
    try:
        await memories.make_months_ahead(conn)
    finally:
        await conn.close()


def _migrated(world_id: str, outcome: list[str] | Exception) -> Migrated:
    if isinstance(outcome, Exception):
        return Migrated(f"world {world_id}", [], problem=str(outcome) or type(outcome).__name__)
    return Migrated(f"world {world_id}", outcome)
