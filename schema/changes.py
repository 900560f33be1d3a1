"""Changes, as clients see them: the feed of a world."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

from db.main import (
    alliances,
    battles,
    decisions,
    messages,
    npcs,
    players,
    relationships,
    trades,
    treaties,
    worlds,
)
from db.main.changes import ChangeKind, ChangeRow
from schema.base import backed_by, one
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.alliances import Alliance
    from schema.battles import Battle
    from schema.decisions import Decision
    from schema.messages import Message
    from schema.npcs import Npc
    from schema.players import Player
    from schema.relationships import TrustEvent
    from schema.trades import Trade
    from schema.treaties import Treaty
    from schema.worlds import World


@backed_by(ChangeRow)
class Change:
    """A change of a world, as its feed tells of it. What it links to is shown as it is now; null where it is
    gone, or was no part of the change."""

    seq: BigInt
    """Its number in the feed of the world, which rises in the order of commits; the numbers in between are
    those of changes that you may not know of."""
    version: BigInt
    """The version of the world that the change made or, of a decision, message or trade, found."""
    kind: ChangeKind
    """What changed."""
    event: str | None
    """What happened to it, such as joined or broken; null where the kind says it all."""
    data: JSON
    """More about it: an object whose fields depend on the kind."""
    is_public: bool
    """Whether everybody may know of it."""
    recorded_at: datetime
    """When it was recorded. It stays in the feed for 90 days."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """Whose private matter it is."""
    player: Player | None = one(players.BY_ID, key=("world_id", "player_id"))
    """The player whom it is about: the one trusted, the member, who writes or is written to, the opponent,
    the partner."""
    alliance: Alliance | None = one(alliances.BY_ID, key=("world_id", "alliance_id"))
    """The alliance."""
    treaty: Treaty | None = one(treaties.BY_ID, key=("world_id", "treaty_id"))
    """The treaty or war."""
    trust_event: TrustEvent | None = one(relationships.TRUST_EVENT_BY_ID, key=("world_id", "trust_event_id"))
    """The trust event."""
    decision: Decision | None = one(decisions.BY_ID, key=("world_id", "decision_id"))
    """The decision."""
    message: Message | None = one(messages.BY_ID, key=("world_id", "message_id"))
    """The message."""
    battle: Battle | None = one(battles.BY_ID, key=("world_id", "battle_record_id"))
    """The battle."""
    trade: Trade | None = one(trades.BY_ID, key=("world_id", "trade_record_id"))
    """The trade."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
