"""Village configs: how an NPC says how its villages are to be run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from db.world import village_configs
from db.world.village_configs import BuildPhase, VillageConfigRow, VillageType
from resolvers.changes import Change, aside, unchanged_since
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import HIGHEST_BIG_INT, json_object, moment, short, told, within
from resolvers.refusal import Refusal
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt
from resolvers.world_database import database_of, governed

RESOURCES = ("wood", "clay", "iron", "wheat")
CLEARABLE = (
    "village_type", "build_template_name", "current_build_phase", "next_scheduled_build",
    "build_queue_strategy", "resource_priority", "training_queue_strategy",
)  # fmt: skip
KEPT = ("auto_build_enabled", "warehouse_reserve", "troop_training_enabled", "auto_raid_enabled")
LONGEST_TEMPLATE_NAME = 100

enum(VillageType)
enum(BuildPhase)


@dataclass(frozen=True, slots=True)
class Priority:
    """In which order resources matter, read from its JSON."""

    wood: int | None
    clay: int | None
    iron: int | None
    wheat: int | None


def resource_priority(config: strawberry.Parent[VillageConfigRow]) -> Priority | None:
    """In which order resources matter to it."""
    given = config.resource_priority
    return None if given is None else Priority(*(_place(given.get(name)) for name in RESOURCES))


def _place(value: Any) -> int | None:
    """Other programs may have written anything."""
    return value if type(value) is int and abs(value) < 2**31 else None


@input_type
class ResourcePriorityInput:
    """In which order resources matter: the places 1 to 4, each once."""

    wood: int
    """The place of wood."""
    clay: int
    """The place of clay."""
    iron: int
    """The place of iron."""
    wheat: int
    """The place of wheat."""


@input_type
class ConfigureVillageInput(OfWorld):
    """How a village is to be run; what is left out stays as it is."""

    village_id: int
    """The village, one whose owner is your own NPC, or one that you may decide for."""
    expected_version: int | None = None
    """The version that you have seen, 0 where nothing was said of the village yet: if somebody changed it
    since, this is refused. Unless told, whatever there is is changed."""
    village_type: VillageType | None = strawberry.UNSET
    """What the village is for."""
    build_template_name: str | None = strawberry.UNSET
    """By which template it is built, at most 100 characters."""
    current_build_phase: BuildPhase | None = strawberry.UNSET
    """How far it has come."""
    auto_build_enabled: bool | None = strawberry.UNSET
    """Whether it is built without asking the NPC each time; it is, where nothing was said yet."""
    next_scheduled_build: datetime | None = strawberry.UNSET
    """When the next building is to be queued."""
    build_queue_strategy: JSON | None = strawberry.UNSET
    """How the build queue is to be filled: an object of at most 32 KB."""
    resource_priority: ResourcePriorityInput | None = strawberry.UNSET
    """In which order resources matter."""
    warehouse_reserve: BigInt | None = strawberry.UNSET
    """How much of each resource is to be kept in reserve, 0 or more; 5,000 where nothing was said yet."""
    troop_training_enabled: bool | None = strawberry.UNSET
    """Whether troops are trained; they are, where nothing was said yet."""
    training_queue_strategy: JSON | None = strawberry.UNSET
    """How the training queue is to be filled: an object of at most 32 KB."""
    auto_raid_enabled: bool | None = strawberry.UNSET
    """Whether raids are sent without asking the NPC each time; they are not, where nothing was said yet."""


async def configure_village(
    info: Info, input: Annotated[ConfigureVillageInput, strawberry.argument(description="What is to be so.")]
) -> VillageConfigRow | Refusal:
    """Say how a village of an NPC is to be run. What its owner before said of it no longer counts."""
    given = _checked(told(input, (*CLEARABLE, *KEPT), clearable=CLEARABLE))
    return await aside(info, input, lambda under_way: _configure(info, under_way, input, given))


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """What is told, as it is stored."""
    short("buildTemplateName", given.get("build_template_name"), LONGEST_TEMPLATE_NAME)
    if "warehouse_reserve" in given:
        within("warehouseReserve", given["warehouse_reserve"], 0, HIGHEST_BIG_INT)
    return {name: None if value is None else _stored(name, value) for name, value in given.items()}


def _stored(name: str, value: Any) -> Any:
    if name == "next_scheduled_build":
        return moment("nextScheduledBuild", value)
    if name == "resource_priority":
        return _places(value)
    if name in ("build_queue_strategy", "training_queue_strategy"):
        return json_object(to_camel_case(name), value)
    return value


def _places(given: ResourcePriorityInput) -> dict[str, int]:
    places = {name: getattr(given, name) for name in RESOURCES}
    if sorted(places.values()) != [1, 2, 3, 4]:
        raise bad_input("resourcePriority must give the places 1 to 4, each once.")
    return places


async def _configure(
    info: Info, change: Change, input: ConfigureVillageInput, given: dict[str, Any]
) -> VillageConfigRow:
    async with database_of(info, change) as conn:
        own = await governed(change, conn, input.village_id)
        last = await village_configs.find(conn, change.world_id, input.village_id)
        version = last.version if last is not None and last.npc_id == own.npc_id else 0
        unchanged_since(f"The config of {own.village.name}", version, input.expected_version)
        return await village_configs.configured(
            conn, change.world_id, input.village_id, own.npc_id, given, change.now
        )
