"""Messages: what players write to each other, NPCs and humans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.bulk import Bulk
from db.connection import Connection
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

PARTIES = Visible(among=("from_npc_id", "to_npc_id"))

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


# What is recorded -------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class NewMessage:
    """A message to record."""

    id: int
    from_npc_id: int | None
    from_player_id: int
    to_player_id: int
    to_npc_id: int | None
    thread_id: int | None
    subject: str | None
    message_body: str
    message_type: MessageType
    generated_by_llm: bool
    llm_prompt: str | None
    generation_time_ms: int | None
    sent_at: datetime


ADD = Bulk(NewMessage, "npc_messages")


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that another one may answer."""

    message_id: int
    thread_id: int
    from_player_id: int
    to_player_id: int


KNOWN = """
SELECT id, coalesce(thread_id, id), from_player_id, to_player_id FROM npc_messages
 WHERE world_id = $1 AND id = ANY($2::bigint[])
"""


async def known(conn: Connection, world_id: str, message_ids: Sequence[int]) -> dict[int, KnownMessage]:
    """Those of these messages that there are."""
    found = await conn.fetch(KNOWN, world_id, message_ids) if message_ids else []
    return {one[0]: KnownMessage(*one) for one in found}


@dataclass(frozen=True, slots=True)
class Answered:
    """A message, the one that answers it, and when."""

    message_id: int
    reply_message_id: int
    at: datetime


# The first answer stays the answer; and whoever answers has read what it answers.
ANSWER = """
UPDATE npc_messages t
   SET replied_at = e.at, reply_message_id = e.reply_id, response_received = true,
       read_at = coalesce(t.read_at, e.at)
  FROM (SELECT DISTINCT ON (id) id, reply_id, at
          FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) AS e (id, reply_id, at)
         ORDER BY id, reply_id) e
 WHERE t.world_id = $1 AND t.id = e.id AND t.replied_at IS NULL
"""


async def answered(conn: Connection, world_id: str, answers: Sequence[Answered]) -> None:
    """Write down which messages were answered."""
    if answers:
        await conn.execute(
            ANSWER, world_id, [one.message_id for one in answers],
            [one.reply_message_id for one in answers], [one.at for one in answers],
        )  # fmt: skip


# In the order of their ids, or two readers of the same might wait for each other.
READ_BY = """
UPDATE npc_messages t SET read_at = greatest($4, t.sent_at)
  FROM (SELECT id FROM npc_messages
         WHERE world_id = $1 AND to_player_id = $2 AND id = ANY($3::bigint[]) AND read_at IS NULL
         ORDER BY id FOR UPDATE) e
 WHERE t.world_id = $1 AND t.id = e.id
"""


async def read_by(
    conn: Connection, world_id: str, player_id: int, message_ids: Sequence[int], at: datetime
) -> None:
    """Write down that a player has read those of these messages that were to it, unless it had before."""
    await conn.execute(READ_BY, world_id, player_id, message_ids, at)


JUDGE = """
UPDATE npc_messages
   SET response_positive = coalesce($3, response_positive),
       objective_achieved = coalesce($4, objective_achieved)
 WHERE world_id = $1 AND id = $2
"""


async def judged(
    conn: Connection, message: MessageRow, response_positive: bool | None, objective_achieved: bool | None
) -> None:
    """Write down what the sender thinks came of a message."""
    await conn.execute(JUDGE, message.world_id, message.message_id, response_positive, objective_achieved)
