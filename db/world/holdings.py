"""Holdings: what a village has: resources, buildings and troops, as its owner's private matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from db.reads import Read, Store
from db.viewer import OWN_PLAYERS


class BuildingOrder(Enum):
    """How the buildings of a village are ordered."""

    SLOT = "slot"
    """By their places."""


class TroopsOrder(Enum):
    """How the troops of a village are ordered."""

    UNIT = "unit"
    """By the names of their units."""


@dataclass(frozen=True, slots=True)
class ResourcesRow:
    """What lies in the stores of a village, and what comes in per hour."""

    world_id: str
    village_id: int
    player_id: int
    wood: int
    clay: int
    iron: int
    wheat: int
    warehouse_capacity: int
    granary_capacity: int
    production_rate_wood: int
    production_rate_clay: int
    production_rate_iron: int
    production_rate_wheat: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BuildingRow:
    """A building in a village."""

    world_id: str
    village_id: int
    slot: int
    player_id: int
    building_name: str
    level: int


@dataclass(frozen=True, slots=True)
class TroopsRow:
    """The troops of one kind that a village has."""

    world_id: str
    village_id: int
    unit: str
    player_id: int
    at_home: int
    away: int


RESOURCES = Read(
    ResourcesRow,
    "village_resources",
    key=("world_id", "village_id"),
    visible=OWN_PLAYERS,
    store=Store.WORLD,
)
BUILDING = Read(
    BuildingRow,
    "village_buildings",
    key=("world_id", "village_id", "slot"),
    visible=OWN_PLAYERS,
    store=Store.WORLD,
)
BUILDINGS = Read(
    BuildingRow,
    "village_buildings",
    key=("world_id", "village_id"),
    orders=BuildingOrder,
    ties=("slot",),
    visible=OWN_PLAYERS,
    store=Store.WORLD,
)
TROOPS_OF_UNIT = Read(
    TroopsRow, "troops", key=("world_id", "village_id", "unit"), visible=OWN_PLAYERS, store=Store.WORLD
)
TROOPS = Read(
    TroopsRow,
    "troops",
    key=("world_id", "village_id"),
    orders=TroopsOrder,
    ties=("unit",),
    visible=OWN_PLAYERS,
    store=Store.WORLD,
)
