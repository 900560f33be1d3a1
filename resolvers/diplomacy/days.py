"""Days: a world's own calendar, in which a prompt tells time, so that it changes once a day and not at every
look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a world, counted from 1 at its beginning, as of a moment."""

    began_at: datetime
    now: datetime

    @property
    def today(self) -> int:
        """The day of the world that it is."""
        return self.number(self.now)

    def number(self, moment: datetime) -> int:
        """The day of the world that a moment belongs to; below 1 where the world had not begun."""
        return (moment - self.began_at) // DAY + 1

    def since(self, moment: datetime) -> int:
        """How many days ago that was."""
        return max(0, self.today - self.number(moment))

    def until(self, moment: datetime) -> int:
        """In how many days that will be."""
        return max(0, self.number(moment) - self.today)

    def named(self, moment: datetime) -> str:
        """A day in words: day 58; the date where the world had not begun."""
        number = self.number(moment)
        return f"day {number}" if number >= 1 else f"{moment:%Y-%m-%d}"

    def freshness(self, moment: datetime, half_life: float) -> float:
        """1 for today, and half of it after each half-life, in days."""
        return math.exp2(-self.since(moment) / half_life)
