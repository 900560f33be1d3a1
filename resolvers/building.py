"""Building: how an NPC queues what is to be built, and how that begins and ends."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from db.connection import Connection
from db.world import building
from db.world.building import BuildRow, NewQueued, QueuedRow, Standing
from resolvers.changes import Change, aside, npc, speaks_for
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.inputs import called, moment, past, short, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt
from resolvers.village_reports import HIGHEST_LEVEL, LONGEST_NAME, costs_of
from resolvers.world_database import Governed, database_of, governed

LONGEST_QUEUE = 100
LONGEST_REASON = 10_000
HIGHEST_PRIORITY = 1e9


@input_type
class QueueBuildingInput(OfWorld):
    """A level of a building to queue."""

    village_id: int
    """The village, one whose owner is your own NPC, or one that you may decide for."""
    building_name: str
    """Which building it is, such as barracks; at most 100 characters."""
    slot: int | None = None
    """Its place in the village, 1 to 1,000; that of the highest building of this name unless told."""
    to_level: int | None = None
    """The level it is to get, 1 to 1,000; the next one after what is built and queued, unless told."""
    cost_wood: BigInt = BigInt(0)
    """Wood that it costs, 0 or more."""
    cost_clay: BigInt = BigInt(0)
    """Clay that it costs, 0 or more."""
    cost_iron: BigInt = BigInt(0)
    """Iron that it costs, 0 or more."""
    cost_wheat: BigInt = BigInt(0)
    """Wheat that it costs, 0 or more."""
    priority_score: float | None = None
    """How much it matters, from −10^9 to 10^9; the greater, the more."""
    decision_reason: str | None = None
    """Why it was decided on, at most 10,000 characters."""


@input_type
class OfQueue(OfWorld):
    """Something queued in a village."""

    queue_id: BigInt
    """Its id in the build queues of that world."""


@input_type
class StartBuildingInput(OfQueue):
    """Work that has begun."""

    started_at: datetime | None = None
    """When it began; now unless told."""
    completes_at: datetime | None = None
    """When it is expected to be done."""


@input_type
class CompleteBuildingInput(OfQueue):
    """Work that is done."""

    completed_at: datetime | None = None
    """When it was done; now unless told."""


@input_type
class CancelBuildingInput(OfQueue):
    """Something queued that will not be built."""


async def queue_building(
    info: Info, input: Annotated[QueueBuildingInput, strawberry.argument(description="What to build where.")]
) -> QueuedRow | Refusal:
    """Queue a level of a building in a village of an NPC."""
    called("buildingName", input.building_name, LONGEST_NAME)
    short("decisionReason", input.decision_reason, LONGEST_REASON)
    for name, given in (("slot", input.slot), ("toLevel", input.to_level)):
        if given is not None:
            within(name, given, 1, HIGHEST_LEVEL)
    if input.priority_score is not None:
        within("priorityScore", input.priority_score, -HIGHEST_PRIORITY, HIGHEST_PRIORITY)
    costs = costs_of(input)
    return await aside(info, input, lambda under_way: _queue(info, under_way, input, costs))


async def _queue(
    info: Info, change: Change, input: QueueBuildingInput, costs: tuple[int, int, int, int]
) -> QueuedRow:
    async with database_of(info, change) as conn:
        own = await governed(change, conn, input.village_id)
        stands = await building.standing(conn, input.village_id, input.building_name, input.slot)
        to_level = stands.level + 1 if input.to_level is None else input.to_level
        _may_be_queued(own, input.building_name, stands, to_level)
        new = NewQueued(
            village_id=input.village_id,
            player_id=own.owner.player_id,
            npc_id=own.npc_id,
            building_name=input.building_name,
            slot=stands.slot,
            from_level=stands.level,
            to_level=to_level,
            queued_at=change.now,
            costs=costs,
            priority_score=input.priority_score,
            decision_reason=input.decision_reason,
        )
        return await building.add(conn, change.world_id, new)


def _may_be_queued(own: Governed, name: str, stands: Standing, to_level: int) -> None:
    if stands.queue_length >= LONGEST_QUEUE:
        told = (
            f"{own.village.name} has {LONGEST_QUEUE} queued, as many as a village may: wait, or cancel some."
        )
        refuse(RefusalCode.QUEUE_FULL, told)
    if to_level <= stands.level or to_level > HIGHEST_LEVEL:
        told = f"{name} has level {stands.level}, or will have by what is queued: pass a higher one, or none."
        refuse(RefusalCode.ALREADY_QUEUED, told)


async def start_building(
    info: Info, input: Annotated[StartBuildingInput, strawberry.argument(description="What has begun.")]
) -> QueuedRow | Refusal:
    """Say that the work on something queued has begun."""
    given = _past("startedAt", input.started_at, info.context.now)
    completes_at = None if input.completes_at is None else moment("completesAt", input.completes_at)
    return await aside(info, input, lambda under_way: _start(info, under_way, input, given, completes_at))


async def _start(
    info: Info, change: Change, input: OfQueue, given: datetime | None, completes_at: datetime | None
) -> QueuedRow:
    async with database_of(info, change) as conn:
        queued = await _own(change, conn, input.queue_id)
        if queued.started_at is not None:
            refuse(RefusalCode.ALREADY_STARTED, f"This began at {queued.started_at:%Y-%m-%d %H:%M} already.")
        at = _not_before("startedAt", given, queued.queued_at, "it was queued", change.now)
        if completes_at is not None and completes_at < at:
            raise bad_input("completesAt must not be before startedAt.")
        return await building.started(conn, change.world_id, input.queue_id, at, completes_at)


async def complete_building(
    info: Info, input: Annotated[CompleteBuildingInput, strawberry.argument(description="What is done.")]
) -> BuildRow | Refusal:
    """Say that the work on something queued is done: the building has its level, and it goes into the
    history with the times that it waited and took."""
    given = _past("completedAt", input.completed_at, info.context.now)
    return await aside(info, input, lambda under_way: _complete(info, under_way, input, given))


async def _complete(info: Info, change: Change, input: OfQueue, given: datetime | None) -> BuildRow:
    async with database_of(info, change) as conn:
        queued = await _own(change, conn, input.queue_id)
        if queued.started_at is None:
            refuse(RefusalCode.NOT_STARTED, "The work on this has not begun: use startBuilding first.")
        at = _not_before("completedAt", given, queued.started_at, "it began", change.now)
        return await building.completed(conn, change.world_id, input.queue_id, at)


async def cancel_building(
    info: Info, input: Annotated[CancelBuildingInput, strawberry.argument(description="What to give up.")]
) -> BuildRow | Refusal:
    """Give up something queued, begun or not: it goes into the history as never completed."""
    return await aside(info, input, lambda under_way: _cancel(info, under_way, input))


async def _cancel(info: Info, change: Change, input: OfQueue) -> BuildRow:
    async with database_of(info, change) as conn:
        await _own(change, conn, input.queue_id)
        return await building.given_up(conn, change.world_id, input.queue_id)


def _past(name: str, value: datetime | None, now: datetime) -> datetime | None:
    return None if value is None else past(name, value, now)


def _not_before(name: str, given: datetime | None, earliest: datetime, what: str, now: datetime) -> datetime:
    """A moment, now unless told, refused before another one; clocks may differ, so now is not before it."""
    if given is not None and given < earliest:
        raise bad_input(f"{name} must not be before {what}, at {earliest:%Y-%m-%dT%H:%M:%SZ}.")
    return max(now, earliest) if given is None else given


async def _own(change: Change, conn: Connection, queue_id: int) -> QueuedRow:
    """What an NPC of the viewer's has queued; of what others have nobody is told that it is there."""
    queued = await building.find(conn, change.world_id, queue_id)
    if queued is None or not speaks_for(change.viewer, queued.npc_id):
        refuse(RefusalCode.NOT_FOUND, f"Nothing of yours is queued under the id {queue_id}.")
    if queued.npc_id is None:
        refuse(RefusalCode.NO_NPC, "This is a human's: its game server reports what becomes of it.")
    await npc(change, queued.npc_id)
    return queued
