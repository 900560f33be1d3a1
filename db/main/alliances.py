"""Alliances: declared leagues of players, and who belongs or belonged to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.assignments import assignments, values
from db.connection import Connection
from db.reads import Column, Filter, Read


class AllianceStrategy(Enum):
    """What an alliance is out for."""

    MILITARY = "military"
    """War."""
    PEACEFUL = "peaceful"
    """To be left in peace."""
    TRADING = "trading"
    """Trade."""
    EXPANSIONIST = "expansionist"
    """Land."""


class AllianceRole(Enum):
    """What a member is in its alliance."""

    MEMBER = "member"
    """A member."""
    LEADER = "leader"
    """Speaks for the alliance."""
    CO_LEADER = "co-leader"
    """Speaks for the alliance beside the leader."""


class AllianceOrder(Enum):
    """How alliances are ordered."""

    POPULATION = "total_population DESC"
    """The largest first."""
    NAME = "name"
    """By name, A first."""
    ALLIANCE_ID = "alliance_id"
    """By their ids."""


@dataclass(frozen=True, slots=True)
class AllianceRow:
    """A declared league of players."""

    world_id: str
    alliance_id: int
    name: str
    tag: str
    leader_id: int | None
    total_members: int
    npc_members: int
    npc_leader_id: int | None
    alliance_strategy: AllianceStrategy | None
    diplomatic_stance: dict[str, Any] | None
    total_rank: int | None
    total_population: int
    total_villages: int
    created_at: datetime
    updated_at: datetime
    disbanded_at: datetime | None
    version: int


BY_ID = Read(AllianceRow, "alliances", key=("world_id", "alliance_id"))
OF_WORLD = Read(
    AllianceRow,
    "alliances",
    key=("world_id",),
    orders=AllianceOrder,
    ties=("alliance_id",),
    filters=(
        Filter(
            "min_members", int, "t.total_members >= {}", "Only alliances with at least this many members."
        ),
        Filter(
            "is_disbanded",
            bool,
            "(t.disbanded_at IS NOT NULL) = {}",
            "Only disbanded alliances, or only standing ones.",
        ),
        Filter(
            "name_contains",
            str,
            "strpos(lower(t.name), lower({})) > 0",
            "Only names with this text in them, in any case.",
        ),
    ),
)


class MembershipOrder(Enum):
    """How memberships are ordered."""

    JOINED = "joined_at"
    """In the order of joining."""
    RECENT = "joined_at DESC"
    """The latest first."""


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A time that a player spent in an alliance."""

    world_id: str
    member_id: int
    alliance_id: int
    player_id: int
    role: AllianceRole
    joined_at: datetime
    left_at: datetime | None
    as_of: Annotated[datetime | None, Column("NULL::timestamptz")] = None
    """By when all of this was recorded; None: by now."""


CURRENT = Filter(
    "is_current", bool, "(t.left_at IS NULL) = {}", "Only those that last, or only those that are over."
)

MEMBERSHIP_BY_ID = Read(MembershipRow, "alliance_members", key=("world_id", "member_id"))
MEMBERSHIP_OF_PLAYER_NOW = Read(
    MembershipRow, "(SELECT * FROM alliance_members WHERE left_at IS NULL)", key=("world_id", "player_id")
)
MEMBERSHIPS_OF_PLAYER = Read(
    MembershipRow,
    "alliance_members",
    key=("world_id", "player_id"),
    orders=MembershipOrder,
    ties=("member_id",),
    filters=(CURRENT,),
)
MEMBERSHIPS_OF_ALLIANCE = Read(
    MembershipRow,
    "alliance_members",
    key=("world_id", "alliance_id"),
    orders=MembershipOrder,
    ties=("member_id",),
    filters=(CURRENT,),
)


# Who joins and who leaves -----------------------------------------------------------------------------------

ALLIANCE = f"""
SELECT {", ".join(BY_ID.columns.values())} FROM alliances t WHERE t.world_id = $1 AND t.alliance_id = $2
"""
MEMBERSHIP = ", ".join(MEMBERSHIP_BY_ID.columns.values())


async def find(conn: Connection, world_id: str, alliance_id: int) -> AllianceRow | None:
    """The alliance as it stands now."""
    found = await conn.fetchrow(ALLIANCE, world_id, alliance_id)
    return None if found is None else BY_ID.make(*found)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of an alliance."""

    player_id: int
    npc_id: int | None


MEMBERS = """
SELECT player_id, npc_id FROM players
 WHERE world_id = $1 AND alliance_id = $2 AND gone_at IS NULL ORDER BY player_id
"""


async def members(conn: Connection, world_id: str, alliance_id: int) -> list[MemberRow]:
    """The members of an alliance now."""
    return [MemberRow(*record) for record in await conn.fetch(MEMBERS, world_id, alliance_id)]


JOIN = f"""
INSERT INTO alliance_members AS t (world_id, alliance_id, player_id, role, joined_at)
VALUES ($1, $2, $3, $4, $5) RETURNING {MEMBERSHIP}
"""


async def joined(
    conn: Connection, world_id: str, alliance_id: int, player_id: int, role: AllianceRole, at: datetime
) -> MembershipRow:
    """A player becomes a member."""
    found = await conn.fetchrow(JOIN, world_id, alliance_id, player_id, role.value, at)
    assert found is not None
    return MEMBERSHIP_BY_ID.make(*found)


LEAVE = f"""
UPDATE alliance_members t SET left_at = greatest($3, t.joined_at)
 WHERE t.world_id = $1 AND t.player_id = $2 AND t.left_at IS NULL RETURNING {MEMBERSHIP}
"""


async def left(conn: Connection, world_id: str, player_id: int, at: datetime) -> MembershipRow | None:
    """A player is a member no longer; None where it was in no alliance."""
    found = await conn.fetchrow(LEAVE, world_id, player_id, at)
    return None if found is None else MEMBERSHIP_BY_ID.make(*found)


SUCCEED = """
UPDATE alliance_members SET role = 'leader'
 WHERE world_id = $1 AND member_id = (
    SELECT m.member_id FROM alliance_members m JOIN players p USING (world_id, player_id)
     WHERE m.world_id = $1 AND m.alliance_id = $2 AND m.left_at IS NULL AND p.gone_at IS NULL
     ORDER BY m.role <> 'co-leader', m.joined_at, m.member_id LIMIT 1)
"""


async def led_by_the_next(conn: Connection, world_id: str, alliance_id: int) -> None:
    """The first of the co-leaders becomes the leader; where there is none, whoever has been in it longest."""
    await conn.execute(SUCCEED, world_id, alliance_id)


DISBAND = "UPDATE alliances SET disbanded_at = $3, updated_at = $3 WHERE world_id = $1 AND alliance_id = $2"


async def disbanded(conn: Connection, world_id: str, alliance_id: int, at: datetime) -> None:
    """It has come to its end."""
    await conn.execute(DISBAND, world_id, alliance_id, at)


# What becomes of them ---------------------------------------------------------------------------------------

NEXT_ID = "SELECT coalesce(max(alliance_id), 0)::bigint + 1 FROM alliances WHERE world_id = $1"
# In two parts, so that each has its index.
TAKEN = """
SELECT alliance_id FROM alliances WHERE world_id = $1 AND name = $2 AND disbanded_at IS NULL
 UNION ALL
SELECT alliance_id FROM alliances WHERE world_id = $1 AND tag = $3 AND disbanded_at IS NULL
"""
FOUND = """
INSERT INTO alliances (world_id, alliance_id, name, tag, alliance_strategy, diplomatic_stance, created_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlliance:
    """An alliance to be founded."""

    alliance_id: int
    name: str
    tag: str
    alliance_strategy: AllianceStrategy | None
    diplomatic_stance: dict[str, Any] | None


async def next_id(conn: Connection, world_id: str) -> int:
    """An id that no alliance of the world has had."""
    return int(await conn.fetchval(NEXT_ID, world_id))


async def called(conn: Connection, world_id: str, name: str, tag: str) -> set[int]:
    """The standing alliances that have this name or this tag."""
    return {record[0] for record in await conn.fetch(TAKEN, world_id, name, tag)}


async def founded(conn: Connection, world_id: str, new: NewAlliance, at: datetime) -> None:
    """There is a new alliance, without members yet."""
    strategy = new.alliance_strategy and new.alliance_strategy.value
    what = (new.alliance_id, new.name, new.tag, strategy, new.diplomatic_stance)
    await conn.execute(FOUND, world_id, *what, at)


async def changed(
    conn: Connection, alliance: AllianceRow, columns: Mapping[str, Any], at: datetime
) -> AllianceRow:
    """Set columns of an alliance; its version rises."""
    sql = f"""
UPDATE alliances t SET updated_at = greatest(t.updated_at, $3), {assignments(columns, 3)}
 WHERE t.world_id = $1 AND t.alliance_id = $2 RETURNING {", ".join(BY_ID.columns.values())}"""
    found = await conn.fetchrow(sql, alliance.world_id, alliance.alliance_id, at, *values(columns))
    assert found is not None
    return BY_ID.make(*found)


UNKNOWN = """
SELECT wanted.alliance_id FROM unnest($2::int[]) AS wanted (alliance_id)
 WHERE NOT EXISTS (SELECT FROM alliances a WHERE a.world_id = $1 AND a.alliance_id = wanted.alliance_id)
 ORDER BY 1
"""


async def unknown(conn: Connection, world_id: str, alliance_ids: Sequence[int]) -> list[int]:
    """Those of the ids that no alliance of the world has."""
    return [record[0] for record in await conn.fetch(UNKNOWN, world_id, alliance_ids)]


APPOINT = f"""
UPDATE alliance_members t SET role = $3
 WHERE t.world_id = $1 AND t.player_id = $2 AND t.left_at IS NULL RETURNING {MEMBERSHIP}
"""


async def appointed(conn: Connection, world_id: str, player_id: int, role: AllianceRole) -> MembershipRow:
    """A member is something else in its alliance from now on."""
    found = await conn.fetchrow(APPOINT, world_id, player_id, role.value)
    assert found is not None
    return MEMBERSHIP_BY_ID.make(*found)


ALL_LEFT = """
UPDATE alliance_members SET left_at = greatest($3, joined_at)
 WHERE world_id = $1 AND alliance_id = $2 AND left_at IS NULL
"""


async def all_left(conn: Connection, world_id: str, alliance_id: int, at: datetime) -> None:
    """Nobody is a member any longer."""
    await conn.execute(ALL_LEFT, world_id, alliance_id, at)
