"""Relationships: what one NPC holds about one player, and the ledger of trust behind the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.bulk import Bulk
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
    """What one NPC holds about one player in one world; what has no history is None as of a moment."""

    world_id: str
    relationship_id: Annotated[int, Column("t.id")]
    npc_id: int
    target_player_id: int
    trust_score: int
    trust_at: datetime
    relationship_type: RelationshipType
    total_interactions: int | None
    last_interaction_type: str | None
    last_interaction_at: datetime | None
    battles_won_against: int | None
    battles_lost_against: int | None
    resources_raided_from: int | None
    resources_lost_to: int | None
    messages_sent: int | None
    messages_received: int | None
    known_villages: list[Any] | None
    known_army_composition: dict[str, Any] | None
    activity_pattern: dict[str, Any] | None
    predicted_next_action: str | None
    prediction_confidence: float | None
    predicted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    as_of: Annotated[datetime | None, Column("NULL::timestamptz")] = None
    """By when all of this was recorded; None: by now."""


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


@dataclass(slots=True, kw_only=True)
class NewTrustEvent:
    """A cause that moves a trust score."""

    npc_id: int
    target_player_id: int
    kind: TrustEventKind
    points: float
    half_life_seconds: float | None
    note: str | None
    occurred_at: datetime
    source: TrustEventSource
    source_id: int | None = None


# The scores follow.
ADD_EVENTS = Bulk(NewTrustEvent, "trust_events")
# The scores are to be brought by `met`, in the same transaction.
ADD_EVENTS_TO_BE_COUNTED = Bulk(
    NewTrustEvent,
    "trust_events",
    beside="CROSS JOIN (SELECT set_config('entente.scores', 'brought', true) OFFSET 0) AS said",
)


@dataclass(slots=True)
class Encounter:
    """What an NPC had to do with a player, which may make that player something else to it."""

    npc_id: int
    target_player_id: int
    last_at: datetime
    last_what: str | None = None
    times: int = 0
    felt_at: datetime | None = None
    """When the last event was that moved its trust; None: none did."""
    begins: bool = False
    """Whether the relationship begins with it, where there is none."""
    becomes: RelationshipType | None = None
    only_from: RelationshipType | None = None
    """It becomes so only where it is this."""
    won: int = 0
    lost: int = 0
    raided: int = 0
    lost_to: int = 0
    sent: int = 0
    received: int = 0


FIRST_MET = """
INSERT INTO npc_relationships (world_id, npc_id, target_player_id, trust_at, created_at, updated_at)
SELECT $1::varchar, e.npc_id, e.player_id, e.at, e.at, e.at
  FROM unnest($2::int[], $3::int[], $4::timestamptz[]) AS e (npc_id, player_id, at)
 WHERE NOT EXISTS (
       SELECT FROM npc_relationships r
        WHERE r.world_id = $1 AND r.npc_id = e.npc_id AND r.target_player_id = e.player_id)
    ON CONFLICT DO NOTHING
"""
# As ledger_sum does, but within the statement: to call it for each row takes four times as long.
SUM_AT = """(
    SELECT coalesce(sum(faded(t.points, t.half_life_seconds, t.occurred_at, {at})), 0) FROM trust_events t
     WHERE t.world_id = r.world_id AND t.npc_id = r.npc_id AND t.target_player_id = r.target_player_id
       AND t.occurred_at <= {at} AND (t.expires_at IS NULL OR t.expires_at > {at}))"""
MEET = f"""
UPDATE npc_relationships r
   SET total_interactions = r.total_interactions + e.times,
       trust_score = CASE WHEN e.felt_at IS NULL THEN r.trust_score
                          ELSE as_score({SUM_AT.format(at="greatest(e.felt_at, r.trust_at)")}) END,
       trust_at = CASE WHEN e.felt_at IS NULL THEN r.trust_at ELSE greatest(e.felt_at, r.trust_at) END,
       last_interaction_type = CASE WHEN e.what IS NULL OR e.at < r.last_interaction_at
                                    THEN r.last_interaction_type ELSE e.what END,
       last_interaction_at = CASE WHEN e.what IS NULL THEN r.last_interaction_at
                                  ELSE greatest(r.last_interaction_at, e.at) END,
       updated_at = greatest(r.updated_at, e.at),
       relationship_type = CASE WHEN coalesce(e.only_from, r.relationship_type) = r.relationship_type
                                THEN coalesce(e.becomes, r.relationship_type) ELSE r.relationship_type END,
       battles_won_against = r.battles_won_against + e.won,
       battles_lost_against = r.battles_lost_against + e.lost,
       resources_raided_from = r.resources_raided_from + e.raided,
       resources_lost_to = r.resources_lost_to + e.lost_to,
       messages_sent = r.messages_sent + e.sent, messages_received = r.messages_received + e.received
  FROM unnest($2::int[], $3::int[], $4::timestamptz[], $5::text[], $6::int[], $7::text[], $8::text[],
              $9::int[], $10::int[], $11::bigint[], $12::bigint[], $13::int[], $14::int[], $15::timestamptz[])
       AS e (npc_id, target_player_id, at, what, times, becomes, only_from,
             won, lost, raided, lost_to, sent, received, felt_at)
 WHERE r.world_id = $1 AND r.npc_id = e.npc_id AND r.target_player_id = e.target_player_id
"""


async def first_met(conn: Connection, world_id: str, encounters: Sequence[Encounter]) -> None:
    """Begin the relationships that begin with these encounters and are not there yet."""
    await conn.execute(FIRST_MET, world_id, *_pairs([one for one in encounters if one.begins]))


async def met(conn: Connection, world_id: str, encounters: Sequence[Encounter]) -> None:
    """Count encounters in each relationship that there is, and bring its score up, all in one statement; of
    each pair one encounter at most."""
    await conn.execute(
        MEET, world_id, *_pairs(encounters),
        [one.last_what for one in encounters], [one.times for one in encounters],
        [one.becomes and one.becomes.value for one in encounters],
        [one.only_from and one.only_from.value for one in encounters],
        [one.won for one in encounters], [one.lost for one in encounters],
        [one.raided for one in encounters], [one.lost_to for one in encounters],
        [one.sent for one in encounters], [one.received for one in encounters],
        [one.felt_at for one in encounters],
    )  # fmt: skip


def _pairs(encounters: Sequence[Encounter]) -> tuple[list[int], list[int], list[datetime]]:
    return (
        [one.npc_id for one in encounters],
        [one.target_player_id for one in encounters],
        [one.last_at for one in encounters],
    )
