"""Villages: the map of one world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.connection import Connection
from db.main.players import Tribe
from db.reads import Column, Filter, Read, Store, of_world


class VillageOrder(Enum):
    """How the villages of a player are ordered."""

    POPULATION = "population DESC"
    """The largest first."""


class VillageOfWorldOrder(Enum):
    """How the villages of a world are ordered."""

    POPULATION = "population DESC"
    """The largest first."""
    VILLAGE_ID = "village_id"
    """By their ids."""


@dataclass(frozen=True, slots=True)
class VillageRow:
    """A village on the map."""

    world_id: str
    village_id: Annotated[int, Column("t.id")]
    tile_id: int
    x: int
    y: int
    name: str
    player_id: int
    tribe: Tribe
    population: int
    region: str | None
    is_capital: bool
    is_city: bool
    has_harbour: bool
    victory_points: int
    first_seen: datetime
    last_seen: datetime


FILTERS = (
    Filter("tribe", Tribe, "t.tribe = {}", "Only villages of this tribe."),
    Filter("is_capital", bool, "t.is_capital = {}", "Only capitals, or only the others."),
    Filter("min_population", int, "t.population >= {}", "Only villages with at least this many people."),
)
PLACES = (
    Filter("player_id", int, "t.player_id = {}", "Only villages of this player."),
    Filter("west", int, "t.x >= {}", "Only villages at this x or east of it."),
    Filter("east", int, "t.x <= {}", "Only villages at this x or west of it."),
    Filter("south", int, "t.y >= {}", "Only villages at this y or north of it."),
    Filter("north", int, "t.y <= {}", "Only villages at this y or south of it."),
)

BY_ID = Read(VillageRow, "villages", key=("world_id", "village_id"), store=Store.WORLD)
OF_PLAYER = Read(
    VillageRow,
    "villages",
    key=("world_id", "player_id"),
    orders=VillageOrder,
    ties=("village_id",),
    filters=FILTERS,
    store=Store.WORLD,
)
OF_WORLD = Read(
    VillageRow,
    "villages",
    key=("world_id",),
    orders=VillageOfWorldOrder,
    ties=("village_id",),
    filters=FILTERS + PLACES,
    store=Store.WORLD,
)


LOCK = f"SELECT {of_world(BY_ID)} FROM villages t WHERE id = $1 FOR NO KEY UPDATE"


async def lock(conn: Connection, world_id: str, village_id: int) -> VillageRow | None:
    """A village, if there is one by that id: nobody else changes what it has until this transaction ends."""
    found = await conn.fetchrow(LOCK, village_id)
    return None if found is None else BY_ID.make(world_id, *found)
