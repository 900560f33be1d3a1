"""Keyset pages: what is asked of a Read beside its keys, and cursors that no insert can shift."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

import orjson

from db import moments
from db.reads import Read

CursorValues = tuple[Any, ...]


class MalformedCursorError(ValueError):
    """A cursor that this API did not give for this ordering; the message may be shown to a client."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a Read beside its keys; equal asks share a batch."""

    order: Enum | None = None
    filters: tuple[tuple[str, Any], ...] = ()
    limit: int | None = None
    backwards: bool = False
    after: CursorValues | None = None
    before: CursorValues | None = None

    def whole(self) -> Ask:
        """The same of the whole list, to count it."""
        return replace(self, order=None, limit=None, backwards=False, after=None, before=None)


def cursor(read: Read[Any], order: Enum, row: Any) -> str:
    """The place of a row in an ordering, as opaque text."""
    names, make = cursor_of_values(read, order)
    return make([getattr(row, name) for name in names])


def cursor_of_values(read: Read[Any], order: Enum) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], str]]:
    """The columns that the cursors of an ordering are made of, and what makes one of their values."""
    mark = _mark(read, order)

    def make(values: Sequence[Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([mark, *values])).rstrip(b"=").decode()

    return read.sort_columns(order)[0], make


def parse_cursor(read: Read[Any], order: Enum, text: str) -> CursorValues:
    """The values that a cursor stands for."""
    names, _ = read.sort_columns(order)
    values = _decode(text)
    if values[:1] != [_mark(read, order)] or len(values) != len(names) + 1:
        raise MalformedCursorError(
            f"The cursor {text[:100]!r} was not given by this list in the order {order.name}: "
            "pass one that it gave, with the same orderBy."
        )
    return tuple(_typed(text, value, read.kind(name)) for name, value in zip(names, values[1:], strict=True))


@cache
def _mark(read: Read[Any], order: Enum) -> int:
    """A number that tells the cursors of rows in this order from all others."""
    names, descends = read.sort_columns(order)
    return zlib.crc32(f"{read.row.__name__} {names} {descends}".encode())


def _decode(text: str) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, UnicodeEncodeError):
        values = None
    if not isinstance(values, list):
        raise MalformedCursorError(f"The cursor {text[:100]!r} is malformed: pass one that this list gave.")
    return values


def _typed(text: str, value: Any, kind: Any) -> Any:
    try:
        if kind is datetime:
            return moments.parse(value)
        if type(value) is kind or (kind is float and type(value) is int):
            return _in_range(value)
    except ValueError:
        pass
    raise MalformedCursorError(f"The cursor {text[:100]!r} is malformed: pass one that this list gave.")


def _in_range(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    if isinstance(value, str) and "\0" in value:
        raise ValueError
    return value
