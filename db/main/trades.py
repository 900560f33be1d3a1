"""Trades: as each NPC that took part in one sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.reads import Column, Filter, Read
from db.viewer import OWN


class TradeType(Enum):
    """How an NPC came to a trade."""

    OFFER_CREATED = "offer_created"
    """It made the offer."""
    OFFER_ACCEPTED = "offer_accepted"
    """It took the other's offer."""
    MERCHANT_SENT = "merchant_sent"
    """Merchants were sent without an offer on the market."""


class TradeStatus(Enum):
    """How far a trade has come."""

    PENDING = "pending"
    """It waits for a partner, or for the merchants."""
    COMPLETED = "completed"
    """Both got what was agreed."""
    CANCELLED = "cancelled"
    """It was called off."""
    EXPIRED = "expired"
    """Nobody took the offer in time."""


class Resource(Enum):
    """What is traded."""

    WOOD = "wood"
    """Wood."""
    CLAY = "clay"
    """Clay."""
    IRON = "iron"
    """Iron."""
    WHEAT = "wheat"
    """Wheat."""


class TradeOrder(Enum):
    """How trades are ordered."""

    RECENT = "created_at DESC"
    """The latest first."""
    OLDEST = "created_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A trade as one NPC sees it."""

    world_id: str
    record_id: Annotated[int, Column("t.id")]
    npc_id: int
    trade_id: int | None
    trade_type: TradeType
    offered_resource: Resource | None
    offered_amount: int
    requested_resource: Resource | None
    requested_amount: int
    exchange_rate: float | None
    market_rate_at_time: float | None
    profit_margin: float | None
    partner_id: int | None
    partner_trustworthiness: float | None
    trade_status: TradeStatus
    completed_at: datetime | None
    created_at: datetime


FILTERS = (
    Filter("type", TradeType, "t.trade_type = {}", "Only trades that the NPC came to like this."),
    Filter("status", TradeStatus, "t.trade_status = {}", "Only trades of this status."),
    Filter("since", datetime, "t.created_at >= {}", "Only trades of this moment or later."),
    Filter("until", datetime, "t.created_at < {}", "Only trades from before this moment."),
)

BY_ID = Read(TradeRow, "npc_trade_history", key=("world_id", "record_id"), visible=OWN)
OF_NPC = Read(
    TradeRow,
    "npc_trade_history",
    key=("world_id", "npc_id"),
    orders=TradeOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_PAIR = Read(
    TradeRow,
    "npc_trade_history",
    key=("world_id", "npc_id", "partner_id"),
    orders=TradeOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_WORLD = Read(
    TradeRow,
    "npc_trade_history",
    key=("world_id",),
    orders=TradeOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)
