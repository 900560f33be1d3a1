"""Metrics: how NPCs fare, recorded in bulk and read as series for charts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Annotated

import strawberry
from strawberry.utils.str_converters import to_camel_case

from db.connection import Connection
from db.main import npcs
from db.main.npcs import NpcRow
from db.outages import naming_the_store
from db.paging import Ask
from db.timeseries import npc_metrics
from db.timeseries.npc_metrics import PointOrder, PointRow, Sample
from resolvers.changes import Change, aside, speaks_for
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import few, moment
from resolvers.refusal import Refusal, RefusalCode
from resolvers.repeats import OfWorld, kept_whole
from resolvers.scalars import BigInt

MOST_POINTS = 1000
USUAL_POINTS = 200
MOST_SAMPLES = 5000
A_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
"""From which buckets are counted."""
# Clocks differ: what is measured now may seem to lie ahead.
LEEWAY = timedelta(minutes=1)
LEAST = dict.fromkeys(npc_metrics.RESOURCES, 0) | {
    "offensive_power": 0, "defensive_power": 0, "total_troops": 0, "rank": 1, "population": 0, "villages": 0,
}  # fmt: skip
"""The least that there can be of what cannot be just any number."""


class MetricsBucket(Enum):
    """How long each bucket of a series is. Buckets begin on the full minute, hour or day in UTC; weeks begin
    on Monday."""

    MINUTE = 60
    """A minute."""
    QUARTER_HOUR = 900
    """A quarter of an hour."""
    HOUR = 3600
    """An hour."""
    DAY = 86_400
    """A day."""
    WEEK = 604_800
    """Seven days."""


enum(MetricsBucket)


async def metrics(
    info: Info,
    npc: strawberry.Parent[NpcRow],
    world_id: Annotated[str, strawberry.argument(description="The world, such as demo.")],
    from_: Annotated[
        datetime,
        strawberry.argument(name="from", description="It begins with the bucket that this moment is in."),
    ],
    to: Annotated[
        datetime | None, strawberry.argument(description="It ends before this moment; now unless told.")
    ] = None,
    bucket: Annotated[
        MetricsBucket, strawberry.argument(description="How long each bucket is.")
    ] = MetricsBucket.HOUR,
    first: Annotated[
        int,
        strawberry.argument(
            description=f"How many buckets at most, 1 to {MOST_POINTS:,}; a range that has more is refused."
        ),
    ] = USUAL_POINTS,
) -> list[PointRow]:
    """How it fared in a world over time: a point for each bucket, the earliest first. Where nothing was
    measured, a point has no samples, and nulls. It is the NPC's own: others see an empty series."""
    begins, ends = moment("from", from_), info.context.now if to is None else moment("to", to)
    _refuse_unless_fitting(begins, ends, bucket, first)
    ask = Ask(order=PointOrder.TIME, limit=first)
    return await info.context.loaders.many(
        npc_metrics.SERIES, ask, world_id, npc.npc_id, begins, ends, bucket.value
    )


def _refuse_unless_fitting(begins: datetime, ends: datetime, bucket: MetricsBucket, first: int) -> None:
    if not 1 <= first <= MOST_POINTS:
        raise bad_input(f"first must be between 1 and {MOST_POINTS}, not {first}.")
    if begins >= ends:
        raise bad_input("from must be earlier than to.")
    length = timedelta(seconds=bucket.value)
    buckets = -((begins - (begins - A_MONDAY) % length - ends) // length)
    if buckets > first:
        raise bad_input(
            f"There are {buckets:,} buckets of {bucket.name} between from and to, more than {first:,}: take "
            f"longer buckets, a shorter time, or a first of up to {MOST_POINTS:,}."
        )


@input_type
class MetricsSampleInput:
    """How an NPC fares at a moment; what was not measured is left out. One of the same NPC and moment takes
    the place of the one before."""

    npc_id: int
    """The NPC: your own, or one that you may decide for."""
    time: datetime | None = None
    """When it was measured; now unless told."""
    wood: BigInt | None = None
    """Wood in all its warehouses."""
    clay: BigInt | None = None
    """Clay in all its warehouses."""
    iron: BigInt | None = None
    """Iron in all its warehouses."""
    wheat: BigInt | None = None
    """Wheat in all its granaries."""
    wood_production: BigInt | None = None
    """Wood per hour."""
    clay_production: BigInt | None = None
    """Clay per hour."""
    iron_production: BigInt | None = None
    """Iron per hour."""
    wheat_production: BigInt | None = None
    """Wheat per hour; negative where its troops eat more than grows."""
    offensive_power: BigInt | None = None
    """The strength of its attackers."""
    defensive_power: BigInt | None = None
    """The strength of its defenders."""
    total_troops: BigInt | None = None
    """How many troops it has."""
    rank: int | None = None
    """Its rank by population; 1 is the largest."""
    population: BigInt | None = None
    """The people in all its villages."""
    villages: int | None = None
    """How many villages it has."""
    economic_efficiency: float | None = None
    """How well it makes use of its economy, by a measure of the game's own."""
    military_efficiency: float | None = None
    """How well it makes use of its troops, by a measure of the game's own."""
    diplomatic_score: float | None = None
    """How well it stands with others, by a measure of the game's own."""


@input_type
class RecordMetricsInput(OfWorld):
    """How NPCs of a world fare."""

    samples: list[MetricsSampleInput]
    """The samples, in any order and of any age; at most 5,000."""


@dataclass(frozen=True, slots=True)
class RefusedSample:
    """A sample that was not taken."""

    place: int
    code: RefusalCode
    message: str


@kept_whole
@dataclass(frozen=True, slots=True)
class RecordedMetrics:
    """What became of samples."""

    accepted: int
    refused: list[RefusedSample]


async def record_metrics(
    info: Info,
    input: Annotated[RecordMetricsInput, strawberry.argument(description="The world and the samples.")],
) -> RecordedMetrics | Refusal:
    """Record how NPCs of a world fare, thousands of samples in one call: each is accepted or refused on its
    own. The world's version stays as it is."""
    few("samples", input.samples, MOST_SAMPLES)
    return await aside(info, input, lambda under_way: _record(info, under_way, input.samples))


async def _record(info: Info, change: Change, samples: list[MetricsSampleInput]) -> RecordedMetrics:
    playing = await npcs.playing(change.conn, change.world_id, {one.npc_id for one in samples})
    refused = list(_refused(change, playing, samples))
    away = {one.place for one in refused}
    taken = [_record_of(change, one) for place, one in enumerate(samples) if place not in away]
    if taken:
        async with _metrics(info, change) as conn:
            await npc_metrics.record(conn, change.world_id, taken)
    return RecordedMetrics(len(taken), refused)


def _refused(
    change: Change, playing: Mapping[int, bool], samples: Collection[MetricsSampleInput]
) -> list[RefusedSample]:
    reasons = ((place, _reason(change, playing, one)) for place, one in enumerate(samples))
    return [RefusedSample(place, *reason) for place, reason in reasons if reason is not None]


def _reason(
    change: Change, playing: Mapping[int, bool], sample: MetricsSampleInput
) -> tuple[RefusalCode, str] | None:
    """Why a sample is not taken; None where it is."""
    if not speaks_for(change.viewer, sample.npc_id):
        return RefusalCode.NOT_YOURS, f"You may not record for NPC {sample.npc_id}: pass your own."
    if (is_there := playing.get(sample.npc_id)) is None:
        return RefusalCode.NOT_FOUND, f"NPC {sample.npc_id} does not play in this world: see `World.npcs`."
    if not is_there:
        return RefusalCode.GONE, f"NPC {sample.npc_id} has left this world."
    if sample.time is not None and not (sample.time.year > 1 and sample.time <= change.now + LEEWAY):
        return RefusalCode.BAD_INPUT, "time must not lie in the future, nor before the year 2."
    for name, least in LEAST.items():
        value = getattr(sample, name)
        if value is not None and value < least:
            return RefusalCode.BAD_INPUT, f"{to_camel_case(name)} must be {least} or more, not {value}."
    return None


_measures = attrgetter(*npc_metrics.MEASURES)


def _record_of(change: Change, sample: MetricsSampleInput) -> Sample:
    return (sample.npc_id, sample.time or change.now, *_measures(sample))


@asynccontextmanager
async def _metrics(info: Info, change: Change) -> AsyncIterator[Connection]:
    """A transaction of the metrics' database: that of the change where the metrics are in the global one."""
    stores = info.context.stores
    if not stores.metrics_are_apart:
        yield change.conn
        return
    with naming_the_store("The metrics database"):
        async with stores.metrics.acquire() as conn, conn.transaction():
            yield conn
