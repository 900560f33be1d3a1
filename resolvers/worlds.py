"""Worlds: how they are opened and changed."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db.main import worlds
from db.main.worlds import NewWorld, WorldRow, WorldStatus
from db.world import databases
from resolvers.changes import Change, Step, at_large, change, only_those_who_run_it, unchanged_since
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import LONGEST_WORLD_ID, called, json_object, moment, told, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld, Repeatable
from resolvers.world_rules import check

LOG = logging.getLogger("entente.worlds")
LONGEST_NAME = 100
SLOWEST, FASTEST = 0.001, 1_000_000
WORLD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

enum(WorldStatus)


@input_type
class CreateWorldInput(Repeatable):
    """A world to be opened."""

    world_id: str
    """Its id, such as demo: letters, digits, `_`, `.` and `-`, the first a letter or digit; at most 50
    characters."""
    name: str
    """Its name, at most 100 characters."""
    speed: float = 1.0
    """How fast time passes in it; 1 is the usual speed."""
    status: WorldStatus = WorldStatus.RUNNING
    """Whether it is being played."""
    started_at: datetime | None = None
    """When it began, or is to begin; now unless told."""
    settings: JSON | None = None
    """Its rules where they differ from the usual, and notes: an object of at most 32 KB; see
    docs/world-rules.md."""


async def create_world(
    info: Info, input: Annotated[CreateWorldInput, strawberry.argument(description="What it is like.")]
) -> WorldRow | Refusal:
    """Open a world, and make the database for its villages."""
    if not WORLD_ID.fullmatch(input.world_id) or len(input.world_id) > LONGEST_WORLD_ID:
        raise bad_input(
            f"worldId must be 1 to {LONGEST_WORLD_ID} letters, digits, '_', '.' or '-', "
            "the first a letter or digit."
        )
    _check({"name": input.name, "speed": input.speed})
    new = NewWorld(
        world_id=input.world_id,
        name=input.name,
        speed=input.speed,
        status=input.status,
        started_at=info.context.now if input.started_at is None else moment("startedAt", input.started_at),
        settings={} if input.settings is None else check(json_object("settings", input.settings)),
    )
    made = await at_large(info, input, lambda step: _create(step, new))
    if isinstance(made, WorldRow):
        await _have_a_database(info, made.world_id)
    return made


async def _create(step: Step, new: NewWorld) -> WorldRow:
    only_those_who_run_it(step.viewer, "open worlds")
    if not step.viewer.is_in(new.world_id):
        refuse(RefusalCode.NOT_YOURS, f"Your key is not for a world {new.world_id}: ask for one that is.")
    if await worlds.find(step.conn, new.world_id) is not None:
        refuse(RefusalCode.ID_TAKEN, f"There is a world {new.world_id} already: pass another worldId.")
    return await worlds.add(step.conn, new, step.now)


async def _have_a_database(info: Info, world_id: str) -> None:
    """The world is there in any case. Until its database is, what it would hold answers with an error."""
    try:
        await databases.ready(info.context.stores.worlds, world_id)
    except databases.FAILURES as error:
        LOG.warning("The database of world %s is not there yet: %s", world_id, error)


def _check(given: dict[str, Any]) -> None:
    """Refuse what no world may have."""
    if "name" in given:
        called("name", given["name"], LONGEST_NAME)
    if "speed" in given:
        within("speed", given["speed"], SLOWEST, FASTEST)


@input_type
class ChangeWorldInput(OfWorld):
    """What is to be changed of a world; what is left out stays as it is."""

    expected_version: int | None = None
    """The settingsVersion that you have seen: if somebody changed them since, this is refused. Unless told,
    whatever there is is replaced."""
    name: str | None = strawberry.UNSET
    """Its name, at most 100 characters."""
    speed: float | None = strawberry.UNSET
    """How fast time passes in it; 1 is the usual speed."""
    status: WorldStatus | None = strawberry.UNSET
    """Whether it is being played. Nobody acts in a world that is paused or over."""
    settings: JSON | None = strawberry.UNSET
    """Entries to be set: an object; null for an entry takes it away, so that the usual holds again, and
    entries that are not named stay as they are. The whole is at most 32 KB; see docs/world-rules.md."""


async def change_world(
    info: Info, input: Annotated[ChangeWorldInput, strawberry.argument(description="What to change.")]
) -> WorldRow | Refusal:
    """Change a world: its name, its speed, whether it is played, and its rules."""
    given = told(input, ("name", "speed", "status", "settings"))
    _check(given)
    if "settings" in given:
        json_object("settings", given["settings"])
    return await change(info, input, lambda under_way: _change(under_way, input, given))


async def _change(change: Change, input: ChangeWorldInput, given: dict[str, Any]) -> WorldRow:
    only_those_who_run_it(change.viewer, "change worlds")
    world = await worlds.find(change.conn, change.world_id)
    assert world is not None
    unchanged_since(f"World {world.world_id}", world.settings_version, input.expected_version)
    columns = dict(given)
    if "settings" in columns:
        columns["settings"] = _merged(world.settings, columns["settings"])
    return await worlds.changed(change.conn, world, columns)


def _merged(settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in {**settings, **given}.items() if value is not None}
    check({name: value for name, value in merged.items() if name in given})
    return json_object("settings", merged)
