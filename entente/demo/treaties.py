"""Treaties as they are made, kept and broken in the course of a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Side = Literal["a", "b"]


class Party(NamedTuple):
    """One side of a treaty: a person, or a power."""

    is_power: bool
    number: int


class Event(NamedTuple):
    """A change of a treaty."""

    kind: str
    by: int | None
    at: int
    note: str | None


@dataclass(slots=True)
class Treaty:
    """A promise between two parties, or a war; `by` is a person, and times are seconds of the history."""

    type: str
    a: Party
    b: Party
    by: int
    proposed_at: int
    terms: dict[str, Any] = field(default_factory=dict)
    overlord: Side | None = None
    is_public: bool = True
    status: str = "proposed"
    starts_at: int | None = None
    ends_at: int | None = None
    broken_by: Side | None = None
    broken_at: int | None = None
    peace_offered_by: Side | None = None
    changed_by: int = 0
    changed_at: int = 0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.type != "war":
            self._note("proposed", self.by, self.proposed_at)

    def accept(self, by: int, at: int, lasts: int | None = None) -> None:
        """It is in force from now on, for so many seconds or until further notice."""
        self.starts_at = at
        self.ends_at = None if lasts is None else at + lasts
        self._move("active", by, at)

    def decline(self, by: int, at: int, note: str | None = None) -> None:
        """The other side says no."""
        self._move("declined", by, at, note)

    def cancel(self, by: int, at: int, note: str | None = None) -> None:
        """It is withdrawn, or ended without a breach."""
        if self.starts_at is not None:
            self.ends_at = at
        self._move("cancelled", by, at, note)

    def expire(self) -> None:
        """It was kept to its end."""
        assert self.ends_at is not None
        self._move("expired", None, self.ends_at)

    def break_(self, side: Side, by: int, at: int, note: str | None = None) -> None:
        """One side breaks it."""
        self.broken_by, self.broken_at, self.ends_at = side, at, at
        self._move("broken", by, at, note)

    def offer_peace(self, side: Side, by: int, at: int) -> None:
        """One side of a war asks for its end."""
        self.peace_offered_by = side
        self._note("peace_offered", by, at)

    def side_of(self, party: Party) -> Side:
        """Which side this party is."""
        return "a" if party == self.a else "b"

    def _move(self, status: str, by: int | None, at: int, note: str | None = None) -> None:
        self.status = status
        self._note(status, by, at, note)

    def _note(self, kind: str, by: int | None, at: int, note: str | None = None) -> None:
        self.events.append(Event(kind, by, at, note))
        self.changed_at = at
        if by is not None:
            self.changed_by = by
