"""Relationships: what one NPC holds about one player, and the ledger of trust behind the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any

from db.connection import Connection
from db.reads import Column, Filter, Read
from db.viewer import OWN


class RelationshipType(Enum):
    """What a player is to an NPC."""

    ALLY = "ally"
    """Fights on its side."""
    ENEMY = "enemy"
    """Fights against it."""
    NEUTRAL = "neutral"
    """Neither friend nor foe."""
    TRADING_PARTNER = "trading_partner"
    """Trades with it."""
    VASSAL = "vassal"
    """Owes it tribute."""
    OVERLORD = "overlord"
    """Receives tribute from it."""


class RelationshipOrder(Enum):
    """How relationships are ordered."""

    TRUST = "trust_score DESC"
    """The most trusted first."""
    DISTRUST = "trust_score"
    """The least trusted first."""


class RelationshipOfNpcOrder(Enum):
    """How the relationships of one NPC are ordered."""

    TRUST = "trust_score DESC"
    """The most trusted first."""
    DISTRUST = "trust_score"
    """The least trusted first."""
    RECENT = "updated_at DESC"
    """The most recently changed first."""


@dataclass(frozen=True, slots=True)
class RelationshipRow:
    """What one NPC holds about one player in one world."""

    world_id: str
    relationship_id: Annotated[int, Column("t.id")]
    npc_id: int
    target_player_id: int
    trust_score: int
    trust_at: datetime
    relationship_type: RelationshipType
    total_interactions: int
    last_interaction_type: str | None
    last_interaction_at: datetime | None
    battles_won_against: int
    battles_lost_against: int
    resources_raided_from: int
    resources_lost_to: int
    messages_sent: int
    messages_received: int
    known_villages: list[Any]
    known_army_composition: dict[str, Any] | None
    activity_pattern: dict[str, Any] | None
    predicted_next_action: str | None
    prediction_confidence: float | None
    predicted_at: datetime | None
    created_at: datetime
    updated_at: datetime


FILTERS = (
    Filter("type", RelationshipType, "t.relationship_type = {}", "Only relationships of this type."),
    Filter(
        "min_trust",
        int,
        "t.trust_score >= {}",
        "Only those with at least this trust score, −100 to 100.",
        between=(-100, 100),
    ),
    Filter(
        "max_trust",
        int,
        "t.trust_score <= {}",
        "Only those with at most this trust score, −100 to 100.",
        between=(-100, 100),
    ),
)

BY_PAIR = Read(
    RelationshipRow, "npc_relationships", key=("world_id", "npc_id", "target_player_id"), visible=OWN
)
OF_NPC = Read(
    RelationshipRow,
    "npc_relationships",
    key=("world_id", "npc_id"),
    orders=RelationshipOfNpcOrder,
    ties=("target_player_id",),
    filters=FILTERS,
    visible=OWN,
)
TOWARDS_PLAYER = Read(
    RelationshipRow,
    "npc_relationships",
    key=("world_id", "target_player_id"),
    orders=RelationshipOrder,
    ties=("npc_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_WORLD = Read(
    RelationshipRow,
    "npc_relationships",
    key=("world_id",),
    orders=RelationshipOrder,
    ties=("npc_id", "target_player_id"),
    filters=FILTERS,
    visible=OWN,
)


@dataclass(frozen=True, slots=True)
class TreatiesInForceRow:
    """The treaties in force between an NPC and a player, in the shape of the first data model."""

    treaties_active: Annotated[list[Any], Column("treaties_active(t)")]


TREATIES_IN_FORCE = Read(
    TreatiesInForceRow, "npc_relationships", key=("world_id", "npc_id", "target_player_id"), visible=OWN
)


class TrustEventKind(Enum):
    """Why a trust score moved."""

    ALLIANCE_FORMED = "alliance_formed"
    """They joined forces."""
    TREATY_HONOURED = "treaty_honoured"
    """A treaty was kept to its end."""
    TREATY_BROKEN = "treaty_broken"
    """A treaty was broken."""
    HELPED_IN_BATTLE = "helped_in_battle"
    """They fought at its side."""
    ATTACKED_ME = "attacked_me"
    """They attacked it."""
    ATTACKED_MY_ALLY = "attacked_my_ally"
    """They attacked one of its own."""
    TRADED_FAIRLY = "traded_fairly"
    """A fair trade."""
    SHARED_INTELLIGENCE = "shared_intelligence"
    """They told it something useful."""
    LIED_TO_ME = "lied_to_me"
    """They were found lying."""
    BACKSTABBED = "backstabbed"
    """They struck while bound by a treaty."""
    WAR_DECLARED = "war_declared"
    """They declared war on it."""
    PEACE_MADE = "peace_made"
    """They ended a war with it."""
    ALLIANCE_LEFT = "alliance_left"
    """They left its alliance."""
    ADJUSTED = "adjusted"
    """Set by hand."""
    IMPORTED = "imported"
    """Came from elsewhere, with no cause told."""


class TrustEventSource(Enum):
    """Where a trust event comes from."""

    TREATY = "treaty"
    """A treaty."""
    BATTLE = "battle"
    """A battle."""
    TRADE = "trade"
    """A trade."""
    MESSAGE = "message"
    """A message."""
    MEMORY = "memory"
    """A memory."""
    DECISION = "decision"
    """A decision."""
    MANUAL = "manual"
    """Somebody's hand, or another program."""


class TrustEventOrder(Enum):
    """How trust events are ordered."""

    RECENT = "occurred_at DESC"
    """The latest first."""
    OLDEST = "occurred_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class TrustEventRow:
    """One recorded cause that moved a trust score."""

    world_id: str
    event_id: int
    npc_id: int
    target_player_id: int
    kind: TrustEventKind
    points: float
    half_life_seconds: float | None
    occurred_at: datetime
    expires_at: datetime | None
    recorded_at: datetime
    source: TrustEventSource
    source_id: int | None
    note: str | None


TRUST_EVENT_BY_ID = Read(TrustEventRow, "trust_events", key=("world_id", "event_id"), visible=OWN)
TRUST_EVENTS_OF_PAIR = Read(
    TrustEventRow,
    "trust_events",
    key=("world_id", "npc_id", "target_player_id"),
    orders=TrustEventOrder,
    ties=("event_id",),
    filters=(Filter("kind", TrustEventKind, "t.kind = {}", "Only events of this kind."),),
    visible=OWN,
)


# What changes them ------------------------------------------------------------------------------------------

RELATIONSHIP = f"""
SELECT {", ".join(BY_PAIR.columns.values())} FROM npc_relationships t
 WHERE t.world_id = $1 AND t.npc_id = $2 AND t.target_player_id = $3
"""


async def find(conn: Connection, world_id: str, npc_id: int, target_player_id: int) -> RelationshipRow | None:
    """What an NPC holds about a player now."""
    found = await conn.fetchrow(RELATIONSHIP, world_id, npc_id, target_player_id)
    return None if found is None else BY_PAIR.make(*found)


@dataclass(frozen=True, slots=True)
class NewTrustEvent:
    """A cause that moves a trust score."""

    npc_id: int
    target_player_id: int
    kind: TrustEventKind
    points: float
    half_life: timedelta | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """When trust events happened, and what they come from."""

    occurred_at: datetime
    source: TrustEventSource
    source_id: int | None = None


ADD_EVENTS = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, half_life_seconds, note,
                          occurred_at, source, source_id)
SELECT $1, e.*, $2, $3, $4
  FROM unnest($5::int[], $6::int[], $7::text[], $8::float8[], $9::float8[], $10::text[]) AS e
"""


async def add_events(
    conn: Connection, world_id: str, origin: Origin, events: Sequence[NewTrustEvent]
) -> None:
    """Enter events in the ledger, all in one statement; the scores follow."""
    await conn.execute(
        ADD_EVENTS, world_id, origin.occurred_at, origin.source.value, origin.source_id,
        [event.npc_id for event in events], [event.target_player_id for event in events],
        [event.kind.value for event in events], [float(event.points) for event in events],
        [event.half_life and event.half_life.total_seconds() for event in events],
        [event.note for event in events],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encounter:
    """An NPC has to do with a player, which may make that player something else to it."""

    npc_id: int
    target_player_id: int
    becomes: RelationshipType | None = None
    only_from: RelationshipType | None = None
    """It becomes so only where it is this."""


MEET = """
UPDATE npc_relationships r
   SET total_interactions = r.total_interactions + 1, last_interaction_type = $2, last_interaction_at = $3,
       updated_at = greatest(r.updated_at, $3),
       relationship_type = CASE WHEN coalesce(e.only_from, r.relationship_type) = r.relationship_type
                                THEN coalesce(e.becomes, r.relationship_type) ELSE r.relationship_type END
  FROM unnest($4::int[], $5::int[], $6::text[], $7::text[])
       AS e (npc_id, target_player_id, becomes, only_from)
 WHERE r.world_id = $1 AND r.npc_id = e.npc_id AND r.target_player_id = e.target_player_id
"""


async def met(
    conn: Connection, world_id: str, what: str, at: datetime, encounters: Sequence[Encounter]
) -> None:
    """Count an encounter in each relationship that there is, all in one statement."""
    await conn.execute(
        MEET, world_id, what, at,
        [one.npc_id for one in encounters], [one.target_player_id for one in encounters],
        [one.becomes and one.becomes.value for one in encounters],
        [one.only_from and one.only_from.value for one in encounters],
    )  # fmt: skip
