"""Access: how generated code reaches what it shows."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(slots=True, eq=False)
class Rows:
    """How generated code reaches the columns of the rows of a Read."""

    read: Any
    columns: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """The expression for a column."""
        if name not in self.columns:
            self.columns.append(name)
        return f"r[{self.columns.index(name) + 1}]"

    def places(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where these columns stand in a record."""
        for name in names:
            self.column(name)
        return tuple(self.columns.index(name) + 1 for name in names)

    def may_be_null(self, name: str) -> bool:
        """Whether a column may hold null."""
        return type(None) in typing.get_args(_hints(self.read.row)[name])


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
