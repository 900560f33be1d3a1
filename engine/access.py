"""Access: how generated code reaches what it shows."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from engine.relations import One, Source

MOST_HOPS = 8
"""To how many other rows a row may be joined."""


@dataclass(slots=True, eq=False)
class Rows:
    """How generated code reaches the columns of the rows of a Read."""

    read: Any
    columns: list[Any] = field(default_factory=list)
    """All that is read, of these rows and of those that they are joined to."""
    start: Any = None
    """The Read of the rows that they are joined to, if they are."""
    hop: Any = None
    """How they are reached from there."""

    def column(self, name: str) -> str:
        """The expression for a column."""
        return f"r[{self._place(name)}]"

    def _place(self, name: str) -> int:
        wanted = name if self.hop is None else (self.hop, name)
        if wanted not in self.columns:
            self.columns.append(wanted)
        return self.columns.index(wanted) + 1

    def places(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where these columns stand in a record."""
        return tuple(self._place(name) for name in names)

    @property
    def place_of_there(self) -> int:
        """Where a record has a column that is null only where a hop leads nowhere."""
        return self._place(self.read.key[-1])

    @property
    def there(self) -> str:
        """The expression for this column."""
        return f"r[{self.place_of_there}]"

    def may_be_null(self, name: str) -> bool:
        """Whether a column may hold null."""
        return type(None) in typing.get_args(_hints(self.read.row)[name])

    def beyond(self, source: Source, link: One) -> Rows | None:
        """The rows of a link, where they can be had with these."""
        start = self.start or self.read
        hop = source.hop(start, self.hop, link)
        hops = {one[0] for one in self.columns if isinstance(one, tuple)} | {hop}
        return None if hop is None or len(hops) > MOST_HOPS else Rows(link.read, self.columns, start, hop)


@cache
def _hints(row: type) -> dict[str, Any]:
    return typing.get_type_hints(row)


@dataclass(slots=True, eq=False)
class Things:
    """How generated code reaches the attributes of objects that functions gave."""

    columns: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """The expression for an attribute."""
        return f"r.{name}"

    def may_be_null(self, name: str) -> bool:
        """Anything may be missing in an object."""
        return True


@dataclass(slots=True, eq=False)
class Roots(Things):
    """The root of an operation: its rows are the requests."""


Access = Rows | Things | Roots
