"""Worlds: the running games."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from db.assignments import assignments, values
from db.connection import PATIENCE_SECONDS, Connection, Pool, Stores
from db.reads import Filter, Read
from db.viewer import OF_WORLDS


class WorldStatus(Enum):
    """Whether a world is being played."""

    RUNNING = "running"
    """It is being played."""
    PAUSED = "paused"
    """It stands still for now."""
    ENDED = "ended"
    """It is over."""


class WorldOrder(Enum):
    """How worlds are ordered."""

    WORLD_ID = "world_id"
    """By their ids."""


@dataclass(frozen=True, slots=True)
class WorldRow:
    """One running game."""

    world_id: str
    name: str
    speed: float
    status: WorldStatus
    started_at: datetime
    settings: dict[str, Any]
    version: int
    settings_version: int


BY_ID = Read(WorldRow, "worlds", key=("world_id",))
ALL = Read(
    WorldRow,
    "worlds",
    key=(),
    orders=WorldOrder,
    ties=("world_id",),
    filters=(Filter("status", WorldStatus, "t.status = {}", "Only worlds of this status."),),
    visible=OF_WORLDS,
)

IS_THERE = "SELECT true FROM worlds WHERE world_id = $1"
# What is paused or over stays as it is; so does a world with a calendar of its own, such as a made-up one.
TIME_GOES_ON = """w.status = 'running' AND NOT w.settings @> '{"time_stands_still": true}'"""
VERSION = "SELECT version FROM worlds WHERE world_id = $1"
VERSIONS = "SELECT world_id, incarnation, version FROM worlds WHERE world_id = ANY($1::text[])"
VERSIONS_TOLD = "entente_versions"
MOMENT = "SELECT incarnation, version, now() AS at FROM worlds WHERE world_id = $1"


@dataclass(frozen=True, slots=True)
class Moment:
    """A world at one time: the same id may have stood for another world before."""

    incarnation: UUID
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WorldVersion:
    """A world, and the version that it has come to."""

    world_id: str
    incarnation: UUID
    version: int


async def is_there(stores: Stores, world_id: str) -> bool:
    """Whether there is such a world: only then may its own database be asked, since whoever asks may have
    made the id up. One that was there is not looked for again."""
    known = stores.worlds.known
    if world_id not in known and await stores.reads.fetch(IS_THERE, [world_id]):
        known.add(world_id)
    return world_id in known


async def version(conn: Connection, world_id: str) -> int | None:
    """The version of a world now, or None where there is no such world."""
    found: int | None = await conn.fetchval(VERSION, world_id)
    return found


async def moment(conn: Connection, world_id: str) -> Moment | None:
    """A world as it is now, or None where there is no such world."""
    found = await conn.fetchrow(MOMENT, world_id)
    return None if found is None else Moment(*found)


async def versions(conn: Connection, world_ids: Sequence[str]) -> list[WorldVersion]:
    """The versions of those of these worlds that there are."""
    return [WorldVersion(*found) for found in await conn.fetch(VERSIONS, world_ids)]


# Their lives ------------------------------------------------------------------------------------------------

COLUMNS = ", ".join(BY_ID.columns.values())
FIND = f"SELECT {COLUMNS} FROM worlds t WHERE t.world_id = $1"
ADD = f"""
INSERT INTO worlds AS t (world_id, name, speed, status, started_at, settings, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorld:
    """A world to be opened."""

    world_id: str
    name: str
    speed: float
    status: WorldStatus
    started_at: datetime
    settings: dict[str, Any]


async def find(conn: Connection, world_id: str) -> WorldRow | None:
    """A world as it stands now."""
    found = await conn.fetchrow(FIND, world_id)
    return None if found is None else BY_ID.make(*found)


async def add(conn: Connection, new: NewWorld, at: datetime) -> WorldRow:
    """Open a world."""
    found = await conn.fetchrow(
        ADD, new.world_id, new.name, new.speed, new.status.value, new.started_at, new.settings, at
    )
    assert found is not None
    return BY_ID.make(*found)


async def changed(conn: Connection, world: WorldRow, columns: Mapping[str, Any]) -> WorldRow:
    """Set columns of a world; the version of its settings rises."""
    if not columns:
        return world
    sql = f"UPDATE worlds t SET {assignments(columns, 1)} WHERE t.world_id = $1 RETURNING {COLUMNS}"
    found = await conn.fetchrow(sql, world.world_id, *values(columns))
    assert found is not None
    return BY_ID.make(*found)


@asynccontextmanager
async def telling(
    pool: Pool, hear: Callable[[str, int], None], lost: Callable[[], None]
) -> AsyncIterator[Connection]:
    """A connection on which each world's new versions are heard; `lost` is called where it breaks."""

    def told(_conn: object, _process: int, _channel: str, payload: object) -> None:
        version, _, world_id = str(payload).partition(" ")
        if version.isdecimal():  # whoever may connect may also say what is none
            hear(world_id, int(version))

    async with pool.acquire(timeout=PATIENCE_SECONDS) as conn:
        conn.add_termination_listener(lambda _: lost())
        await conn.add_listener(VERSIONS_TOLD, told)
        try:
            yield conn
        finally:
            await conn.close(timeout=1)  # else the pool would hand out a connection that still listens


async def any_there(conn: Connection) -> bool:
    """Whether there is a world at all."""
    return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM worlds)"))
