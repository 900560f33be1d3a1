"""Trades, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.main import npcs, players, trades, worlds
from db.main.trades import Resource, TradeRow, TradeStatus, TradeType
from resolvers.trades import TradeRecords
from schema.base import backed_by, listed, one
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.worlds import World


@backed_by(TradeRecords)
class RecordedTrade:
    """A trade that was recorded."""

    trades: list[Trade] = listed(trades.BY_ID, key=("world_id", "record_ids"), first=2)
    """It, as each NPC that takes part in it sees it."""


@backed_by(TradeRow, node=trades.BY_ID)
class Trade(Node):
    """A trade as one NPC sees it: where two NPCs trade, each has its own record."""

    world_id: str
    """The world."""
    record_id: BigInt
    """The id of this record in that world."""
    trade_id: BigInt | None
    """The game's own id of the trade, shared by the records of both sides."""
    trade_type: TradeType
    """How the NPC came to it."""
    offered_resource: Resource | None
    """What the NPC gives; null: nothing."""
    offered_amount: BigInt
    """How much of it."""
    requested_resource: Resource | None
    """What the NPC gets; null: nothing."""
    requested_amount: BigInt
    """How much of it."""
    exchange_rate: float | None
    """What the NPC gets for one that it gives; null where it gives nothing."""
    market_rate_at_time: float | None
    """What one was worth on the market, counted likewise."""
    profit_margin: float | None
    """How much better than the market the trade was for the NPC: 0.1 is a tenth better."""
    partner_trustworthiness: float | None
    """How far the NPC trusted its partner at the time, 0 (not at all) to 1; null where they had not met."""
    trade_status: TradeStatus
    """How far it has come."""
    completed_at: datetime | None
    """When it was completed."""
    created_at: datetime
    """When it began."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
    player: Player | None = one(players.OF_NPC_IN_WORLD, key=("world_id", "npc_id"))
    """The player as which the NPC plays; null where it plays no longer."""
    partner: Player | None = one(players.BY_ID, key=("world_id", "partner_id"))
    """With whom; null for an offer that nobody took yet."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
