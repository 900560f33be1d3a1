"""Rows of what the NPCs remember."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from db.main.histories import Table
from entente.demo.calendar import DAY, moment
from entente.demo.memories import FORGOTTEN_AFTER, FORGOTTEN_BELOW
from entente.demo.rows.book import Book, Row

MEMORIES = (
    "id", "npc_id", "world_id", "memory_type", "event_data", "importance", "emotional_weight", "occurred_at",
    "game_day", "related_player_ids", "related_village_ids", "lesson_learned", "behavior_adjustment",
    "expires_at", "created_at",
)  # fmt: skip


def memories(book: Book) -> Table:
    """The memories, in the order of time."""
    count = len(book.history.memories)
    return Table("npc_memory", MEMORIES, _memories(book), count, count)


def _memories(book: Book) -> Iterator[Row]:
    forgotten = timedelta(seconds=FORGOTTEN_AFTER)
    for number, memory in enumerate(book.history.memories, start=1):
        at = moment(book.begins, memory.at)
        yield (
            number, book.npc_ids[memory.person], book.world_id, memory.type, memory.event_data,
            memory.importance, memory.emotional_weight, at, memory.at // DAY + 1,
            [book.player_ids[person] for person in memory.people], memory.villages, memory.lesson,
            memory.adjustment, at + forgotten if memory.importance < FORGOTTEN_BELOW else None, at,
        )  # fmt: skip
