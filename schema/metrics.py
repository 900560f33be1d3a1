"""Metrics, as clients see them: samples, and series for charts."""

from __future__ import annotations

from datetime import datetime

import resolvers.metrics
from db.timeseries.npc_metrics import PointRow, SampleRow
from resolvers.refusal import RefusalCode
from schema.base import backed_by
from schema.scalars import BigInt


@backed_by(PointRow)
class MetricsPoint:
    """How an NPC fared in one bucket of a series. An average is that of the samples; in buckets of more than
    an hour that of the hours, each of which counts alike. Null: nothing of it was measured."""

    starts_at: datetime
    """When the bucket begins."""
    samples: BigInt
    """How many samples there are in it; 0 in a gap."""
    covers_seconds: float
    """How many seconds the samples stand for: each for the time since the one before it, at most an hour."""
    wood: float | None
    """Wood in all its warehouses, on average."""
    clay: float | None
    """Clay in all its warehouses, on average."""
    iron: float | None
    """Iron in all its warehouses, on average."""
    wheat: float | None
    """Wheat in all its granaries, on average."""
    wood_production: float | None
    """Wood per hour, on average."""
    clay_production: float | None
    """Clay per hour, on average."""
    iron_production: float | None
    """Iron per hour, on average."""
    wheat_production: float | None
    """Wheat per hour, on average."""
    wood_produced: float | None
    """Wood that was produced: each sample's rate, for the seconds that it covers."""
    clay_produced: float | None
    """Clay that was produced: each sample's rate, for the seconds that it covers."""
    iron_produced: float | None
    """Iron that was produced: each sample's rate, for the seconds that it covers."""
    wheat_produced: float | None
    """Wheat that was produced: each sample's rate, for the seconds that it covers."""
    offensive_power: float | None
    """The strength of its attackers, on average."""
    defensive_power: float | None
    """The strength of its defenders, on average."""
    total_troops: float | None
    """How many troops it had, on average."""
    rank: float | None
    """Its rank by population, on average."""
    population: float | None
    """The people in all its villages, on average."""
    villages: float | None
    """How many villages it had, on average."""
    economic_efficiency: float | None
    """How well it made use of its economy, on average."""
    military_efficiency: float | None
    """How well it made use of its troops, on average."""
    diplomatic_score: float | None
    """How well it stood with others, on average."""


@backed_by(SampleRow)
class MetricsSample:
    """How an NPC fared in a world at a moment, as it was recorded. Null: it was not measured."""

    time: datetime
    """When it was measured."""
    wood: BigInt | None
    """Wood in all its warehouses."""
    clay: BigInt | None
    """Clay in all its warehouses."""
    iron: BigInt | None
    """Iron in all its warehouses."""
    wheat: BigInt | None
    """Wheat in all its granaries."""
    wood_production: BigInt | None
    """Wood per hour."""
    clay_production: BigInt | None
    """Clay per hour."""
    iron_production: BigInt | None
    """Iron per hour."""
    wheat_production: BigInt | None
    """Wheat per hour; negative where its troops eat more than grows."""
    offensive_power: BigInt | None
    """The strength of its attackers."""
    defensive_power: BigInt | None
    """The strength of its defenders."""
    total_troops: BigInt | None
    """How many troops it had."""
    rank: int | None
    """Its rank by population; 1 is the largest."""
    population: BigInt | None
    """The people in all its villages."""
    villages: int | None
    """How many villages it had."""
    economic_efficiency: float | None
    """How well it made use of its economy, by a measure of the game's own."""
    military_efficiency: float | None
    """How well it made use of its troops, by a measure of the game's own."""
    diplomatic_score: float | None
    """How well it stood with others, by a measure of the game's own."""
    covers_seconds: float
    """How many seconds it stands for: the time since the sample before it, at most an hour."""


@backed_by(resolvers.metrics.RefusedSample)
class RefusedSample:
    """A sample that was not taken, and why."""

    place: int
    """Its place in the list that was given, from 0."""
    code: RefusalCode
    """Why."""
    message: str
    """Why, and what to do, in words for a person."""


@backed_by(resolvers.metrics.RecordedMetrics)
class RecordedMetrics:
    """What became of the samples of a call."""

    accepted: int
    """How many were taken."""
    refused: list[RefusedSample]
    """Those that were not; the others do not suffer from them."""
