"""Histories: the villages of a world that is copied in as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection

VILLAGES = """
SELECT id AS village_id, x, y, name, player_id, tribe, population, is_capital FROM villages ORDER BY id
"""
UNTOLD = """
SELECT NOT EXISTS (SELECT FROM village_resources) AND NOT EXISTS (SELECT FROM village_buildings)
       AND NOT EXISTS (SELECT FROM troops) AND NOT EXISTS (SELECT FROM build_queue)
       AND NOT EXISTS (SELECT FROM npc_village_config) AND NOT EXISTS (SELECT FROM npc_build_queue_history)
"""
ANALYSE = """
ANALYZE villages, village_resources, village_buildings, troops, build_queue, npc_village_config,
        npc_build_queue_history
"""
NEWEST = "SELECT max(last_seen) FROM villages"


@dataclass(frozen=True, slots=True)
class GivenVillage:
    """A village that was on the map before."""

    village_id: int
    x: int
    y: int
    name: str
    player_id: int
    tribe: str
    population: int
    is_capital: bool


async def villages(conn: Connection) -> list[GivenVillage]:
    """All villages, in the order of their ids."""
    return [GivenVillage(**record) for record in await conn.fetch(VILLAGES)]


async def newest(conn: Connection) -> datetime | None:
    """The time of the newest map, or None where there was none."""
    found: datetime | None = await conn.fetchval(NEWEST)
    return found


async def untold(conn: Connection) -> bool:
    """Whether nobody has told yet what the villages have."""
    found: bool = await conn.fetchval(UNTOLD)
    return found


async def clear(conn: Connection) -> None:
    """Remove all villages: of a world that is replaced, or of one that was never finished."""
    await conn.execute("DELETE FROM villages")


async def analyse(conn: Connection) -> None:
    """Let the planner know."""
    await conn.execute(ANALYSE)
