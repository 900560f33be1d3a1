"""Worlds: the running games."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

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


async def version(conn: Connection, world_id: str) -> int | None:
    """The version of a world now, or None where there is no such world."""
    found: int | None = await conn.fetchval(VERSION, world_id)
    return found
