"""Messages: what one player writes to another, and what the NPCs among them keep of it."""

from __future__ import annotations

from datetime import datetime

from db.main.memories import MemoryType, NewMemory
from db.main.messages import Answered, KnownMessage, MessageType, NewMessage
from db.main.players import Person
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import past, short, within
from resolvers.recording.scene import Scene, Wanted
from resolvers.refusal import RefusalCode, refuse
from resolvers.scalars import BigInt

TABLE = "npc_messages"
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_PROMPT = 200, 10_000, 50_000
LONGEST_WAIT = 3_600_000
STRUCK = {
    MessageType.WAR_DECLARATION: (0.9, -0.7),
    MessageType.THREAT: (0.7, -0.6),
    MessageType.TREATY_PROPOSAL: (0.6, 0.2),
    MessageType.ALLIANCE_INVITATION: (0.6, 0.3),
}
"""What is remembered of messages: how important they are to whom they are written, and how they feel. Of the
others there is the message itself."""

enum(MessageType)


@input_type
class MessageInput:
    """What one player writes to another."""

    from_player_id: int
    """Who writes: yourself, or a player whom you may act for."""
    to_player_id: int
    """To whom."""
    message_body: str
    """What it says, at most 10,000 characters."""
    subject: str | None = None
    """What it is about, at most 200 characters."""
    message_type: MessageType = MessageType.DIPLOMATIC_MESSAGE
    """What it is for."""
    answers_message_id: BigInt | None = None
    """The message that it answers, by its id in that world: it belongs to the same conversation."""
    generated_by_llm: bool | None = None
    """Whether a language model wrote it; so for an NPC, and not for a human, unless told."""
    llm_prompt: str | None = None
    """What the language model was asked for, at most 50,000 characters. Only the sender sees it."""
    generation_time_ms: int | None = None
    """How long it took to write, in milliseconds."""
    sent_at: datetime | None = None
    """When it was sent; now unless told."""

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""
        if self.from_player_id == self.to_player_id:
            raise bad_input("fromPlayerId and toPlayerId must differ.")
        short("messageBody", self.message_body, LONGEST_BODY)
        short("subject", self.subject, LONGEST_SUBJECT)
        short("llmPrompt", self.llm_prompt, LONGEST_PROMPT)
        if self.generation_time_ms is not None:
            within("generationTimeMs", self.generation_time_ms, 0, LONGEST_WAIT)
        past("sentAt", self.sent_at, now)

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""
        wanted.players.update((self.from_player_id, self.to_player_id))
        if self.answers_message_id is not None:
            wanted.messages.add(self.answers_message_id)
        wanted.row(TABLE)

    def record(self, scene: Scene) -> list[int]:
        """Record it; its id."""
        sender, recipient = scene.actor(self.from_player_id), scene.player(self.to_player_id)
        scene.present(recipient)
        answers = self._answers(scene)
        at = scene.change.now if self.sent_at is None else self.sent_at
        message_id = next(scene.ids[TABLE])
        scene.new_messages.append(self._row(message_id, sender, recipient, answers, at))
        if answers is not None:
            scene.answered.append(Answered(answers.message_id, message_id, at))
        self._leave(scene, sender, recipient, at)
        return [message_id]

    def _answers(self, scene: Scene) -> KnownMessage | None:
        if self.answers_message_id is None:
            return None
        found = scene.messages.get(self.answers_message_id)
        if found is None or found.to_player_id != self.from_player_id:
            message = f"No message {self.answers_message_id} was written to player {self.from_player_id}."
            refuse(RefusalCode.NOT_FOUND, message)
        return found

    def _row(
        self, number: int, sender: Person, recipient: Person, answers: KnownMessage | None, at: datetime
    ) -> NewMessage:
        by_llm = self.generated_by_llm
        return NewMessage(
            id=number,
            from_npc_id=sender.npc_id,
            from_player_id=sender.player_id,
            to_player_id=recipient.player_id,
            to_npc_id=recipient.npc_id,
            thread_id=None if answers is None else answers.thread_id,
            subject=self.subject,
            message_body=self.message_body,
            message_type=self.message_type,
            generated_by_llm=sender.npc_id is not None if by_llm is None else by_llm,
            llm_prompt=self.llm_prompt,
            generation_time_ms=self.generation_time_ms,
            sent_at=at,
        )

    def _leave(self, scene: Scene, sender: Person, recipient: Person, at: datetime) -> None:
        """What it leaves with those of the two who are NPCs."""
        if sender.npc_id is not None:
            scene.made.does(sender.npc_id, at)
            scene.made.meets(sender.npc_id, recipient.player_id, "message", at).sent += 1
        if recipient.npc_id is not None:
            scene.made.meets(recipient.npc_id, sender.player_id, "message", at).received += 1
            if self.message_type in STRUCK:
                scene.made.remembered.append(self._memory(recipient.npc_id, sender, at))

    def _memory(self, npc_id: int, sender: Person, at: datetime) -> NewMemory:
        importance, weight = STRUCK[self.message_type]
        told = {"from": sender.name, "type": self.message_type.value, "subject": self.subject}
        return NewMemory(
            npc_id=npc_id,
            memory_type=MemoryType.MESSAGE,
            event_data={name: value for name, value in told.items() if value is not None},
            importance=importance,
            emotional_weight=weight,
            occurred_at=at,
            related_player_ids=[sender.player_id],
        )
