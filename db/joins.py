"""Joins: the rows that the rows of a read link to, found in the same statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from db.reads import Read, Store

FARTHEST = 3
"""How many links are followed from one row to the next."""


@dataclass(frozen=True, eq=False, slots=True)
class Hop:
    """From a row to at most one other: the row that `read` finds by these columns of the row before."""

    read: Read[Any]
    key: tuple[str, ...]
    before: Hop | None
    """The hop to the row that it starts from; None: that row is one of the statement's own."""
    far: int

    def __str__(self) -> str:
        return f"{self.before} → {self.read.source}" if self.before else f"→ {self.read.source}"


Column = str | tuple[Hop, str]
"""A column of a row, or of the row that a hop leads to: null where there is none."""


@cache
def _hop(read: Read[Any], key: tuple[str, ...], before: Hop | None, far: int) -> Hop:
    return Hop(read, key, before, far)


def hop(start: Read[Any], before: Hop | None, read: Read[Any], key: tuple[str, ...]) -> Hop | None:
    """The hop from a row of `start`, or of where the hop before led to; None where it must be read by
    itself."""
    far = before.far + 1 if before else 1
    apart = start.store is not Store.MAIN or read.store is not Store.MAIN
    return None if apart or not read.visible.is_public or far > FARTHEST else _hop(read, key, before, far)


class Joins:
    """The hops that some columns need."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._names: dict[Hop, str] = {}
        for column in columns:
            if not isinstance(column, str):
                self._name(column[0])

    def _name(self, hop: Hop) -> str:
        if hop.before is not None:
            self._name(hop.before)
        return self._names.setdefault(hop, f"j{len(self._names)}")

    def own(self) -> dict[str, None]:
        """The columns that are needed of the statement's own rows."""
        return self._needed(None)

    def shown(self) -> str:
        """What is selected, in order."""
        return "".join(
            f", r.{one}" if isinstance(one, str) else f", {self._names[one[0]]}.{one[1]}"
            for one in self.columns
        )

    def sql(self) -> str:
        """The joins to the rows `r`. Each finds one row at most: LIMIT says so, and keeps the planner from
        reading a whole table for a few."""
        return "".join(
            f" LEFT JOIN LATERAL (SELECT {self._selected(hop)} FROM {hop.read.source} t"
            f" WHERE {self._condition(hop)} LIMIT 1) {name} ON true"
            for hop, name in self._names.items()
        )

    def _selected(self, hop: Hop) -> str:
        return ", ".join(f"{hop.read.shown(name)} AS {name}" for name in self._needed(hop))

    def _condition(self, hop: Hop) -> str:
        start = self._names[hop.before] if hop.before else "r"
        return " AND ".join(
            f"{hop.read.columns.get(name, f't.{name}')} = {start}.{value}"
            for name, value in zip(hop.read.key, hop.key, strict=True)
        )

    def _needed(self, hop: Hop | None) -> dict[str, None]:
        return dict.fromkeys([*self._asked(hop), *self._links(hop)])

    def _asked(self, hop: Hop | None) -> Iterator[str]:
        for column in self.columns:
            if isinstance(column, str):
                if hop is None:
                    yield column
            elif column[0] is hop:
                yield column[1]

    def _links(self, hop: Hop | None) -> Iterator[str]:
        for one in self._names:
            if one.before is hop:
                yield from one.key
