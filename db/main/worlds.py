"""Worlds: the running games."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from db.connection import Connection
from db.reads import Filter, Read


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


BY_ID = Read(WorldRow, "worlds", key=("world_id",))
ALL = Read(
    WorldRow,
    "worlds",
    key=(),
    orders=WorldOrder,
    ties=("world_id",),
    filters=(Filter("status", WorldStatus, "t.status = {}", "Only worlds of this status."),),
)

VERSION = "SELECT version FROM worlds WHERE world_id = $1"
MOMENT = "SELECT incarnation, version, now() AS at FROM worlds WHERE world_id = $1"


@dataclass(frozen=True, slots=True)
class Moment:
    """A world at one time: the same id may have stood for another world before."""

    incarnation: UUID
    version: int
    at: datetime


async def version(conn: Connection, world_id: str) -> int | None:
    """The version of a world now, or None where there is no such world."""
    found: int | None = await conn.fetchval(VERSION, world_id)
    return found


async def moment(conn: Connection, world_id: str) -> Moment | None:
    """A world as it is now, or None where there is no such world."""
    found = await conn.fetchrow(MOMENT, world_id)
    return None if found is None else Moment(*found)
