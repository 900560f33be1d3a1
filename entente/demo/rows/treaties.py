"""Rows of the treaties and of what happened to them."""

from __future__ import annotations

from db.main.histories import Table
from entente.demo.rows.book import Book, Row

TREATIES = (
    "world_id", "treaty_id", "type", "status", "a_player_id", "a_alliance_id", "b_player_id", "b_alliance_id",
    "overlord", "is_public", "terms", "proposed_by", "proposed_at", "starts_at", "ends_at", "broken_by",
    "broken_at", "peace_offered_by", "changed_by", "changed_at",
)  # fmt: skip
EVENTS = (
    "world_id", "event_id", "treaty_id", "kind", "by_player_id", "note", "occurred_at", "recorded_at",
)  # fmt: skip


def treaties(book: Book) -> Table:
    """The treaties, as they stand at the end."""
    rows = [
        (
            book.world_id, number, treaty.type, treaty.status, *book.party(treaty.a), *book.party(treaty.b),
            treaty.overlord, treaty.is_public, treaty.terms, book.player_ids[treaty.by],
            book.at(treaty.proposed_at), book.at(treaty.starts_at), book.at(treaty.ends_at), treaty.broken_by,
            book.at(treaty.broken_at), treaty.peace_offered_by, book.player_ids[treaty.changed_by],
            book.at(treaty.changed_at),
        )
        for number, treaty in enumerate(book.history.treaties, start=1)
    ]  # fmt: skip
    return Table("treaties", TREATIES, rows, len(rows), len(rows))


def treaty_events(book: Book) -> Table:
    """What happened to the treaties, in the order of time."""
    events = [
        (event.at, number, place, event)
        for number, treaty in enumerate(book.history.treaties, start=1)
        for place, event in enumerate(treaty.events)
    ]
    rows: list[Row] = []
    for second, treaty_id, _, event in sorted(events, key=lambda entry: entry[:3]):
        by, at = None if event.by is None else book.player_ids[event.by], book.at(second)
        rows.append((book.world_id, len(rows) + 1, treaty_id, event.kind, by, event.note, at, at))
    return Table("treaty_events", EVENTS, rows, len(rows), len(rows))
