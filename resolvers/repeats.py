"""Repeats: a change that is asked for again under its idempotency key is made once."""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, cast

import orjson
import strawberry

from db.connection import Connection
from db.main import idempotency_keys
from db.main.idempotency_keys import Earlier, Request
from db.moments import parse
from resolvers.context import Context
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.global_ids import NODES, decode, of_row
from resolvers.inputs import short
from resolvers.refusal import RefusalCode, refuse

T = TypeVar("T")
LONGEST_KEY = 200
KEPT = timedelta(days=1)
WHOLE: dict[str, type] = {}
"""Outcomes that are no rows, by their names."""


@input_type
class Repeatable:
    """What may be asked for again without being done again."""

    idempotency_key: str | None = None
    """Makes it safe to send this again: for a day, the same input under the same key is not done again, and
    the answer is what came of it, as it stands now. A text of your own, new for each change, at most 200
    characters."""


@input_type
class OfWorld(Repeatable):
    """A change of one world."""

    world_id: str
    """The world, such as demo."""


def kept_whole(cls: type[T]) -> type[T]:
    """Let an outcome that is no row be kept as it is: a dataclass of plain values, enums, moments, and of
    lists and dataclasses of these."""
    WHOLE[cls.__name__] = cls
    return cls


def request(context: Context, input: Repeatable, world_id: str = "") -> Request | None:
    """What is asked for under a key; None where there is no key."""
    key = short("idempotencyKey", input.idempotency_key, LONGEST_KEY)
    if key is None:
        return None
    if not key:
        raise bad_input("idempotencyKey must not be empty: pass a text of your own, or leave it out.")
    return Request(
        world_id=world_id,
        owner=context.viewer.owner,
        key=key,
        fingerprint=_fingerprint(input),
        at=context.now,
        until=context.now + KEPT,
    )


def _fingerprint(input: Repeatable) -> bytes:
    fields = (field.name for field in dataclasses.fields(cast(Any, input)))
    asked = {name: getattr(input, name) for name in fields if name != "idempotency_key"}
    try:
        text = orjson.dumps([type(input).__name__, asked], _plain, orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise bad_input("The input must hold numbers of at most 64 bits, at most 200 deep.") from error
    return hashlib.sha256(text).digest()


def _plain(value: object) -> str:
    if value is strawberry.UNSET:
        return "UNSET"
    raise TypeError(type(value))


async def once(conn: Connection, asked: Request | None, act: Callable[[], Awaitable[T]]) -> T | Earlier:
    """What an act returns; where it was done before under the same key, what was kept of it."""
    if asked is None:
        return await act()
    earlier = await idempotency_keys.take(conn, asked)
    if earlier is None:
        made = await act()
        await idempotency_keys.keep(conn, asked, _kept(made))
        return made
    if earlier.fingerprint != asked.fingerprint:
        refuse(
            RefusalCode.KEY_REUSED,
            f"The idempotencyKey {asked.key!r} was used for another change: pass a new one for this one.",
        )
    return earlier


def _kept(made: Any) -> Any:
    if isinstance(made, list):
        return [_kept(one) for one in made]
    name = type(made).__name__
    if name in WHOLE:
        return {name: made}
    return of_row(next(name for name, read in NODES.items() if read.row is type(made)), made)


async def found_again(context: Context, outcome: Any) -> Any:
    """What came of an earlier change, from what was kept of it."""
    if isinstance(outcome, list):
        return [await found_again(context, one) for one in outcome]
    if isinstance(outcome, dict):
        ((name, whole),) = outcome.items()
        return _rebuilt(WHOLE[name], whole)
    type_name, key = decode(outcome)
    row = await context.loaders.one(NODES[type_name], *key)
    if row is None:
        refuse(RefusalCode.NOT_FOUND, "This was done before, and what came of it is there no longer.")
    return row


def _rebuilt(hint: Any, value: Any) -> Any:
    """A value of this type from its JSON."""
    if value is None:
        return None
    inner = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return _rebuilt(next(one for one in inner if one is not types.NoneType), value)
    if typing.get_origin(hint) is list:
        return [_rebuilt(inner[0], one) for one in value]
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return cast(Any, hint)(**{name: _rebuilt(hints[name], one) for name, one in value.items()})
    if isinstance(hint, type) and issubclass(hint, datetime):
        return parse(value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
