"""Messages: what players write to each other, NPCs and humans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.reads import Column, Filter, Private, Read
from db.viewer import OWN, Visible


class MessageType(Enum):
    """What a message is for."""

    ALLIANCE_INVITATION = "alliance_invitation"
    """It asks to join an alliance."""
    TREATY_PROPOSAL = "treaty_proposal"
    """It offers a treaty."""
    WAR_DECLARATION = "war_declaration"
    """It declares war."""
    TRADE_OFFER = "trade_offer"
    """It offers a trade."""
    DIPLOMATIC_MESSAGE = "diplomatic_message"
    """Any other matter between players."""
    THREAT = "threat"
    """It threatens."""
    FRIENDLY_CHAT = "friendly_chat"
    """It only keeps in touch."""


class MessageBox(Enum):
    """On which end of a message an NPC is."""

    SENT = "sent"
    """It wrote the message."""
    RECEIVED = "received"
    """It got the message."""


class MessageOrder(Enum):
    """How messages are ordered."""

    RECENT = "sent_at DESC"
    """The latest first."""
    OLDEST = "sent_at"
    """The earliest first."""


class MessageOfThreadOrder(Enum):
    """How the messages of a thread are ordered."""

    OLDEST = "sent_at"
    """The earliest first."""
    RECENT = "sent_at DESC"
    """The latest first."""


SENDERS = Private(owner="from_npc_id")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What one player wrote to another. How it came to be and what it was to achieve is the sender's own."""

    world_id: str
    message_id: Annotated[int, Column("t.id")]
    thread_id: Annotated[int, Column("coalesce(t.thread_id, t.id)")]
    from_npc_id: int | None
    from_player_id: int
    to_player_id: int
    to_npc_id: int | None
    to_is_npc: bool
    subject: str | None
    message_body: str
    message_type: MessageType
    sent_at: datetime
    read_at: datetime | None
    replied_at: datetime | None
    reply_message_id: int | None
    response_received: bool
    generated_by_llm: Annotated[bool | None, SENDERS]
    llm_prompt: Annotated[str | None, SENDERS]
    generation_time_ms: Annotated[int | None, SENDERS]
    response_positive: Annotated[bool | None, SENDERS]
    objective_achieved: Annotated[bool | None, SENDERS]
    created_at: datetime


FILTERS = (
    Filter("type", MessageType, "t.message_type = {}", "Only messages of this type."),
    Filter("unread", bool, "(t.read_at IS NULL) = {}", "Only those nobody has read yet, or only the others."),
    Filter(
        "answered",
        bool,
        "(t.replied_at IS NOT NULL) = {}",
        "Only those that were answered, or only the others.",
    ),
    Filter("since", datetime, "t.sent_at >= {}", "Only messages of this moment or later."),
    Filter("until", datetime, "t.sent_at < {}", "Only messages from before this moment."),
)
FILTERS_OF_A_PARTY = (
    Filter("box", MessageBox, "t.box = {}", "Only what it sent, or only what it received."),
    *FILTERS,
)

PARTIES = Visible(when="k.viewer_npc_id IN (t.from_npc_id, t.to_npc_id)")

BY_ID = Read(MessageRow, "npc_messages", key=("world_id", "message_id"), visible=PARTIES)
OF_WORLD = Read(
    MessageRow,
    "npc_messages",
    key=("world_id",),
    orders=MessageOrder,
    ties=("message_id",),
    filters=FILTERS,
    visible=PARTIES,
)
OF_THREAD = Read(
    MessageRow,
    "npc_messages",
    key=("world_id", "thread_id"),
    orders=MessageOfThreadOrder,
    ties=("message_id",),
    filters=FILTERS,
    visible=PARTIES,
)
OF_NPC = Read(
    MessageRow,
    "message_parties",
    key=("world_id", "npc_id"),
    orders=MessageOrder,
    ties=("message_id",),
    filters=FILTERS_OF_A_PARTY,
    visible=OWN,
)
OF_PAIR = Read(
    MessageRow,
    "message_parties",
    key=("world_id", "npc_id", "other_player_id"),
    orders=MessageOrder,
    ties=("message_id",),
    filters=FILTERS_OF_A_PARTY,
    visible=OWN,
)
