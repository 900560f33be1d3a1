"""Villages, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import resolvers.villages
from db.main import players, worlds
from db.main.players import Tribe
from db.world import building, holdings, village_configs, villages
from db.world.holdings import BuildingRow, ResourcesRow, TroopsRow
from db.world.villages import VillageRow
from resolvers.refusal import RefusalCode
from schema.base import backed_by, few, many, one
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.building import Build, QueuedBuilding
    from schema.players import Player
    from schema.village_configs import VillageConfig
    from schema.worlds import World

MOST_BUILDINGS = 50
"""More than a village has places for."""


@backed_by(VillageRow, node=villages.BY_ID)
class Village(Node):
    """A village on the map. Where it is and whose it is everybody may know; what it has, its owner alone. A
    field that holds what it has is null, with an error, while the world's own database cannot be reached."""

    world_id: str
    """The world."""
    village_id: int
    """Its id in that world."""
    x: int
    """Where it is, from west to east."""
    y: int
    """Where it is, from south to north."""
    name: str
    """Its name."""
    tribe: Tribe
    """The tribe of its people."""
    population: int
    """Its people."""
    region: str | None
    """The region it is in, on worlds that have regions."""
    is_capital: bool
    """Whether it is its owner's capital."""
    is_city: bool
    """Whether it is a city."""
    has_harbour: bool
    """Whether it has a harbour."""
    victory_points: int
    """Victory points, on worlds that have them."""
    first_seen: datetime
    """When it was first seen."""
    last_seen: datetime
    """When it was last seen."""
    player: Player | None = one(players.BY_ID, key=("world_id", "player_id"))
    """Its owner."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
    resources: VillageResources | None = one(holdings.RESOURCES, key=("world_id", "village_id"))
    """What lies in its stores, and what comes in per hour; null where nothing was told."""
    buildings: list[VillageBuilding] | None = few(
        holdings.BUILDINGS, key=("world_id", "village_id"), first=MOST_BUILDINGS
    )
    """What is built in it."""
    troops: list[VillageTroops] | None = few(holdings.TROOPS, key=("world_id", "village_id"))
    """The troops that it feeds, by their units."""
    build_queue: list[QueuedBuilding] | None = few(building.QUEUE, key=("world_id", "village_id"))
    """What is being built in it, and what waits to be."""
    config: VillageConfig | None = one(village_configs.BY_ID, key=("world_id", "village_id"))
    """How its NPC wants it to be run; null where nothing was said."""
    build_history: Connection[Build] | None = many(building.OF_VILLAGE, key=("world_id", "village_id"))
    """What became of what its NPC had queued."""


@backed_by(ResourcesRow, node=holdings.RESOURCES)
class VillageResources(Node):
    """What lies in the stores of a village, and what comes in per hour, as of when it was last told."""

    wood: BigInt
    """Wood in the warehouses."""
    clay: BigInt
    """Clay in the warehouses."""
    iron: BigInt
    """Iron in the warehouses."""
    wheat: BigInt
    """Wheat in the granaries."""
    warehouse_capacity: BigInt
    """How much of each of wood, clay and iron the warehouses hold."""
    granary_capacity: BigInt
    """How much wheat the granaries hold."""
    production_rate_wood: BigInt
    """Wood per hour."""
    production_rate_clay: BigInt
    """Clay per hour."""
    production_rate_iron: BigInt
    """Iron per hour."""
    production_rate_wheat: BigInt
    """Wheat per hour, less what the troops eat: it may be below 0."""
    updated_at: datetime
    """As of when this was told."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""


@backed_by(BuildingRow, node=holdings.BUILDING)
class VillageBuilding(Node):
    """A building in a village."""

    slot: int
    """Its place in the village, from 1."""
    building_name: str
    """Which building it is, such as barracks."""
    level: int
    """Its level; 0 where it is only begun."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""


@backed_by(TroopsRow, node=holdings.TROOPS_OF_UNIT)
class VillageTroops(Node):
    """The troops of one unit that a village feeds."""

    unit: str
    """Which unit, such as legionnaire."""
    at_home: BigInt
    """How many are in the village."""
    away: BigInt
    """How many are on the march, or stand with others."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""


@backed_by(resolvers.villages.ReportRefused)
class ReportRefused:
    """A report of a village that was not taken in, and why."""

    village_id: int
    """The village."""
    code: RefusalCode
    """Why."""
    message: str
    """Why, and what to do, in words for a person."""


@backed_by(resolvers.villages.VillagesReported)
class VillagesReported:
    """What became of the reports of several villages."""

    accepted: int
    """How many were taken in."""
    refused: list[ReportRefused]
    """Those that were not."""
