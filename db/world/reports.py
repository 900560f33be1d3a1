"""Reports: what a game server tells of many villages at once, a statement or two for each kind of thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.connection import Connection
from db.world.building import COSTS, WRITE_DOWN

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A table whose rows of a village are told whole: its key, and its columns with their types."""

    table: str
    key: tuple[str, ...]
    columns: dict[str, str]

    @property
    def given(self) -> str:
        """The rows that are told, as a table `n`."""
        types = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(self.columns.values(), 1))
        return f"unnest({types}) AS n ({', '.join(self.columns)})"

    @property
    def put(self) -> str:
        """Write what is told, where it differs from what is there."""
        others = [name for name in self.columns if name not in self.key]
        changes = ", ".join(f"{name} = excluded.{name}" for name in others)
        before, after = (", ".join(f"{row}.{name}" for name in others) for row in ("t", "excluded"))
        return (
            f"INSERT INTO {self.table} AS t ({', '.join(self.columns)})"
            f" SELECT * FROM {self.given} ORDER BY {', '.join(self.key)}"
            f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes}"
            f" WHERE ({before}) IS DISTINCT FROM ({after})"
        )

    @property
    def remove(self) -> str:
        """Remove what is no longer told of these villages."""
        same = " AND ".join(f"n.{name} = t.{name}" for name in self.key)
        told = ", ".join(f"${place}::{self.columns[name]}[]" for place, name in enumerate(self.key, 2))
        return (
            f"DELETE FROM {self.table} t WHERE t.village_id = ANY ($1::int[]) AND NOT EXISTS ("
            f"SELECT FROM unnest({told}) AS n ({', '.join(self.key)}) WHERE {same})"
        )


MAP = Kind(
    "villages",
    ("id",),
    {
        "id": "int", "tile_id": "int", "x": "int", "y": "int", "name": "text", "player_id": "int",
        "tribe": "text", "population": "int", "region": "text", "is_capital": "bool", "is_city": "bool",
        "has_harbour": "bool", "victory_points": "int", "last_seen": "timestamptz",
    },
)  # fmt: skip
RESOURCES = Kind(
    "village_resources",
    ("village_id",),
    {
        "village_id": "int", "player_id": "int", "wood": "bigint", "clay": "bigint", "iron": "bigint",
        "wheat": "bigint", "warehouse_capacity": "bigint", "granary_capacity": "bigint",
        "production_rate_wood": "bigint", "production_rate_clay": "bigint", "production_rate_iron": "bigint",
        "production_rate_wheat": "bigint", "updated_at": "timestamptz",
    },
)  # fmt: skip
BUILDINGS = Kind(
    "village_buildings",
    ("village_id", "slot"),
    {"village_id": "int", "slot": "int", "player_id": "int", "building_name": "text", "level": "int"},
)
TROOPS = Kind(
    "troops",
    ("village_id", "unit"),
    {"village_id": "int", "unit": "text", "player_id": "int", "at_home": "bigint", "away": "bigint"},
)
QUEUE = Kind(
    "build_queue",
    ("village_id", "building_name", "slot", "to_level"),
    {
        "village_id": "int", "player_id": "int", "npc_id": "int", "building_name": "text", "slot": "int",
        "from_level": "int", "to_level": "int", "queued_at": "timestamptz", "started_at": "timestamptz",
        "completes_at": "timestamptz", **dict.fromkeys(COSTS, "bigint"),
    },
)  # fmt: skip

# A village that stands elsewhere is another one, as with imported maps.
MAKE_ROOM = """
DELETE FROM villages v USING unnest($1::int[], $2::int[]) AS n (id, tile_id)
 WHERE v.tile_id = n.tile_id AND v.id <> n.id
"""
LOCK = """
SELECT id, player_id, reported_at FROM villages WHERE id = ANY ($1::int[]) ORDER BY id FOR NO KEY UPDATE
"""
REPORTED = """
UPDATE villages v SET reported_at = n.reported_at
  FROM unnest($1::int[], $2::timestamptz[]) AS n (id, reported_at)
 WHERE v.id = n.id
"""

# An NPC may have queued a building without saying where; the game knows.
FIND_PLACES = """
UPDATE build_queue t SET slot = n.slot
  FROM unnest($1::int[], $2::text[], $3::int[], $4::int[]) AS n (village_id, building_name, slot, to_level)
 WHERE t.village_id = n.village_id AND t.building_name = n.building_name AND t.to_level = n.to_level
   AND t.slot IS NULL AND n.slot IS NOT NULL
   AND NOT EXISTS (SELECT FROM build_queue o WHERE o.village_id = n.village_id AND o.slot = n.slot
                      AND o.building_name = n.building_name AND o.to_level = n.to_level)
"""
# What is no longer queued is done if the building stands, and given up if it does not.
LEFT = f"""
WITH reported AS (
    SELECT * FROM unnest($1::int[], $2::timestamptz[]) AS r (village_id, at)
), told AS (
    SELECT * FROM unnest($3::int[], $4::text[], $5::int[], $6::int[])
                  AS n (village_id, building_name, slot, to_level)
), left_queue AS (
    DELETE FROM build_queue t USING reported r
     WHERE t.village_id = r.village_id AND NOT EXISTS (
         SELECT FROM told n WHERE (n.village_id, n.building_name, n.to_level)
                                = (t.village_id, t.building_name, t.to_level)
            AND n.slot IS NOT DISTINCT FROM t.slot)
    RETURNING t.*, r.at
), gone AS (
    SELECT q.*, CASE WHEN EXISTS (
               SELECT FROM village_buildings b WHERE b.village_id = q.village_id
                  AND b.building_name = q.building_name AND b.level >= q.to_level
                  AND (q.slot IS NULL OR b.slot = q.slot))
           THEN greatest(coalesce(q.started_at, q.queued_at), least(q.completes_at, q.at)) END AS done
      FROM left_queue q
)
{WRITE_DOWN}
"""
QUEUED = f"""
INSERT INTO build_queue AS t ({", ".join(QUEUE.columns)})
SELECT * FROM {QUEUE.given} ORDER BY village_id, queued_at, to_level
    ON CONFLICT ON CONSTRAINT queued_once DO UPDATE
   SET player_id = excluded.player_id, npc_id = excluded.npc_id, from_level = excluded.from_level,
       queued_at = least(t.queued_at, excluded.queued_at),
       started_at = coalesce(excluded.started_at, t.started_at),
       completes_at = CASE WHEN excluded.completes_at IS NOT NULL
                           THEN greatest(excluded.completes_at, excluded.started_at, t.started_at) END
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A village, as far as it matters for a report of it."""

    village_id: int
    player_id: int
    reported_at: datetime | None


async def lock(conn: Connection, village_ids: Sequence[int]) -> dict[int, Known]:
    """Those of these villages that there are; they are ours until this transaction ends."""
    return {record["id"]: Known(*record) for record in await conn.fetch(LOCK, village_ids)}


async def put_on_map(conn: Connection, rows: Sequence[Row]) -> None:
    """Villages as they stand on the map now."""
    columns = _columns(rows, MAP)
    await conn.execute(MAKE_ROOM, *columns[:2])
    await conn.execute(MAP.put, *columns)


async def put(conn: Connection, kind: Kind, village_ids: Sequence[int], rows: Sequence[Row]) -> None:
    """All that these villages have of a kind; what they had before and have no longer goes."""
    columns = _columns(rows, kind)
    names = list(kind.columns)
    await conn.execute(kind.remove, village_ids, *(columns[names.index(name)] for name in kind.key))
    await conn.execute(kind.put, *columns)


async def put_queue(
    conn: Connection, village_ids: Sequence[int], at: Sequence[datetime], rows: Sequence[Row]
) -> None:
    """All that is queued in these villages at these moments; what is no longer goes into the history."""
    columns = dict(zip(QUEUE.columns, _columns(rows, QUEUE), strict=True))
    told = [columns[name] for name in QUEUE.key]
    await conn.execute(FIND_PLACES, *told)
    await conn.execute(LEFT, village_ids, at, *told)
    await conn.execute(QUEUED, *columns.values())


async def reported(conn: Connection, village_ids: Sequence[int], at: Sequence[datetime]) -> None:
    """These villages were told of at these moments."""
    await conn.execute(REPORTED, village_ids, at)


def _columns(rows: Sequence[Row], kind: Kind) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in kind.columns]
