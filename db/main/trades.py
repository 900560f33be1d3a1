"""Trades: as each NPC that took part in one sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.bulk import Bulk
from db.connection import Connection
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


# What is recorded -------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class NewTrade:
    """A trade to record for an NPC that took part in it."""

    id: int
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
    trade_status: TradeStatus
    completed_at: datetime | None
    created_at: datetime


# How far the partner is trusted, before what this trade brings.
ADD = Bulk(
    NewTrade,
    "npc_trade_history",
    beside="LEFT JOIN npc_relationships r"
    " ON r.world_id = $1 AND r.npc_id = e.npc_id AND r.target_player_id = e.partner_id",
    made={"partner_trustworthiness": "(r.trust_score + 100) / 200.0"},
)

KNOWN = """
SELECT trade_id, npc_id, id, trade_status FROM npc_trade_history
 WHERE world_id = $1 AND trade_id = ANY($2::bigint[])
"""


async def known(
    conn: Connection, world_id: str, trade_ids: Sequence[int]
) -> dict[tuple[int, int], tuple[int, TradeStatus]]:
    """Which NPCs have a record of which of these trades already: its id, and how far the trade had come."""
    found = await conn.fetch(KNOWN, world_id, trade_ids) if trade_ids else []
    return {(one[0], one[1]): (one[2], TradeStatus(one[3])) for one in found}


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a trade that was recorded while it waited."""

    record_id: int
    status: TradeStatus
    partner_id: int | None
    at: datetime


SETTLE = """
UPDATE npc_trade_history t
   SET trade_status = e.status, partner_id = coalesce(e.partner_id, t.partner_id),
       completed_at = CASE e.status WHEN 'completed' THEN e.at END
  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[]) AS e (id, status, partner_id, at)
 WHERE t.world_id = $1 AND t.id = e.id
"""


async def settled(conn: Connection, world_id: str, trades: Sequence[Settled]) -> None:
    """Write down what became of trades that waited."""
    if trades:
        await conn.execute(
            SETTLE, world_id, [one.record_id for one in trades], [one.status.value for one in trades],
            [one.partner_id for one in trades], [one.at for one in trades],
        )  # fmt: skip
