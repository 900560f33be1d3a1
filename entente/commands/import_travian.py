"""Take a Travian map.sql into a world: the first makes it, each newer one brings it up to date.

Two databases are concerned. Each merges in a transaction of its own, and only when both have succeeded is
the world's database committed, and right after it the global one. Should that second commit fail, the
villages are newer than the players, and the world's version has not moved; importing the same file again
finds only what is missing and heals it. A database that was made for a new world before a failure stays,
empty, for the next attempt.

The time of a map is when things are taken to have happened: who is new in an alliance joined then, who is
missing is gone since then. A map that is older than the last one is refused.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import db.world.histories
import db.world.map_imports
from db.connection import Connection, Stores
from db.main import loads, map_imports, rules, worlds
from db.world import databases
from entente.imports import ImportRefused, check_world_id
from entente.imports.files import opened, time_of
from entente.imports.progress import Told, telling, untold
from entente.imports.travian import villages


@dataclass(frozen=True, slots=True)
class TravianImport:
    """What an import of a map did."""

    world_id: str
    at: datetime
    is_new_world: bool
    villages: int
    villages_new: int
    villages_changed: int
    villages_gone: int
    players: int
    players_new: int
    players_changed: int
    players_gone: int
    players_returned: int
    alliances: int
    alliances_new: int
    alliances_changed: int
    alliances_disbanded: int
    joined: int
    left: int
    treaties_ended: int
    version: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.world_id}: {self._changes('villages', 'new', 'changed', 'gone')}, "
            f"{self._changes('players', 'new', 'changed', 'gone', 'returned')}, "
            f"{self._changes('alliances', 'new', 'changed', 'disbanded')}, "
            f"{self.joined:,} joined and {self.left:,} left one, "
            f"{self.treaties_ended:,} treaties ended, "
            f"in {self.seconds:.1f} s; version {self.version}"
        )

    def _changes(self, what: str, *changes: str) -> str:
        counts = ", ".join(f"{getattr(self, f'{what}_{change}'):,} {change}" for change in changes)
        return f"{getattr(self, what):,} {what} ({counts})"


async def import_travian(
    stores: Stores,
    path: Path,
    world_id: str,
    *,
    at: datetime | None = None,
    told: Told = untold,
) -> TravianImport:
    """Take the map in this file into this world, as of `at` or else of when the file was last changed."""
    started = time.perf_counter()
    check_world_id(world_id)
    if world_id in stores.worlds.attached:
        raise ImportRefused(
            f"World {world_id} is attached: its game's own database says where its villages are."
        )
    at = time_of(path, at, datetime.now(UTC))
    async with stores.main.acquire() as conn, conn.transaction():
        await loads.begin(conn, world_id)
        await _stage(conn, path, told)
        is_first = await _is_first_map(conn, world_id)
        await databases.ready(stores.worlds, world_id)
        async with stores.worlds.acquire(world_id) as of_world, of_world.transaction():
            await _refuse_older(of_world, at)
            on_map = await db.world.map_imports.merge(of_world, map_imports.staged_villages(conn), at)
            is_new_world = await loads.add_world(conn, world_id, at)
            if is_first:
                await loads.in_one_word(conn)
            await rules.lock(conn, world_id)
            in_world = await map_imports.merge(conn, world_id, at)
            if on_map.anything or in_world.anything:
                await loads.done(conn, world_id, {"from": "travian", **asdict(on_map), **asdict(in_world)})
            version = await worlds.version(conn, world_id) or 0
    seconds = round(time.perf_counter() - started, 3)
    return TravianImport(
        world_id, at, is_new_world, version=version, seconds=seconds, **asdict(on_map), **asdict(in_world)
    )


async def _stage(conn: Connection, path: Path, told: Told) -> None:
    with opened(path) as source:
        count = await map_imports.stage(conn, telling(villages(source.stream), source.position, told))
    if not count:
        raise ImportRefused(f"{path} holds no rows of a map.")
    if found := await map_imports.contradiction(conn):
        raise ImportRefused(found.message, found.line)


async def _is_first_map(conn: Connection, world_id: str) -> bool:
    if await map_imports.has_map(conn, world_id):
        return False
    if await map_imports.has_players(conn, world_id):
        raise ImportRefused(
            f"World {world_id} has players but no map: the map's player ids would mean other people. "
            f"Import the map into a world of its own, and who-trusts-whom lists after it."
        )
    return True


async def _refuse_older(of_world: Connection, at: datetime) -> None:
    newest = await db.world.histories.newest(of_world)
    if newest is not None and at < newest:
        raise ImportRefused(
            f"This map is of {at:%Y-%m-%d %H:%M:%S} UTC, older than the last one, "
            f"of {newest:%Y-%m-%d %H:%M:%S} UTC. If the time of the file is wrong, state it with --at."
        )
