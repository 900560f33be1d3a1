"""Global ids: opaque text that carries the type and every key column of a row."""

from __future__ import annotations

import base64
import binascii
import typing
from datetime import datetime
from typing import Any

import orjson

from db import moments
from db.reads import AS_OF, Read
from resolvers.errors import bad_input

NODES: dict[str, Read[Any]] = {}
"""For each type that is a node, the read that finds it again."""
PASTS: dict[str, Read[Any]] = {}
"""For each type whose rows may be of a moment, the read that finds these again: its key ends with it."""


def encode(type_name: str, *key: Any) -> str:
    """The global id of the row of this type and key; of one that is not of a past moment, the last part may
    be left out or None."""
    if type_name in PASTS and key[-1] is None:
        key = key[:-1]
    return base64.urlsafe_b64encode(orjson.dumps([type_name, *key])).rstrip(b"=").decode()


def of_row(type_name: str, row: Any) -> str:
    """The global id of a row."""
    return encode(type_name, *(getattr(row, name) for name in key_of(type_name)))


def key_of(type_name: str) -> tuple[str, ...]:
    """The columns that the global ids of a type are made of."""
    return PASTS.get(type_name, NODES[type_name]).key


def read_of(type_name: str, key: tuple[Any, ...]) -> Read[Any]:
    """The read that finds the row of a global id."""
    now = NODES[type_name]
    return now if len(key) == len(now.key) else PASTS[type_name]


def decode(text: str) -> tuple[str, tuple[Any, ...]]:
    """The type and key that a global id stands for."""
    try:
        type_name, *key = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        read = read_of(type_name, tuple(key))
        hints = typing.get_type_hints(read.row) | {AS_OF: datetime}
        kinds = [hints[name] for name in read.key]
        return type_name, tuple(_typed(value, kind) for value, kind in zip(key, kinds, strict=True))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise bad_input(f"The id {text[:100]!r} is malformed: pass an id that this API gave.") from error


def _typed(value: Any, kind: Any) -> Any:
    if kind is datetime:
        return moments.parse(value)
    if type(value) is not kind or (kind is int and not -(2**63) <= value < 2**63) or "\0" in str(value):
        raise ValueError(value)
    return value
