"""Rows of the ledger of trust."""

from __future__ import annotations

from db.main.histories import Table
from entente.demo.calendar import DAY, moments
from entente.demo.ledger import CAUSES
from entente.demo.rows.book import Book

EVENTS = (
    "world_id", "event_id", "npc_id", "target_player_id", "kind", "points", "half_life_seconds", "source",
    "occurred_at", "recorded_at", "source_id", "note",
)  # fmt: skip


def trust_events(book: Book) -> Table:
    """The trust events, in the order of time."""
    ledger, meetings = book.history.ledger, book.history.meetings
    causes = [(each.kind, each.points, float(each.half_life_days * DAY), each.source) for each in CAUSES]
    columns = (
        [book.npc_ids[person] for person in meetings.truster[ledger.relationship].tolist()],
        [book.player_ids[person] for person in meetings.trusted[ledger.relationship].tolist()],
        ledger.cause.tolist(),
        moments(book.begins, ledger.at.tolist()),
        ledger.source_id.tolist(),
        ledger.note,
    )
    rows = (
        (book.world_id, number, truster, trusted, *causes[cause], at, at, source_id or None, note)
        for number, (truster, trusted, cause, at, source_id, note) in enumerate(
            zip(*columns, strict=True), start=1
        )
    )
    return Table("trust_events", EVENTS, rows, len(ledger.note), len(ledger.note))
