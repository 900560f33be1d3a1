"""Messages: how they are sent, read, and judged by who sent them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import strawberry

from db.main import messages
from db.main.messages import MessageRow
from db.rows import find, sure
from resolvers.changes import Change, actor, aside, change, speaks_for
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.inputs import few
from resolvers.recording.messages import MessageInput
from resolvers.recording.recorder import record
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld, kept_whole
from resolvers.scalars import BigInt

MOST_READ = 100


@input_type
class SendMessageInput(OfWorld, MessageInput):
    """What one player writes to another in a world."""


@input_type
class ReadMessagesInput(OfWorld):
    """Messages that were read."""

    as_player_id: int
    """Who read them: yourself, or a player whom you may act for."""
    message_ids: list[BigInt]
    """The messages, by their ids in that world, at most 100; those that were not written to the player are
    passed over."""


@input_type
class JudgeMessageInput(OfWorld):
    """What the sender thinks came of a message."""

    message_id: BigInt
    """The message, by its id in that world."""
    response_positive: bool | None = None
    """Whether the answer was what it hoped for; as before unless told."""
    objective_achieved: bool | None = None
    """Whether the message did what it was for; as before unless told."""


@kept_whole
@dataclass(frozen=True, slots=True)
class ReadMessagesRow:
    """Messages that were read."""

    world_id: str
    message_ids: list[int]


async def send_message(
    info: Info,
    input: Annotated[SendMessageInput, strawberry.argument(description="Who writes what to whom.")],
) -> MessageRow | Refusal:
    """Send a message. It counts for both where they are NPCs; threats, declarations, proposals and
    invitations are remembered by the NPC they are written to. An answer belongs to the conversation of what
    it answers, and who answers has read that."""
    input.check(info.context.now)

    async def act(under_way: Change) -> MessageRow:
        (message_id,) = await record(under_way, input)
        return await sure(under_way.conn, messages.BY_ID, input.world_id, message_id)

    return await change(info, input, act)


async def read_messages(
    info: Info, input: Annotated[ReadMessagesInput, strawberry.argument(description="Who read what.")]
) -> ReadMessagesRow | Refusal:
    """Note that a player has read messages that were written to it; when each was first read stays."""
    few("messageIds", input.message_ids, MOST_READ)

    async def act(under_way: Change) -> ReadMessagesRow:
        reader = await actor(under_way, input.as_player_id)
        ids: list[int] = [*dict.fromkeys(input.message_ids)]
        await messages.read_by(under_way.conn, input.world_id, reader.player_id, ids, under_way.now)
        own = await messages.known(under_way.conn, input.world_id, ids)
        mine = [one for one in ids if one in own and own[one].to_player_id == reader.player_id]
        return ReadMessagesRow(input.world_id, mine)

    return await aside(info, input, act)


async def judge_message(
    info: Info,
    input: Annotated[JudgeMessageInput, strawberry.argument(description="What came of which message.")],
) -> MessageRow | Refusal:
    """Note what the sender thinks came of a message. Nobody else is told."""
    if input.response_positive is None and input.objective_achieved is None:
        raise bad_input("Pass responsePositive, objectiveAchieved or both.")
    return await aside(info, input, lambda under_way: _judge(under_way, input))


async def _judge(under_way: Change, input: JudgeMessageInput) -> MessageRow:
    found = await find(under_way.conn, messages.BY_ID, input.world_id, input.message_id)
    viewer = under_way.viewer
    known = found is not None and (viewer.sees_all or viewer.npc_id in (found.from_npc_id, found.to_npc_id))
    if found is None or not known:
        refuse(RefusalCode.NOT_FOUND, f"There is no message {input.message_id} in this world.")
    if not speaks_for(viewer, found.from_npc_id):
        refuse(RefusalCode.NOT_YOURS, "Only who sent a message judges what came of it.")
    await messages.judged(under_way.conn, found, input.response_positive, input.objective_achieved)
    return await sure(under_way.conn, messages.BY_ID, input.world_id, input.message_id)
