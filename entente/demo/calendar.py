"""The calendar of a history: seconds since its first midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

BEGINS = datetime(2026, 9, 1, tzinfo=UTC)
"""The first day of an invented world: fixed, so that the same seed gives the same world at any time."""

DAYS = 60
HOUR = 3_600
DAY = 24 * HOUR
END = DAYS * DAY


def at(day: int, hour: float) -> int:
    """The second of this hour of this day."""
    return day * DAY + int(hour * HOUR)


def day_of(second: int) -> int:
    """The day that a second belongs to."""
    return second // DAY


def days(begins: datetime) -> list[date]:
    """Every day of a history that begins then."""
    return [(begins + timedelta(days=day)).date() for day in range(DAYS + 1)]


def moment(begins: datetime, second: int) -> datetime:
    """A second of the history as a date and time."""
    return begins + timedelta(seconds=second)


def moments(begins: datetime, seconds: list[int]) -> list[datetime]:
    """Seconds of the history as dates and times."""
    return [begins + timedelta(seconds=second) for second in seconds]
