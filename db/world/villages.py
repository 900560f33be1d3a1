"""Villages: the map of one world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.main.players import Tribe
from db.reads import Column, Read, Store


class VillageOrder(Enum):
    """How villages are ordered."""

    POPULATION = "population DESC"
    """The largest first."""


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


BY_ID = Read(VillageRow, "villages", key=("world_id", "village_id"), store=Store.WORLD)
OF_PLAYER = Read(
    VillageRow,
    "villages",
    key=("world_id", "player_id"),
    orders=VillageOrder,
    ties=("village_id",),
    store=Store.WORLD,
)
