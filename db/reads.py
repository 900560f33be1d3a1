"""Read: one way of reading rows in batches, declared and not coded."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Generic, TypeVar

from db.viewer import PUBLIC, Visible

RowT = TypeVar("RowT")
ToldT = TypeVar("ToldT")
SQL_TYPES: dict[Any, str] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    datetime: "timestamptz",
}


AS_OF = "as_of"
"""The part of a key that is a moment: rows are read as they were recorded by then."""


class Store(Enum):
    """Which store a Read goes to."""

    MAIN = "main"
    WORLD = "world"
    HOT = "hot"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that a caller may add: `{}` in it stands for the value, which may have a range."""

    name: str
    kind: Any
    condition: str
    description: str
    between: tuple[float, float] | None = None
    column: str | None = None
    """The field of the row that it is about, where that one is private."""


@dataclass(frozen=True, slots=True)
class Column:
    """Inside Annotated: the column of this field has another name, or is an expression over the row `t`."""

    expression: str


@dataclass(frozen=True, slots=True)
class Private:
    """Inside Annotated: of this field, null is shown to all but the NPC in the field `owner` and those who
    see all. Filters about it, and orderings by it, are for those who see all."""

    owner: str


def columns_of(row: type) -> dict[str, str]:
    """For each field of a row the SQL that reads it."""
    hints = typing.get_type_hints(row, include_extras=True)
    return {field.name: _expression(field.name, hints[field.name]) for field in dataclasses.fields(row)}


def private_fields(row: type) -> dict[str, str]:
    """The fields of a row that are private, and for each the field with its owner."""
    hints = typing.get_type_hints(row, include_extras=True).items()
    return {name: told.owner for name, hint in hints if (told := _told(hint, Private)) is not None}


def _expression(name: str, hint: Any) -> str:
    column = _told(hint, Column)
    return column.expression if column else f"t.{name}"


def _told(hint: Any, kind: type[ToldT]) -> ToldT | None:
    """What is told inside an Annotated."""
    return next((one for one in typing.get_args(hint) if isinstance(one, kind)), None)


@dataclass(frozen=True, eq=False)
class Read(Generic[RowT]):
    """One way of reading rows in batches.

    Rows of a world are found by a key that names it, or under a condition of where they are (`within`): so a
    viewer who is shown some worlds gets nothing of the others. A read that is marked as `linked` has neither:
    it leads only from rows of a world to what takes part in it.

    `source` is a table or view, or a query that may name parts of the key, as `{as_of}`; `key` the columns
    that a batch is asked by, `visible` the condition under which a viewer sees a row. `orders` is a closed
    enum of orderings, each value an indexed column and perhaps `DESC`;
    `ties` are the columns that make an ordering total. A Read of a world's database takes `world_id` as the
    first of its key columns.
    """

    row: type[RowT]
    source: str
    key: tuple[str, ...]
    visible: Visible = PUBLIC
    orders: type[Enum] | None = None
    ties: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    store: Store = Store.MAIN
    linked: bool = False
    instead: tuple[tuple[str, str], ...] = ()
    """Columns that are read otherwise than the row says: their names, and the SQL."""

    def __post_init__(self) -> None:
        """Refuse a read that would show rows of any world to everybody."""
        if "world_id" not in self.key and self.visible.within is None and not self.linked:
            raise TypeError(f"{self} needs a key with world_id, or a condition within which worlds")

    def __str__(self) -> str:
        by = f" by {', '.join(self.key)}" if self.key else ""
        return f"{self.row.__name__} as of a moment{by}" if AS_OF in self.key else f"{self.source}{by}"

    @cached_property
    def columns(self) -> dict[str, str]:
        """For each field of the row the SQL that reads it."""
        return columns_of(self.row) | dict(self.instead)

    @cached_property
    def key_types(self) -> tuple[str, ...]:
        """The SQL type of each key column."""
        hints = typing.get_type_hints(self.row) | {"world_id": str, AS_OF: datetime}
        return tuple(SQL_TYPES.get(hints.get(name), "bigint") for name in self.key)

    @cached_property
    def private(self) -> dict[str, str]:
        """The fields that not everybody sees who sees the row, and for each the field with its owner."""
        return private_fields(self.row)

    @cached_property
    def private_choices(self) -> frozenset[Any]:
        """The orderings by fields that not everybody sees, and the names of the filters about them."""
        orders = [one for one in self.orders or () if str(one.value).partition(" ")[0] in self.private]
        return frozenset([*orders, *(one.name for one in self.filters if one.column in self.private)])

    @property
    def is_of_a_moment(self) -> bool:
        """Whether it reads what was recorded by a moment."""
        return AS_OF in self.key

    def shown(self, name: str) -> str:
        """The SQL of a field as the viewer of the key `k` sees it."""
        if name not in self.private:
            return self.columns[name]
        mine = f"k.sees_all OR {self.columns[self.private[name]]} = k.viewer_npc_id"
        return f"CASE WHEN {mine} THEN {self.columns[name]} END"

    def cursor_type(self, name: str) -> str | None:
        """The SQL type that a value in a cursor is given: the column may be narrower than the number, which
        then is just beyond all rows."""
        return "bigint" if self.kind(name) is int else None

    def kind(self, name: str) -> Any:
        """The type of a field's values, where there is one."""
        hint = self.hints[name]
        return next((one for one in typing.get_args(hint) if one is not type(None)), hint)

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The type of each field of the row."""
        return typing.get_type_hints(self.row)

    @cached_property
    def make(self) -> Callable[..., RowT]:
        """Makes a row from the values of its columns, enums from their stored values."""
        hints = typing.get_type_hints(self.row)
        places = [(i, enum_in(hints[name])) for i, name in enumerate(self.columns)]
        enums = [(i, {member.value: member for member in enum}) for i, enum in places if enum is not None]
        return _maker(self.row, enums)

    def sort_columns(self, order: Enum) -> tuple[tuple[str, ...], bool]:
        """The columns of an ordering, made total, and whether it descends."""
        name, _, direction = str(order.value).partition(" ")
        return (name, *(tie for tie in self.ties if tie != name)), direction == "DESC"


def of_world(read: Read[Any]) -> str:
    """What a statement gives of a row of a world's own database: every column but the world, which comes
    first."""
    return ", ".join(expression for name, expression in read.columns.items() if name != "world_id")


def enum_in(hint: Any) -> type[Enum] | None:
    """The enum that a hint names, or None."""
    for candidate in (hint, *typing.get_args(hint)):
        if isinstance(candidate, type) and issubclass(candidate, Enum):
            return candidate
    return None


def _maker(row: type[RowT], enums: list[tuple[int, dict[Any, Enum]]]) -> Callable[..., RowT]:
    if not enums:
        return row

    def make(*values: Any) -> RowT:
        filled = list(values)
        for place, members in enums:
            if filled[place] is not None:
                filled[place] = members[filled[place]]
        return row(*filled)

    return make
