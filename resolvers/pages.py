"""Pages of a connection: what was asked for, checked, and the rows that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from db.paging import Ask, CursorValues, MalformedCursorError, cursor, parse_cursor
from db.reads import Filter, Read
from resolvers.errors import bad_input
from resolvers.loaders import Loaders

LARGEST_PAGE = 100
USUAL_PAGE = 20


def size(name: str, value: int) -> int:
    """A number of rows, refused unless it is within what one page may hold."""
    if not 0 <= value <= LARGEST_PAGE:
        raise bad_input(f"{name} must be between 0 and {LARGEST_PAGE}, not {value}.")
    return value


def list_ask(read: Read[Any], arguments: Mapping[str, Any]) -> Ask:
    """What is asked of a short list."""
    first = size("first", arguments.get("first", USUAL_PAGE))
    return Ask(order=_order(read, arguments), filters=_filters(read, arguments), limit=first)


def page_ask(read: Read[Any], arguments: Mapping[str, Any]) -> Ask:
    """What is asked of a connection: one row more than wanted, to know whether there are more."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise bad_input("Pass either first or last, not both.")
    wanted = size("last", last) if last is not None else size("first", USUAL_PAGE if first is None else first)
    order = _order(read, arguments)
    return Ask(
        order=order,
        filters=_filters(read, arguments),
        limit=wanted + 1,
        backwards=last is not None,
        after=_cursor(read, order, arguments.get("after")),
        before=_cursor(read, order, arguments.get("before")),
    )


def _order(read: Read[Any], arguments: Mapping[str, Any]) -> Enum:
    order: Enum = arguments.get("order_by") or next(iter(read.orders or ()))
    return order


def _filters(read: Read[Any], arguments: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    given = ((one, arguments.get(one.name)) for one in read.filters)
    return tuple((one.name, _value(one, value)) for one, value in given if value is not None)


def _value(one: Filter, value: Any) -> Any:
    if one.between is not None and not one.between[0] <= value <= one.between[1]:
        low, high = one.between
        raise bad_input(f"{to_camel_case(one.name)} must be between {low:g} and {high:g}, not {value:g}.")
    return value.value if isinstance(value, Enum) else value


def _cursor(read: Read[Any], order: Enum, text: str | None) -> CursorValues | None:
    if text is None:
        return None
    try:
        return parse_cursor(read, order, text)
    except MalformedCursorError as error:
        raise bad_input(str(error)) from error


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a connection; nothing is read before one of its fields is asked for."""

    loaders: Loaders
    read: Read[Any]
    key: tuple[Any, ...]
    ask: Ask

    @property
    def wanted(self) -> int:
        """How many rows the caller asked for."""
        return (self.ask.limit or 1) - 1

    async def rows(self) -> list[Any]:
        """The rows of this page, in the order of the list."""
        found = (await self._found())[: self.wanted]
        return found[::-1] if self.ask.backwards else found

    async def has_next(self) -> bool:
        """Whether rows follow this page."""
        return self.ask.before is not None if self.ask.backwards else await self._more()

    async def has_previous(self) -> bool:
        """Whether rows precede this page."""
        return await self._more() if self.ask.backwards else self.ask.after is not None

    async def total(self) -> int:
        """How many rows the whole list has."""
        return await self.loaders.count(self.read, self.ask.whole(), *self.key)

    def cursor(self, row: Any) -> str:
        """The place of a row in this list."""
        assert self.ask.order is not None
        return cursor(self.read, self.ask.order, row)

    async def _more(self) -> bool:
        return len(await self._found()) > self.wanted

    async def _found(self) -> list[Any]:
        return await self.loaders.many(self.read, self.ask, *self.key)
