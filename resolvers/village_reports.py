"""What game servers tell of villages, and what of it is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from db.main.players import Tribe
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import HIGHEST_INT, amounts, called, few, moment, past, short, within
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt

MOST_VILLAGES = 500
MOST_IN_A_VILLAGE = 200
HIGHEST_LEVEL = 1000
LONGEST_NAME = 100

STORED = ("wood", "clay", "iron", "wheat", "warehouse_capacity", "granary_capacity")

enum(Tribe)


@input_type
class VillageOnMapInput:
    """Where a village stands, and whose it is."""

    tile_id: int
    """The number of its tile: each has at most one village. A village that is told of on the tile of another
    has taken its place."""
    x: int
    """Where it is, from west to east."""
    y: int
    """Where it is, from south to north."""
    name: str
    """Its name, at most 100 characters."""
    player_id: int
    """Its owner, a player of this world."""
    tribe: Tribe
    """The tribe of its people."""
    population: int = 0
    """Its people, 0 or more."""
    region: str | None = None
    """The region it is in, on worlds that have regions; at most 100 characters."""
    is_capital: bool = False
    """Whether it is its owner's capital."""
    is_city: bool = False
    """Whether it is a city."""
    has_harbour: bool = False
    """Whether it has a harbour."""
    victory_points: int = 0
    """Victory points, on worlds that have them."""


@input_type
class VillageResourcesInput:
    """What lies in the stores of a village, and what comes in per hour."""

    wood: BigInt
    """Wood in the warehouses, 0 or more."""
    clay: BigInt
    """Clay in the warehouses, 0 or more."""
    iron: BigInt
    """Iron in the warehouses, 0 or more."""
    wheat: BigInt
    """Wheat in the granaries, 0 or more."""
    warehouse_capacity: BigInt = BigInt(0)
    """How much of each of wood, clay and iron the warehouses hold, 0 or more."""
    granary_capacity: BigInt = BigInt(0)
    """How much wheat the granaries hold, 0 or more."""
    production_rate_wood: BigInt = BigInt(0)
    """Wood per hour."""
    production_rate_clay: BigInt = BigInt(0)
    """Clay per hour."""
    production_rate_iron: BigInt = BigInt(0)
    """Iron per hour."""
    production_rate_wheat: BigInt = BigInt(0)
    """Wheat per hour, less what the troops eat: it may be below 0."""


@input_type
class VillageBuildingInput:
    """A building in a village."""

    slot: int
    """Its place in the village, 1 to 1,000."""
    building_name: str
    """Which building it is, such as barracks; at most 100 characters."""
    level: int
    """Its level, 0 to 1,000."""


@input_type
class VillageTroopsInput:
    """The troops of one unit that a village feeds."""

    unit: str
    """Which unit, such as legionnaire; at most 100 characters."""
    at_home: BigInt = BigInt(0)
    """How many are in the village, 0 or more."""
    away: BigInt = BigInt(0)
    """How many are on the march, or stand with others, 0 or more."""


@input_type
class QueuedBuildingInput:
    """A level of a building that waits to be built, or is being built."""

    building_name: str
    """Which building it is, such as barracks; at most 100 characters."""
    slot: int | None = None
    """Its place in the village, 1 to 1,000."""
    from_level: int
    """The level it has, 0 to 1,000; 0 for a new one."""
    to_level: int
    """The level it is to get, 0 to 1,000; not the one it has."""
    queued_at: datetime | None = None
    """When it was queued; when it began, or else the moment of the report, unless told."""
    started_at: datetime | None = None
    """When the work began; null while it waits."""
    completes_at: datetime | None = None
    """When the work is expected to be done."""
    cost_wood: BigInt = BigInt(0)
    """Wood that it costs, 0 or more."""
    cost_clay: BigInt = BigInt(0)
    """Clay that it costs, 0 or more."""
    cost_iron: BigInt = BigInt(0)
    """Iron that it costs, 0 or more."""
    cost_wheat: BigInt = BigInt(0)
    """Wheat that it costs, 0 or more."""


@input_type
class VillageReportInput:
    """What there is to tell of one village. Each list is whole: what it does not name is gone. What is left
    out stays as it is."""

    village_id: int
    """The village's id in that world."""
    reported_at: datetime | None = None
    """As of when this is told; now unless told. What is older than the last report is refused."""
    on_map: VillageOnMapInput | None = None
    """Where it stands, and whose it is: needed for a village that is not known yet."""
    resources: VillageResourcesInput | None = None
    """What lies in its stores, and what comes in per hour."""
    buildings: list[VillageBuildingInput] | None = None
    """Everything that is built in it, at most 200."""
    troops: list[VillageTroopsInput] | None = None
    """All the troops that it feeds, at most 200 units."""
    build_queue: list[QueuedBuildingInput] | None = None
    """All that is being built in it or waits to be, at most 200. What an NPC had queued and is named no
    longer goes into its history: as completed where the building has its level, else as given up."""


@input_type
class ReportVillagesInput(OfWorld):
    """What a game server tells of villages."""

    villages: list[VillageReportInput]
    """The villages, at most 500, each once."""


@input_type
class ReportVillageInput(OfWorld):
    """What a game server tells of one village."""

    village: VillageReportInput
    """The village."""


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and as of when it is."""

    report: VillageReportInput
    at: datetime


def checked(given: Sequence[VillageReportInput], now: datetime) -> list[Told]:
    """The reports, unless something in them can't be."""
    few("villages", given, MOST_VILLAGES)
    _each_once("villages", (one.village_id for one in given))
    _each_once("tileId", (one.on_map.tile_id for one in given if one.on_map is not None))
    return [_told(one, now) for one in given]


def _told(report: VillageReportInput, now: datetime) -> Told:
    at = past("reportedAt", report.reported_at, now)
    if report.on_map is not None:
        called("name", report.on_map.name, LONGEST_NAME)
        short("region", report.on_map.region, LONGEST_NAME)
        within("population", report.on_map.population, 0, HIGHEST_INT)
    if report.resources is not None:
        amounts(
            vars(report.resources),
            ("wood", "clay", "iron", "wheat", "warehouse_capacity", "granary_capacity"),
        )
    _check_each("buildings", report.buildings, _check_building, lambda one: one.slot)
    _check_each("troops", report.troops, _check_troops, lambda one: one.unit)
    _check_each(
        "buildQueue",
        report.build_queue,
        _check_queued,
        lambda one: (one.building_name, one.slot, one.to_level),
    )
    return Told(report, at)


def _check_each(
    name: str, given: Sequence[Any] | None, check: Callable[[Any], None], key: Callable[[Any], object]
) -> None:
    if given is not None:
        few(name, given, MOST_IN_A_VILLAGE)
        for one in given:
            check(one)
        _each_once(name, map(key, given))


def _each_once(name: str, keys: Iterable[object]) -> None:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise bad_input(f"{name} must name each once, not {key} twice.")
        seen.add(key)


def _check_building(building: VillageBuildingInput) -> None:
    called("buildingName", building.building_name, LONGEST_NAME)
    within("slot", building.slot, 1, HIGHEST_LEVEL)
    within("level", building.level, 0, HIGHEST_LEVEL)


def _check_troops(troops: VillageTroopsInput) -> None:
    called("unit", troops.unit, LONGEST_NAME)
    amounts(vars(troops), ("at_home", "away"))


def _check_queued(queued: QueuedBuildingInput) -> None:
    called("buildingName", queued.building_name, LONGEST_NAME)
    if queued.slot is not None:
        within("slot", queued.slot, 1, HIGHEST_LEVEL)
    within("fromLevel", queued.from_level, 0, HIGHEST_LEVEL)
    within("toLevel", queued.to_level, 0, HIGHEST_LEVEL)
    if queued.from_level == queued.to_level:
        raise bad_input("toLevel must be another one than fromLevel.")
    costs_of(queued)
    _in_order(queued)


def _in_order(queued: QueuedBuildingInput) -> None:
    moments = (
        ("queuedAt", queued.queued_at),
        ("startedAt", queued.started_at),
        ("completesAt", queued.completes_at),
    )
    given = [(name, moment(name, at)) for name, at in moments if at is not None]
    for (earlier, before), (later, after) in pairwise(given):
        if after < before:
            raise bad_input(f"{later} must not be before {earlier}.")


def costs_of(queued: Any) -> tuple[int, int, int, int]:
    """What a level of a building costs, refused where that is less than nothing."""
    names = ("cost_wood", "cost_clay", "cost_iron", "cost_wheat")
    amounts(vars(queued), names)
    wood, clay, iron, wheat = (getattr(queued, name) for name in names)
    return wood, clay, iron, wheat
