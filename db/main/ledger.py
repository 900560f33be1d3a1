"""The ledger of trust, worked out: what still counts at a moment, and the score over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from db.batches import Key, columns_of_keys
from db.connection import Stores
from db.main.relationships import TrustEventKind
from db.outages import naming_the_store
from db.viewer import OWN

SHARE = 64
"""Points are told in parts of this many, which floats add up exactly in any order."""
PAIR = {"npc_id": "truster"}
SEEN = OWN.condition(PAIR)
OF_PAIR = """e.world_id = k.world AND e.npc_id = k.truster AND e.target_player_id = k.trusted
       AND (k.known_by IS NULL OR e.recorded_at <= k.known_by)"""


def counting(at: str) -> str:
    """Whether an event counts at a moment."""
    return f"e.occurred_at <= {at} AND (e.expires_at IS NULL OR e.expires_at > {at})"


@dataclass(frozen=True, slots=True)
class Part:
    """What one event, or several of a kind, still count; `points` are rounded to shares, `exactly` is not."""

    kind: TrustEventKind
    event_id: int | None
    note: str | None
    events: int
    points: float
    exactly: float
    first_at: datetime
    last_at: datetime


PARTS = f"""
WITH counted AS (
    SELECT k.n, e.kind, e.event_id, e.note, e.occurred_at, f.points,
           row_number() OVER (PARTITION BY k.n ORDER BY abs(f.points) DESC, e.event_id) <= $8 AS alone
      FROM unnest($1::text[], $2::int[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::boolean[],
                  $7::bigint[])
           WITH ORDINALITY AS k (world, truster, trusted, at, known_by, sees_all, viewer_npc_id, n)
      JOIN trust_events e ON {OF_PAIR} AND {counting("k.at")}
     CROSS JOIN LATERAL (
           SELECT faded(e.points, e.half_life_seconds, e.occurred_at, k.at) AS points OFFSET 0) f
     WHERE {SEEN})
SELECT n, kind, CASE WHEN alone THEN min(event_id) END, CASE WHEN alone THEN min(note) END, count(*),
       round(sum(points) * {SHARE}) / {SHARE}, sum(points), min(occurred_at), max(occurred_at)
  FROM counted GROUP BY n, kind, alone, CASE WHEN alone THEN event_id END
 ORDER BY n, alone DESC, abs(sum(points)) DESC, min(event_id)
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """Asks by (world, truster, trusted, moment, known by) what still counts: the weightiest events one by
    one, the others by their kinds."""

    alone: int

    async def ask(self, stores: Stores, keys: Sequence[Key]) -> list[list[Part]]:
        """For each key its parts, those that count more first."""
        found = await _fetch(stores, PARTS, [*columns_of_keys(keys, 5), self.alone])
        parts: list[list[Part]] = [[] for _ in keys]
        for n, kind, *rest in found:
            parts[n - 1].append(Part(TrustEventKind(kind), *rest))
        return parts


@dataclass(frozen=True, slots=True)
class TrustMomentRow:
    """A score as it was at a moment."""

    at: datetime
    trust_score: int


# Seconds, not days: a day of the session's time zone may have 23 hours.
COURSE = f"""
SELECT k.n, m.at, as_score(coalesce(sum(faded(e.points, e.half_life_seconds, e.occurred_at, m.at)), 0))
  FROM unnest($1::text[], $2::int[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
              $7::boolean[], $8::bigint[])
       WITH ORDINALITY AS k (world, truster, trusted, since, until, known_by, sees_all, viewer_npc_id, n)
 CROSS JOIN generate_series(0, $9::int - 1) AS s (before_last)
 CROSS JOIN LATERAL (SELECT k.until - make_interval(secs =>
       extract(epoch FROM k.until - k.since)::float8 * s.before_last / greatest($9::int - 1, 1)) AS at) m
  LEFT JOIN trust_events e ON {OF_PAIR} AND {counting("m.at")}
 WHERE {SEEN}
 GROUP BY k.n, s.before_last, m.at ORDER BY k.n, s.before_last DESC
"""


@dataclass(frozen=True, slots=True)
class Course:
    """Asks by (world, truster, trusted, since, until, known by) for scores at evenly spaced moments, the last
    of them `until`."""

    moments: int

    async def ask(self, stores: Stores, keys: Sequence[Key]) -> list[list[TrustMomentRow]]:
        """For each key its moments, the earliest first."""
        course: list[list[TrustMomentRow]] = [[] for _ in keys]
        for n, at, score in await _fetch(stores, COURSE, [*columns_of_keys(keys, 6), self.moments]):
            course[n - 1].append(TrustMomentRow(at, score))
        return course


async def _fetch(stores: Stores, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
    with naming_the_store("The global database"):
        return await stores.reads.fetch(sql, values)
