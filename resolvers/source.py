"""How the engine reads rows: the same reads and checks as those of the loaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

from db import batches
from db.connection import Stores
from db.joins import Hop, hop
from db.paging import Ask, cursor_of_values
from db.reads import Read, Store, enum_in
from engine.relations import Listed, Many, One
from resolvers.pages import list_ask, page_ask, size

LOOKUP = Ask()


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of these stores."""

    stores: Stores

    def ask(self, relation: Many | Listed, arguments: Mapping[str, Any]) -> Any:
        """What the arguments ask of a list."""
        if isinstance(relation, Listed):
            return size("first", arguments["first"])
        read = cast(Read[Any], relation.read)
        return page_ask(read, arguments) if relation.paged else list_ask(read, arguments)

    def short(self, ask: Ask) -> Ask:
        """The same, without the one row more."""
        return replace(ask, limit=(ask.limit or 1) - 1)

    def whole(self, ask: Ask) -> Ask:
        """The same of the whole list."""
        return ask.whole()

    def cursor(self, read: Read[Any], ask: Ask) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], str]]:
        """The columns of a cursor, and what makes it."""
        assert ask.order is not None
        return cursor_of_values(read, ask.order)

    def sortable(self, read: Read[Any]) -> tuple[str, ...]:
        """Every column that orders the read."""
        return tuple(
            dict.fromkeys(name for order in read.orders or () for name in read.sort_columns(order)[0])
        )

    def view(self, read: Read[Any], columns: tuple[str, ...], make: Callable[..., Any]) -> Callable[..., Any]:
        """Makes a row of these columns, enums from their stored values."""
        enums = {place: enum for place, name in enumerate(columns) if (enum := enum_in(read.hints[name]))}
        return _viewing(make, enums) if enums else make

    def is_private(self, read: Read[Any], columns: batches.Columns) -> bool:
        """Whether not everybody sees its rows, these columns of them, or may ask for each order."""
        if not read.visible.is_public or read.private_choices:
            return True
        return any(batches.is_private(read, column) for column in columns)

    def hop(self, start: Read[Any], before: Hop | None, link: One) -> Hop | None:
        """The link, where a statement can follow it."""
        key = tuple(part for part in link.key if isinstance(part, str))
        return hop(start, before, cast(Read[Any], link.read), key) if key == link.key else None

    def may_ask_ahead(self, read: Read[Any]) -> bool:
        """Whether the database is there whatever the key: only a world that there is has one."""
        return read.store is not Store.WORLD

    async def fetch(
        self, read: Read[Any], columns: batches.Columns, ask: Ask | None, keys: Sequence[batches.Key]
    ) -> Sequence[list[Any] | Exception]:
        """For each key its records."""
        return await batches.records(self.stores, read, columns, ask or LOOKUP, keys)

    async def count(
        self, read: Read[Any], ask: Ask, keys: Sequence[batches.Key]
    ) -> Sequence[int | Exception]:
        """For each key the number of its rows."""
        return await batches.count(self.stores, read, ask, keys)


def _viewing(make: Callable[..., Any], enums: dict[int, type[Enum]]) -> Callable[..., Any]:
    def made(*values: Any) -> Any:
        filled = list(values)
        for place, enum in enums.items():
            if filled[place] is not None:
                filled[place] = enum(filled[place])
        return make(*filled)

    return made
