"""Answers a declared relation with dataloaders: how the ordinary executor runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, cast

from db.reads import Read
from engine.relations import Both, Either, Key, Listed, Many, One, Relation, argument_names
from resolvers.errors import bad_input
from resolvers.loaders import Loaders
from resolvers.pages import Page, list_ask, page_ask, size


def answer(loaders: Loaders, relation: Relation, row: Any, arguments: Mapping[str, Any]) -> Any:
    """The value of a relation for the row at hand: a row, a page, or an awaitable of rows."""
    if isinstance(relation, One):
        return _one(loaders, relation, row, arguments)
    if isinstance(relation, Either):
        _refuse_unclear(relation, arguments)
        return _either(loaders, relation, row, arguments)
    if isinstance(relation, Both):
        return [_either(loaders, either, row, arguments) for either in relation.of]
    if isinstance(relation, Listed):
        return _listed(loaders, relation, row, arguments)
    return _many(loaders, relation, row, arguments)


def _key(key: Key, row: Any, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, part) if isinstance(part, str) else arguments[part.name] for part in key)


def _one(loaders: Loaders, one: One, row: Any, arguments: Mapping[str, Any]) -> Awaitable[Any] | None:
    values = _key(one.key, row, arguments)
    return None if None in values else loaders.one(_read(one), *values)


def _either(
    loaders: Loaders, either: Either, row: Any, arguments: Mapping[str, Any]
) -> Awaitable[Any] | None:
    found = (_one(loaders, one, row, arguments) for one in either.of)
    return next((link for link in found if link is not None), None)


def _refuse_unclear(either: Either, arguments: Mapping[str, Any]) -> None:
    given = [name for name in argument_names(either) if arguments.get(name) is not None]
    if either.otherwise is not None and len(given) != 1:
        raise bad_input(either.otherwise)


async def _listed(loaders: Loaders, listed: Listed, row: Any, arguments: Mapping[str, Any]) -> list[Any]:
    *shared, ids = _key(listed.key, row, arguments)
    wanted = list(dict.fromkeys(ids))[: size("first", arguments["first"])]
    rows = await asyncio.gather(*(loaders.one(_read(listed), *shared, one) for one in wanted))
    return [one for one in rows if one is not None]


def _many(loaders: Loaders, many: Many, row: Any, arguments: Mapping[str, Any]) -> Any:
    if many.past is not None and arguments.get(many.past.moment) is not None:
        many = many.in_the_past()
    values = _key(many.key, row, arguments)
    if many.paged:
        return Page(loaders, _read(many), values, page_ask(_read(many), arguments))
    return loaders.many(_read(many), list_ask(_read(many), arguments), *values)


def _read(relation: One | Many | Listed) -> Read[Any]:
    return cast(Read[Any], relation.read)
