"""Attached worlds: what a game's own database has to show, for its world to be read from there."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import asyncpg

from db.connection import VIEWS, Connection
from db.reads import Read, enum_in
from db.world import building, holdings, village_configs, villages

SHOWN: tuple[Read[Any], ...] = (
    villages.BY_ID,
    holdings.RESOURCES,
    holdings.BUILDING,
    holdings.TROOPS_OF_UNIT,
    building.QUEUED_BY_ID,
    village_configs.BY_ID,
    building.BY_ID,
)
"""A Read of each view that is read."""

TYPES: dict[type, tuple[str, ...]] = {
    int: ("integer", "bigint", "smallint"),
    str: ("text", "character varying"),
    bool: ("boolean",),
    float: ("double precision", "real"),
    datetime: ("timestamp with time zone",),
    dict: ("jsonb", "json"),
}
"""The types that a column of each kind may have, the usual one first."""

THERE = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = to_regnamespace($1) AND a.attnum > 0 AND NOT a.attisdropped
"""


async def lacks(conn: Connection) -> list[str]:
    """What the views of an attached database lack, and what to do about each."""
    views: dict[str, dict[str, str]] = {}
    for view, column, kind in await conn.fetch(THERE, VIEWS):
        views.setdefault(view, {})[column] = kind
    found: list[str] = []
    for read in SHOWN:
        if read.source in views:
            found += [*_wrong_columns(read, views[read.source])] or await _unreadable(conn, read)
        else:
            found.append(f"The view {VIEWS}.{read.source} is missing: create it with {_all_columns(read)}.")
    return found


def columns(read: Read[Any]) -> dict[str, tuple[str, ...]]:
    """The columns that a view has, and the types that each may have."""
    return {
        expression.removeprefix("t."): TYPES[_kind(read.hints[name])]
        for name, expression in read.columns.items()
        if name != "world_id"
    }


def _kind(hint: Any) -> type:
    if enum_in(hint):
        return str
    named = (hint, *typing.get_args(hint))
    return next(kind for kind in TYPES if any(one is kind or typing.get_origin(one) is kind for one in named))


def _all_columns(read: Read[Any]) -> str:
    return ", ".join(f"{name} {types[0]}" for name, types in columns(read).items())


def _wrong_columns(read: Read[Any], there: dict[str, str]) -> Iterator[str]:
    for name, types in columns(read).items():
        where = f"{VIEWS}.{read.source}.{name}"
        if name not in there:
            yield f"The column {where} is missing: add it to the view, as {types[0]}."
        elif there[name] not in types:
            yield f"The column {where} is {there[name]}: cast it to {types[0]}."


async def _unreadable(conn: Connection, read: Read[Any]) -> list[str]:
    """What shows only when a view is read: rights that are missing, and words that mean nothing here."""
    try:
        await conn.execute(f"SELECT FROM {VIEWS}.{read.source} LIMIT 1")
        return [one for name in read.columns if (one := await _strange_word(conn, read, name))]
    except asyncpg.PostgresError as error:
        return [f"The view {VIEWS}.{read.source} cannot be read: {error}."]


async def _strange_word(conn: Connection, read: Read[Any], name: str) -> str | None:
    kind = enum_in(read.hints[name])
    if kind is None:
        return None
    words = [one.value for one in kind]
    sql = f"SELECT {name} FROM {VIEWS}.{read.source} WHERE {name} <> ALL ($1::text[]) LIMIT 1"
    strange = await conn.fetchval(sql, words)
    told = f"{VIEWS}.{read.source}.{name} holds {strange!r}: it may be {', '.join(words)}."
    return None if strange is None else told
