"""Treaties: promises between two parties, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import asyncpg

from db.affected import affected
from db.connection import Connection
from db.main.worlds import TIME_GOES_ON
from db.reads import Column, Filter, Read
from db.viewer import Visible


class TreatyType(Enum):
    """What a treaty is about."""

    NAP = "nap"
    """A non-aggression pact: the two will not attack each other."""
    CONFEDERACY = "confederacy"
    """The two fight on one side."""
    TRADE_AGREEMENT = "trade_agreement"
    """The two trade with each other."""
    VASSALAGE = "vassalage"
    """One owes the other tribute, and is protected for it."""
    WAR = "war"
    """One declared war on the other."""


class TreatyStatus(Enum):
    """How far a treaty has come."""

    PROPOSED = "proposed"
    """Offered, not answered yet."""
    ACTIVE = "active"
    """Agreed or declared: in force, unless its time is over (see isInForce)."""
    DECLINED = "declined"
    """Offered and turned down."""
    EXPIRED = "expired"
    """Kept to the end of its time, or offered and not answered in time."""
    CANCELLED = "cancelled"
    """Ended with both in agreement (a war: by peace), or withdrawn before an answer."""
    BROKEN = "broken"
    """Ended by one against the other."""


class Side(Enum):
    """One of the two sides of a treaty."""

    A = "a"
    """Who proposed it, or declared the war."""
    B = "b"
    """Whom it was proposed to, or declared on."""


class TreatyOffer(Enum):
    """What one side of a treaty in force offers the other."""

    END = "end"
    """To end it in agreement."""
    PROLONG = "prolong"
    """To let it last longer."""


class TreatyOrder(Enum):
    """How treaties are ordered."""

    RECENT = "proposed_at DESC"
    """The latest first."""
    OLDEST = "proposed_at"
    """The earliest first."""


# What is over is settled only when somebody has to do with it: until then its status says active.
IN_FORCE = "(t.status = 'active' AND (t.ends_at IS NULL OR t.ends_at > now()))"


@dataclass(frozen=True, slots=True)
class TreatyRow:
    """A promise between two parties, each a player or an alliance."""

    world_id: str
    treaty_id: int
    type: TreatyType
    status: TreatyStatus
    a_player_id: int | None
    a_alliance_id: int | None
    b_player_id: int | None
    b_alliance_id: int | None
    overlord: Side | None
    is_public: bool
    terms: dict[str, Any]
    proposed_by: int | None
    proposed_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    broken_by: Side | None
    broken_at: datetime | None
    peace_offered_by: Side | None
    changed_at: datetime
    answer_by: datetime | None
    offer: TreatyOffer | None
    offered_by: Side | None
    offered_ends_at: datetime | None
    is_in_force: Annotated[bool, Column(IN_FORCE)]
    as_of: Annotated[datetime | None, Column("NULL::timestamptz")] = None
    """By when all of this was recorded; None: by now."""


def _seen_from(treaty: str) -> str:
    """Whether the treaty of this name in the statement is public, or binds the viewer or its alliance."""
    return f"""{treaty}.is_public OR EXISTS (
        SELECT FROM players me
         WHERE me.world_id = {treaty}.world_id AND me.npc_id = k.viewer_npc_id
           AND (me.player_id IN ({treaty}.a_player_id, {treaty}.b_player_id)
                OR me.alliance_id IN ({treaty}.a_alliance_id, {treaty}.b_alliance_id)))"""


PARTY = Visible(when=_seen_from("t"))
PARTY_OF_THE_TREATY = Visible(
    when="EXISTS (SELECT FROM treaties whole"
    " WHERE whole.world_id = t.world_id AND whole.treaty_id = t.treaty_id"
    f" AND ({_seen_from('whole')}))"
)

FILTERS = (
    Filter("type", TreatyType, "t.type = {}", "Only treaties of this type."),
    Filter("status", TreatyStatus, "t.status = {}", "Only treaties of this status."),
    Filter("in_force", bool, f"{IN_FORCE} = {{}}", "Only treaties that are in force, or only the others."),
)

BY_ID = Read(TreatyRow, "treaties", key=("world_id", "treaty_id"), visible=PARTY)
OF_WORLD = Read(
    TreatyRow,
    "treaties",
    key=("world_id",),
    orders=TreatyOrder,
    ties=("treaty_id",),
    filters=FILTERS,
    visible=PARTY,
)
OF_PLAYER = Read(
    TreatyRow,
    "treaty_parties",
    key=("world_id", "party_player_id"),
    orders=TreatyOrder,
    ties=("treaty_id",),
    filters=FILTERS,
    visible=PARTY,
)
OF_ALLIANCE = Read(
    TreatyRow,
    "treaty_parties",
    key=("world_id", "party_alliance_id"),
    orders=TreatyOrder,
    ties=("treaty_id",),
    filters=FILTERS,
    visible=PARTY,
)


class TreatyEventKind(Enum):
    """What happened to a treaty."""

    PROPOSED = "proposed"
    """It was offered."""
    ACTIVE = "active"
    """It came into force."""
    DECLINED = "declined"
    """It was turned down."""
    EXPIRED = "expired"
    """It was kept to its end, or offered and not answered in time."""
    CANCELLED = "cancelled"
    """It ended in agreement, or was withdrawn."""
    BROKEN = "broken"
    """One side broke it."""
    PEACE_OFFERED = "peace_offered"
    """One side of a war offered peace."""
    END_OFFERED = "end_offered"
    """One side offered to end it in agreement."""
    PROLONGING_OFFERED = "prolonging_offered"
    """One side offered to let it last longer."""
    PROLONGED = "prolonged"
    """Its end was set anew."""


class TreatyEventOrder(Enum):
    """How the events of a treaty are ordered."""

    OLDEST = "occurred_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class TreatyEventRow:
    """One change of a treaty."""

    world_id: str
    event_id: int
    treaty_id: int
    kind: TreatyEventKind
    by_player_id: int | None
    note: str | None
    occurred_at: datetime
    recorded_at: datetime


EVENTS = Read(
    TreatyEventRow,
    "treaty_events",
    key=("world_id", "treaty_id"),
    orders=TreatyEventOrder,
    ties=("event_id",),
    visible=PARTY_OF_THE_TREATY,
)


# What changes them ------------------------------------------------------------------------------------------

COLUMNS = ", ".join(BY_ID.columns.values())
BETWEEN = """(
    (t.a_player_id = $2 OR t.a_alliance_id = $3) AND (t.b_player_id = $4 OR t.b_alliance_id = $5)
 OR (t.a_player_id = $4 OR t.a_alliance_id = $5) AND (t.b_player_id = $2 OR t.b_alliance_id = $3))"""


@dataclass(frozen=True, slots=True)
class LockedTreaty:
    """A treaty that nobody else can change for now."""

    row: TreatyRow
    changed_by: int | None
    """The player who made the last change."""


LOCK = f"SELECT t.changed_by, {COLUMNS} FROM treaties t WHERE t.world_id = $1 AND t.treaty_id = $2 FOR UPDATE"


async def lock(conn: Connection, world_id: str, treaty_id: int) -> LockedTreaty | None:
    """The treaty as it stands, kept so until this transaction ends."""
    found = await conn.fetchrow(LOCK, world_id, treaty_id)
    return None if found is None else LockedTreaty(BY_ID.make(*found[1:]), found[0])


OPEN = f"""
SELECT {COLUMNS} FROM treaties t
 WHERE t.world_id = $1 AND t.status IN ('proposed', 'active') AND {BETWEEN} ORDER BY t.treaty_id
"""


async def open_between(
    conn: Connection, world_id: str, one: tuple[int | None, int | None], other: tuple[int | None, int | None]
) -> list[TreatyRow]:
    """What is proposed or in force between two parties, whoever proposed it; also what is past its end."""
    return [BY_ID.make(*record) for record in await conn.fetch(OPEN, world_id, *one, *other)]


IN_FORCE_NOW = """
SELECT count(*) FROM treaty_parties
 WHERE world_id = $1 AND party_alliance_id = $2 AND type = $3 AND status = 'active'
   AND (ends_at IS NULL OR ends_at > $4)
"""


async def in_force(conn: Connection, world_id: str, alliance_id: int, kind: TreatyType, at: datetime) -> int:
    """How many treaties of a type an alliance has in force."""
    return int(await conn.fetchval(IN_FORCE_NOW, world_id, alliance_id, kind.value, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTreaty:
    """A treaty as it is proposed, or a war as it is declared."""

    world_id: str
    type: TreatyType
    a: tuple[int | None, int | None]
    b: tuple[int | None, int | None]
    by: int
    at: datetime
    terms: dict[str, Any] = field(default_factory=dict)
    overlord: Side | None = None
    is_public: bool = True
    ends_at: datetime | None = None
    answer_by: datetime | None = None


ADD = f"""
INSERT INTO treaties AS t (world_id, type, status, a_player_id, a_alliance_id, b_player_id, b_alliance_id,
    overlord, is_public, terms, ends_at, proposed_by, proposed_at, changed_by, changed_at, starts_at,
    answer_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $13, $14, $15)
RETURNING {COLUMNS}
"""


async def proposed(conn: Connection, new: NewTreaty) -> TreatyRow:
    """Write down a proposal."""
    return await _add(conn, new, TreatyStatus.PROPOSED, None)


async def declared(conn: Connection, new: NewTreaty) -> TreatyRow:
    """Write down a war, in force at once."""
    return await _add(conn, new, TreatyStatus.ACTIVE, new.at)


async def _add(
    conn: Connection, new: NewTreaty, status: TreatyStatus, starts_at: datetime | None
) -> TreatyRow:
    what = (new.type.value, status.value, *new.a, *new.b, new.overlord and new.overlord.value)
    agreed = (new.is_public, new.terms, new.ends_at)
    when = (new.at, starts_at, new.answer_by)
    return _sure(await conn.fetchrow(ADD, new.world_id, *what, *agreed, new.by, *when))


OVERDUE = f"""
SELECT t.world_id, t.treaty_id FROM treaties t JOIN worlds w USING (world_id)
 WHERE t.status = 'active' AND t.ends_at <= $1 AND {TIME_GOES_ON}
 ORDER BY t.world_id, t.ends_at, t.treaty_id
"""


async def overdue(conn: Connection, at: datetime) -> list[tuple[str, int]]:
    """The treaties that have come to their end, though nobody wrote it down yet: world and id."""
    return [(world_id, treaty_id) for world_id, treaty_id in await conn.fetch(OVERDUE, at)]


NO_OFFER = "offer = NULL, offered_by = NULL, offered_ends_at = NULL"
# What was in force says until when; what never was keeps the end that was proposed.
END = f"ends_at = CASE WHEN t.starts_at < $5 THEN least(t.ends_at, $5) ELSE t.ends_at END, {NO_OFFER}"
ANSWER = f"""
UPDATE treaties t SET status = $3, changed_by = $4, changed_at = $5, {END}
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


async def ended(
    conn: Connection, treaty: TreatyRow, status: TreatyStatus, by: int | None, at: datetime
) -> TreatyRow:
    """It was declined, withdrawn, ended by peace, or kept to its end."""
    return _sure(await conn.fetchrow(ANSWER, treaty.world_id, treaty.treaty_id, status.value, by, at))


ACCEPT = f"""
UPDATE treaties t SET status = 'active', changed_by = $3, changed_at = $4, starts_at = $4, ends_at = $5
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


async def accepted(
    conn: Connection, treaty: TreatyRow, by: int, at: datetime, ends_at: datetime | None
) -> TreatyRow:
    """It is in force from this moment."""
    return _sure(await conn.fetchrow(ACCEPT, treaty.world_id, treaty.treaty_id, by, at, ends_at))


BREAK = f"""
UPDATE treaties t
   SET status = 'broken', broken_by = $3, broken_at = $5, changed_by = $4, changed_at = $5, {END}
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


async def broken(conn: Connection, treaty: TreatyRow, side: Side, by: int, at: datetime) -> TreatyRow:
    """One side ended it against the other."""
    return _sure(await conn.fetchrow(BREAK, treaty.world_id, treaty.treaty_id, side.value, by, at))


OFFER_PEACE = f"""
UPDATE treaties t SET peace_offered_by = $3, changed_by = $4, changed_at = $5
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


async def peace_offered(conn: Connection, war: TreatyRow, side: Side, by: int, at: datetime) -> TreatyRow:
    """One side of a war asks for its end."""
    return _sure(await conn.fetchrow(OFFER_PEACE, war.world_id, war.treaty_id, side.value, by, at))


OFFER = f"""
UPDATE treaties t SET offer = $3, offered_by = $4, offered_ends_at = $5, changed_by = $6, changed_at = $7
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class NewOffer:
    """What one side of a treaty offers the other; `ends_at` is for prolonging alone."""

    offer: TreatyOffer
    by: Side
    ends_at: datetime | None = None


async def offered(conn: Connection, treaty: TreatyRow, new: NewOffer, by: int, at: datetime) -> TreatyRow:
    """One side offers to end or to prolong it, in the place of what was offered before."""
    what = (new.offer.value, new.by.value, new.ends_at)
    return _sure(await conn.fetchrow(OFFER, treaty.world_id, treaty.treaty_id, *what, by, at))


PROLONG = f"""
UPDATE treaties t SET ends_at = t.offered_ends_at, changed_by = $3, changed_at = $4, {NO_OFFER}
 WHERE t.world_id = $1 AND t.treaty_id = $2 RETURNING {COLUMNS}
"""


async def prolonged(conn: Connection, treaty: TreatyRow, by: int, at: datetime) -> TreatyRow:
    """It lasts as long as was offered."""
    return _sure(await conn.fetchrow(PROLONG, treaty.world_id, treaty.treaty_id, by, at))


LAPSE = """
UPDATE treaties
   SET status = 'expired', changed_by = NULL,
       changed_at = greatest(answer_by, changed_at + interval '1 microsecond')
 WHERE world_id = $1 AND status = 'proposed' AND answer_by <= $2
"""


async def lapse(conn: Connection, world_id: str, at: datetime) -> int:
    """Proposals that nobody answered in time are over; says how many."""
    return affected(await conn.execute(LAPSE, world_id, at))


WAITED = f"""
SELECT DISTINCT t.world_id FROM treaties t JOIN worlds w USING (world_id)
 WHERE t.status = 'proposed' AND t.answer_by <= $1 AND {TIME_GOES_ON} ORDER BY t.world_id
"""


async def waited_in_vain(conn: Connection, at: datetime) -> list[str]:
    """The worlds in which proposals were not answered in time."""
    return [record[0] for record in await conn.fetch(WAITED, at)]


OVERLORD = """
SELECT treaty_id FROM treaty_parties
 WHERE world_id = $1 AND (party_player_id = $2 OR party_alliance_id = $3)
   AND type = 'vassalage' AND overlord <> side AND status = 'active' AND (ends_at IS NULL OR ends_at > $4)
 LIMIT 1
"""


async def vassalage_of(
    conn: Connection, world_id: str, party: tuple[int | None, int | None], at: datetime
) -> int | None:
    """The treaty by which a party is somebody's vassal."""
    found: int | None = await conn.fetchval(OVERLORD, world_id, *party, at)
    return found


# Two changes at one moment would leave the second without a moment and an actor of its own.
END_ALL = """
UPDATE treaties t
   SET status = 'cancelled', changed_by = $4, changed_at = e.at,
       ends_at = CASE WHEN t.starts_at < e.at THEN least(t.ends_at, e.at) ELSE t.ends_at END,
       offer = NULL, offered_by = NULL, offered_ends_at = NULL
  FROM (SELECT treaty_id, greatest($5, changed_at + interval '1 microsecond') AS at
          FROM treaty_parties
         WHERE world_id = $1 AND (party_player_id = $2 OR party_alliance_id = $3)
           AND status IN ('proposed', 'active')) e
 WHERE t.world_id = $1 AND t.treaty_id = e.treaty_id
"""


async def all_ended(
    conn: Connection, world_id: str, party: tuple[int | None, int | None], by: int | None, at: datetime
) -> None:
    """Whatever a party had proposed, been offered or in force ends with it."""
    await conn.execute(END_ALL, world_id, *party, by, at)


def _sure(found: asyncpg.Record | None) -> TreatyRow:
    assert found is not None
    return BY_ID.make(*found)


# A promise not to attack: also that of overlord and vassal, and of confederates.
PEACEFUL = """
SELECT a_player_id, a_alliance_id, b_player_id, b_alliance_id FROM treaties
 WHERE world_id = $1 AND status = 'active' AND type IN ('nap', 'confederacy', 'vassalage')
   AND (ends_at IS NULL OR ends_at > $2)
   AND (a_player_id = ANY($3::int[]) OR a_alliance_id = ANY($4::int[]))
   AND (b_player_id = ANY($3::int[]) OR b_alliance_id = ANY($4::int[]))
"""


async def peaceful(
    conn: Connection, world_id: str, at: datetime, player_ids: Sequence[int], alliance_ids: Sequence[int]
) -> list[tuple[tuple[int | None, int | None], tuple[int | None, int | None]]]:
    """Who of these players and alliances is bound to whom of them not to attack: player and alliance each."""
    found = await conn.fetch(PEACEFUL, world_id, at, player_ids, alliance_ids)
    return [((one[0], one[1]), (one[2], one[3])) for one in found]
