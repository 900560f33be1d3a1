"""Metrics: samples of how NPCs fare, and series of them for charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from db.connection import Connection
from db.reads import Filter, Read, Store
from db.viewer import OWN

RESOURCES = ("wood", "clay", "iron", "wheat")
MEASURES = (
    *RESOURCES,
    *(f"{one}_production" for one in RESOURCES),
    *("offensive_power", "defensive_power", "total_troops"),
    *("rank", "population", "villages"),
    *("economic_efficiency", "military_efficiency", "diplomatic_score"),
)
"""What a sample may hold, in the order of its record."""


class SampleOrder(Enum):
    """How samples are ordered."""

    RECENT = "time DESC"
    """The latest first."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """How an NPC fared in a world at a moment."""

    world_id: str
    npc_id: int
    time: datetime
    wood: int | None
    clay: int | None
    iron: int | None
    wheat: int | None
    wood_production: int | None
    clay_production: int | None
    iron_production: int | None
    wheat_production: int | None
    offensive_power: int | None
    defensive_power: int | None
    total_troops: int | None
    rank: int | None
    population: int | None
    villages: int | None
    economic_efficiency: float | None
    military_efficiency: float | None
    diplomatic_score: float | None
    covers_seconds: float


OF_NPC = Read(
    SampleRow,
    "npc_metrics",
    key=("world_id", "npc_id"),
    orders=SampleOrder,
    ties=("time",),
    filters=(
        Filter("since", datetime, "t.time >= {}", "Only samples of this moment or later."),
        Filter("until", datetime, "t.time < {}", "Only samples from before this moment."),
    ),
    visible=OWN,
    store=Store.METRICS,
)


# Series -----------------------------------------------------------------------------------------------------


class PointOrder(Enum):
    """How the points of a series are ordered."""

    TIME = "starts_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """What the samples of one bucket of a series come to."""

    world_id: str
    npc_id: int
    since: datetime
    until: datetime
    bucket_seconds: int
    starts_at: datetime
    samples: int
    covers_seconds: float
    wood: float | None
    clay: float | None
    iron: float | None
    wheat: float | None
    wood_production: float | None
    clay_production: float | None
    iron_production: float | None
    wheat_production: float | None
    wood_produced: float | None
    clay_produced: float | None
    iron_produced: float | None
    wheat_produced: float | None
    offensive_power: float | None
    defensive_power: float | None
    total_troops: float | None
    rank: float | None
    population: float | None
    villages: float | None
    economic_efficiency: float | None
    military_efficiency: float | None
    diplomatic_score: float | None


_AVERAGES = ", ".join(f"avg(avg_{one}) AS {one}" for one in MEASURES)
_SUMS = ", ".join(f"sum(total_{one}_produced) AS {one}_produced" for one in RESOURCES)

# The series is made from its key: k0 the world, k1 the NPC, k2 and k3 from when until when, k4 the seconds of
# a bucket. Buckets are counted from a Monday in UTC; those of an hour or more are made of hours.
_SERIES = f"""(
SELECT k.k0 AS world_id, k.k1 AS npc_id, k.k2 AS since, k.k3 AS until, k.k4 AS bucket_seconds,
       b.starts_at, p.*
  FROM (SELECT make_interval(secs => k.k4) AS width, '2001-01-01 00:00Z'::timestamptz AS monday) c
 CROSS JOIN LATERAL generate_series(
       date_bin(c.width, k.k2, c.monday), k.k3 - interval '1 microsecond', c.width) AS b (starts_at)
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(samples), 0)::bigint AS samples,
              coalesce(sum(covers_seconds), 0) AS covers_seconds,
              {_AVERAGES}, {_SUMS}
         FROM (SELECT * FROM npc_metrics_hourly
                WHERE k.k4 >= 3600 AND world_id = k.k0 AND npc_id = k.k1
                  AND hour >= b.starts_at AND hour < b.starts_at + c.width
                UNION ALL
               SELECT * FROM npc_metrics_between(k.k0, k.k1, b.starts_at, b.starts_at + c.width)
                WHERE k.k4 < 3600) h) p)"""

SERIES = Read(
    PointRow,
    _SERIES,
    key=("world_id", "npc_id", "since", "until", "bucket_seconds"),
    orders=PointOrder,
    ties=("starts_at",),
    visible=OWN,
    store=Store.METRICS,
)


# Recording --------------------------------------------------------------------------------------------------

LONGEST_COVER = 3600
"""Seconds that a sample stands for at most: from the one before it, if there is one within this time."""

# One call of a world after the other: each sample has to see the one before it.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('entente.metrics.' || $1, 0))"
_NAMES = ", ".join(MEASURES)
# Kept for the connection, since making a table with every call would bloat the catalogue.
STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS new_metrics ON COMMIT DELETE ROWS AS
SELECT npc_id, time, {_NAMES} FROM npc_metrics WITH NO DATA
"""
MERGE = f"""
INSERT INTO npc_metrics (world_id, npc_id, time, {_NAMES}, covers_seconds)
SELECT $1, n.npc_id, n.time, {", ".join(f"n.{one}" for one in MEASURES)},
       least(extract(epoch FROM n.time - greatest(n.before, known.time)), {LONGEST_COVER})
  FROM (SELECT *, lag(time) OVER (PARTITION BY npc_id ORDER BY time) AS before FROM new_metrics) n
  LEFT JOIN LATERAL (
       SELECT m.time FROM npc_metrics m
        WHERE m.world_id = $1 AND m.npc_id = n.npc_id
          AND m.time < n.time AND m.time > n.time - interval '1 hour'
        ORDER BY m.time DESC LIMIT 1) known ON true
    ON CONFLICT (world_id, npc_id, time) DO UPDATE
   SET {", ".join(f"{one} = excluded.{one}" for one in (*MEASURES, "covers_seconds"))}
"""
# What stood already and has another sample before it now covers less. Then the hours of all are marked, with
# an update where they are marked already: who stores an hour has to wait for who marks it.
MARK = """
WITH shortened AS (
    UPDATE npc_metrics m SET covers_seconds = extract(epoch FROM m.time - s.before)
      FROM (SELECT n.npc_id, later.time, max(n.time) AS before
              FROM new_metrics n
             CROSS JOIN LATERAL (
                   SELECT k.time FROM npc_metrics k
                    WHERE k.world_id = $1 AND k.npc_id = n.npc_id
                      AND k.time > n.time AND k.time < n.time + interval '1 hour'
                    ORDER BY k.time LIMIT 1) later
             GROUP BY n.npc_id, later.time) s
     WHERE m.world_id = $1 AND m.npc_id = s.npc_id AND m.time = s.time
       AND m.covers_seconds > extract(epoch FROM m.time - s.before)
    RETURNING m.npc_id, m.time)
INSERT INTO npc_metrics_dirty AS d (world_id, npc_id, hour)
SELECT DISTINCT $1, npc_id, date_bin('1 hour', time, 'epoch'::timestamptz)
  FROM (SELECT npc_id, time FROM new_metrics UNION ALL SELECT npc_id, time FROM shortened) t ORDER BY 2, 3
    ON CONFLICT (world_id, npc_id, hour) DO UPDATE SET marked = d.marked + 1
"""

Sample = tuple[Any, ...]
"""An NPC's id, a moment, and what was measured, in the order of `MEASURES`."""


async def record(conn: Connection, world_id: str, samples: Iterable[Sample]) -> None:
    """Take samples of a world in: in whatever order they come, the same samples make the same series. One of
    an NPC and moment that there is already takes its place, as the later of two in one call does."""
    await conn.execute(LOCK, world_id)
    await conn.execute(STAGE)
    newest = {sample[:2]: sample for sample in samples}
    await conn.copy_records_to_table("new_metrics", records=newest.values())
    await conn.execute(MERGE, world_id)
    await conn.execute(MARK, world_id)


MAKE_MONTHS_AHEAD = """
SELECT make_npc_metrics_partition(((now() AT TIME ZONE 'UTC') + make_interval(months => ahead))::date)
  FROM generate_series(0, 2) AS ahead
"""


async def make_months_ahead(conn: Connection) -> None:
    """Make the partitions of this month and the next two where there are none."""
    await conn.execute(MAKE_MONTHS_AHEAD)
