"""Relationships, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

import resolvers.json_shapes
import resolvers.ledger
import resolvers.relationships
from db.main import as_of, battles, messages, npcs, players, relationships, trades, worlds
from db.main.relationships import (
    RelationshipRow,
    RelationshipType,
    TrustEventKind,
    TrustEventRow,
    TrustEventSource,
)
from resolvers.json_shapes import Activity
from resolvers.relationships import TrustLevel
from schema.base import backed_by, many, one, resolve
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.battles import Battle
    from schema.ledger import TrustModifier, TrustMoment
    from schema.messages import Message
    from schema.npcs import Npc
    from schema.players import Player
    from schema.trades import Trade
    from schema.worlds import World


@backed_by(Activity)
class ActivityPattern:
    """When a player is online, as far as an NPC knows."""

    typical_online_hours: list[int]
    """The hours of the day, 0 to 23, at which the player is usually online."""
    timezone_estimate: str | None
    """The time zone that the player seems to live in, such as UTC-5."""
    activity_level: str | None
    """How active the player is, such as high."""
    logins_per_day: float | None
    """How often the player comes online in a day."""
    more: JSON
    """Whatever else the NPC noted of it: an object."""


@backed_by(RelationshipRow, node=relationships.BY_PAIR, past=as_of.RELATIONSHIP_BY_PAIR)
class Relationship(Node):
    """What one NPC holds about one player in one world. Its counters, what the NPC knows and what it expects
    have no history: as of a past moment they are null."""

    world_id: str
    """The world."""
    as_of: datetime | None
    """The moment by when all of this was recorded; null: by now."""
    trust_score: int
    """How far the NPC trusts the player, −100 to 100: the sum of its ledger of trust events as it was at
    `trustAt`. It is worked out anew, and older events have faded, when an event is entered and when the
    world is maintained, every ten minutes unless set otherwise."""
    trust_level: TrustLevel = resolve(resolvers.relationships.trust_level, needs=("trust_score",))
    trust_at: datetime
    """The moment the score was worked out for: that of the last event, or when it last faded by a whole
    number."""
    relationship_type: RelationshipType
    """What the player is to the NPC."""
    total_interactions: int | None
    """How often they had to do with each other."""
    last_interaction_type: str | None
    """What they last had to do with each other, such as raid or trade."""
    last_interaction_at: datetime | None
    """When that was."""
    battles_won_against: int | None
    """Battles that the NPC won against the player."""
    battles_lost_against: int | None
    """Battles that the NPC lost against the player."""
    resources_raided_from: BigInt | None
    """Resources that the NPC took from the player."""
    resources_lost_to: BigInt | None
    """Resources that the player took from the NPC."""
    messages_sent: int | None
    """Messages from the NPC to the player."""
    messages_received: int | None
    """Messages from the player to the NPC."""
    known_villages: JSON | None
    """What the NPC knows of the player's villages: a list."""
    known_army_composition: JSON | None
    """What the NPC knows of the player's army: troops and their numbers."""
    activity_pattern: ActivityPattern | None = resolve(
        resolvers.json_shapes.activity_pattern, needs=("activity_pattern",)
    )
    predicted_next_action: str | None
    """What the NPC expects the player to do next."""
    prediction_confidence: float | None
    """How sure the NPC is of that, 0 to 1."""
    predicted_at: datetime | None
    """When it expected that."""
    created_at: datetime
    """Since when they know each other."""
    updated_at: datetime
    """When this last changed."""
    treaties_active: JSON = resolve(
        resolvers.relationships.treaties_active, needs=("world_id", "npc_id", "target_player_id")
    )
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC that holds it."""
    truster: Player | None = one(players.OF_NPC_IN_WORLD, key=("world_id", "npc_id"))
    """The player as which the NPC plays: who trusts; null where it plays no longer."""
    player: Player = one(players.BY_ID, key=("world_id", "target_player_id"))
    """The player it is about: who is trusted."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
    trust_events: Connection[TrustEvent] = many(
        relationships.TRUST_EVENTS_OF_PAIR, key=("world_id", "npc_id", "target_player_id")
    )
    """The causes behind the trust score: the ledger."""
    modifiers: list[TrustModifier] = resolve(
        resolvers.ledger.modifiers,
        needs=("world_id", "npc_id", "target_player_id", "trust_score", "trust_at", "as_of"),
    )
    trust_history: list[TrustMoment] = resolve(
        resolvers.ledger.trust_history,
        needs=("world_id", "npc_id", "target_player_id", "created_at", "as_of"),
    )
    battles: Connection[Battle] = many(battles.OF_PAIR, key=("world_id", "npc_id", "target_player_id"))
    """The battles that the NPC fought against the player."""
    trades: Connection[Trade] = many(trades.OF_PAIR, key=("world_id", "npc_id", "target_player_id"))
    """The trades of the NPC with the player."""
    messages: Connection[Message] = many(messages.OF_PAIR, key=("world_id", "npc_id", "target_player_id"))
    """What the two wrote to each other."""


@backed_by(TrustEventRow, node=relationships.TRUST_EVENT_BY_ID)
class TrustEvent(Node):
    """One recorded cause that moved a trust score."""

    world_id: str
    """The world."""
    event_id: BigInt
    """Its id in that world."""
    kind: TrustEventKind
    """What happened."""
    points: float
    """By how much it moved the score at the time."""
    half_life_seconds: float | None
    """After how many seconds it counts half; null: it does not fade."""
    occurred_at: datetime
    """When it happened."""
    expires_at: datetime | None
    """When it stops to count; null: never."""
    recorded_at: datetime
    """When it was entered."""
    source: TrustEventSource
    """Where it comes from."""
    source_id: BigInt | None
    """The id of what it comes from."""
    note: str | None
    """A note."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC whose trust moved."""
    player: Player = one(players.BY_ID, key=("world_id", "target_player_id"))
    """The player towards whom."""
    relationship: Relationship | None = one(
        relationships.BY_PAIR, key=("world_id", "npc_id", "target_player_id")
    )
    """The relationship it is part of."""
