"""Moments: read from text, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(text: object) -> datetime:
    """The moment that a text in ISO 8601 names, UTC where it names no zone; else a ValueError."""
    if not isinstance(text, str):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:  # in UTC it is before the year 1, or after 9999
        raise ValueError(text) from error
