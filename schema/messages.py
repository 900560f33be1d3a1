"""Messages, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.main import messages, npcs, players, worlds
from db.main.messages import MessageRow, MessageType
from resolvers.messages import ReadMessagesRow
from schema.base import backed_by, listed, many, one
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.worlds import World


@backed_by(ReadMessagesRow)
class ReadMessages:
    """Messages that were read."""

    messages: list[Message] = listed(messages.BY_ID, key=("world_id", "message_ids"), first=100)
    """The messages, as they stand now."""


@backed_by(MessageRow, node=messages.BY_ID)
class Message(Node):
    """What one player wrote to another. Only these two know of it, and how it came to be only the sender."""

    world_id: str
    """The world."""
    message_id: BigInt
    """Its id in that world."""
    thread_id: BigInt
    """The id of the message that began the conversation; its own where this one did."""
    to_is_npc: bool
    """Whether it went to an NPC."""
    subject: str | None
    """What it is about, in a line."""
    message_body: str
    """What it says: as the sender wrote it, whoever that is."""
    message_type: MessageType
    """What it is for."""
    sent_at: datetime
    """When it was sent."""
    read_at: datetime | None
    """When it was first read; null while it is unread."""
    replied_at: datetime | None
    """When it was first answered; null while it is not."""
    response_received: bool
    """Whether an answer came."""
    generated_by_llm: bool | None
    """Whether a language model wrote it. This and the next four are null but for the NPC that sent it."""
    llm_prompt: str | None
    """What the language model was asked for."""
    generation_time_ms: int | None
    """How long it took to write, in milliseconds."""
    response_positive: bool | None
    """Whether the answer was what the sender hoped for; null while nobody said."""
    objective_achieved: bool | None
    """Whether the message did what it was for; null while nobody said."""
    created_at: datetime
    """When it was recorded."""
    sender: Player = one(players.BY_ID, key=("world_id", "from_player_id"))
    """Who wrote it."""
    recipient: Player = one(players.BY_ID, key=("world_id", "to_player_id"))
    """Whom it was written to."""
    from_npc: Npc | None = one(npcs.BY_ID, key=("from_npc_id",))
    """The NPC that wrote it; null for a human."""
    to_npc: Npc | None = one(npcs.BY_ID, key=("to_npc_id",))
    """The NPC that it was written to; null for a human."""
    reply: Message | None = one(messages.BY_ID, key=("world_id", "reply_message_id"))
    """The first answer to it."""
    thread: Connection[Message] = many(messages.OF_THREAD, key=("world_id", "thread_id"))
    """The whole conversation, this message included."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
