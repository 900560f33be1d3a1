"""Global ids: opaque text that carries the type and every key column of a row."""

from __future__ import annotations

import base64
import binascii
import typing
from datetime import datetime
from typing import Any

import orjson

from db import moments
from db.reads import Read
from resolvers.errors import bad_input

NODES: dict[str, Read[Any]] = {}
"""For each type that is a node, the read that finds it again."""


def encode(type_name: str, *key: Any) -> str:
    """The global id of the row of this type and key."""
    return base64.urlsafe_b64encode(orjson.dumps([type_name, *key])).rstrip(b"=").decode()


def of_row(type_name: str, row: Any) -> str:
    """The global id of a row."""
    return encode(type_name, *(getattr(row, name) for name in NODES[type_name].key))


def decode(text: str) -> tuple[str, tuple[Any, ...]]:
    """The type and key that a global id stands for."""
    try:
        type_name, *key = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        hints = typing.get_type_hints(NODES[type_name].row)
        kinds = [hints[name] for name in NODES[type_name].key]
        return type_name, tuple(_typed(value, kind) for value, kind in zip(key, kinds, strict=True))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise bad_input(f"The id {text[:100]!r} is malformed: pass an id that this API gave.") from error


def _typed(value: Any, kind: Any) -> Any:
    if kind is datetime:
        return moments.parse(value)
    if type(value) is not kind or (kind is int and not -(2**63) <= value < 2**63) or "\0" in str(value):
        raise ValueError(value)
    return value
