"""Bulk: many rows written to a table of a world in one statement, declared by the class of the rows."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from db.connection import Connection
from db.reads import SQL_TYPES, enum_in

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as it is sent, and as it is used: an array of arrays cannot be ragged, so lists go as text."""

    name: str
    sent: str
    used: str
    values: Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True, eq=False)
class Bulk(Generic[RowT]):
    """Rows of a class, each field a column, for one table. `made` are columns that an expression gives, over
    the row `e` and what `beside` joins to it; `$1` is the world."""

    row: type[RowT]
    table: str
    beside: str = ""
    made: Mapping[str, str] = dataclasses.field(default_factory=dict)

    async def add(self, conn: Connection, world_id: str, rows: Sequence[RowT]) -> None:
        """Write the rows, if there are any."""
        if rows:
            await conn.execute(self._sql, world_id, *(column.values(rows) for column in self._columns))

    @cached_property
    def _columns(self) -> tuple[_Column, ...]:
        hints = typing.get_type_hints(self.row)
        return tuple(_column(one.name, hints[one.name]) for one in dataclasses.fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def _sql(self) -> str:
        names = [one.name for one in self._columns]
        given = [name for name in names if name not in self.made]
        used = {one.name: one.used for one in self._columns}
        selected = [*(used[name] for name in given), *self.made.values()]
        sent = ", ".join(f"${place}::{one.sent}[]" for place, one in enumerate(self._columns, 2))
        return (
            f"INSERT INTO {self.table} (world_id, {', '.join([*given, *self.made])})"
            f" SELECT $1::varchar, {', '.join(selected)}"
            f" FROM unnest({sent}) AS e ({', '.join(names)}) {self.beside}"
        )


def _column(name: str, hint: Any) -> _Column:
    get = attrgetter(name)
    if enum_in(hint) is not None:
        return _Column(name, "text", f"e.{name}", lambda rows: [_value(get(row)) for row in rows])
    if typing.get_origin(hint) is not None and int in typing.get_args(hint) and _is_list(hint):
        return _Column(name, "text", f"e.{name}::int[]", lambda rows: [_literal(get(row)) for row in rows])
    return _Column(name, _sent(hint), f"e.{name}", lambda rows: [get(row) for row in rows])


def _is_list(hint: Any) -> bool:
    return typing.get_origin(hint) in (list, tuple, Sequence)


def _sent(hint: Any) -> str:
    plain = [one for one in (hint, *typing.get_args(hint)) if one in SQL_TYPES]
    return SQL_TYPES[plain[0]] if plain and not _is_json(hint) else "jsonb"


def _is_json(hint: Any) -> bool:
    return any(typing.get_origin(one) is dict for one in (hint, *typing.get_args(hint)))


def _value(member: Enum | None) -> Any:
    return None if member is None else member.value


def _literal(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
