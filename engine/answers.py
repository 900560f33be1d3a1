"""Steps for what functions answer: calls, and the values that they give."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import isawaitable
from itertools import chain
from typing import Any, Protocol

from graphql import GraphQLResolveInfo

from engine.errors import Err, required
from engine.steps import Batch, Build, Owners, Rows, split, together


class Complete(Protocol):
    """Makes values of the response from values that functions gave."""

    async def run(self, batch: Batch, values: list[Any], owners: Owners) -> list[Any]:
        """The values as they are shown."""
        ...


@dataclass(eq=False, slots=True)
class Leaf:
    """Values of scalars, enums and lists of these."""

    write: Callable[[Any], Any]

    async def run(self, batch: Batch, values: list[Any], owners: Owners) -> list[Any]:
        """The values as they are written."""
        return [self.write(one) for one in values]


@dataclass(eq=False, slots=True)
class Required:
    """Values that must not be null."""

    inner: Complete

    async def run(self, batch: Batch, values: list[Any], owners: Owners) -> list[Any]:
        """The values, with an Err for each null."""
        return required(await self.inner.run(batch, values, owners))


@dataclass(eq=False, slots=True)
class Items:
    """Lists of values."""

    inner: Complete

    async def run(self, batch: Batch, values: list[Any], owners: Owners) -> list[Any]:
        """The lists, each item completed."""
        lists = [list(one) if _is_list(one) else [] for one in values]
        flat = await settled(list(chain.from_iterable(lists)))
        each = [owner for owner, items in zip(owners, lists, strict=True) for _ in items]
        made = split(await self.inner.run(batch, flat, each), [len(items) for items in lists])
        return [items if _is_list(one) else _no_list(one) for one, items in zip(values, made, strict=True)]


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | dict)


def _no_list(value: Any) -> Any:
    if value is None:
        return None
    return Err(value if isinstance(value, Exception) else TypeError("Expected a list."))


async def settled(values: list[Any]) -> list[Any]:
    """The values, those awaited that can be; what fails is its exception."""
    waiting = [at for at, one in enumerate(values) if isawaitable(one)]
    if waiting:
        found = await asyncio.gather(*(values[at] for at in waiting), return_exceptions=True)
        for at, one in zip(waiting, found, strict=True):
            values[at] = one
    return values


@dataclass(eq=False, slots=True)
class Objects:
    """Objects of one type, or of several."""

    builds: dict[str, Build]
    type_of: Callable[[Any, Batch], Any]
    """The name of a value's type, or an exception."""

    async def run(self, batch: Batch, values: list[Any], owners: Owners) -> list[Any]:
        """An object for each value."""
        made: list[Any] = [Err(one) if isinstance(one, Exception) else None for one in values]
        kinds: dict[str, list[int]] = {}
        for at, one in enumerate(values):
            if one is None or made[at] is not None:
                continue
            kind = self.type_of(one, batch)
            if isinstance(kind, Exception):
                made[at] = Err(kind)
            else:
                kinds.setdefault(kind, []).append(at)
        built = await together([self._built(batch, values, owners, *one) for one in kinds.items()])
        for places, objects in zip(kinds.values(), built, strict=True):
            for at, one in zip(places, objects, strict=True):
                made[at] = one
        return made

    async def _built(
        self, batch: Batch, values: list[Any], owners: Owners, kind: str, places: list[int]
    ) -> list[dict[str, Any]]:
        rows = [values[at] for at in places]
        return await self.builds[kind].run(batch, rows, [owners[at] for at in places])


@dataclass(eq=False, slots=True)
class Shown:
    """A field that shows an attribute of an object."""

    value_of: Callable[[Any], Any]
    complete: Complete

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its value."""
        values = await settled([self.value_of(row) for row in rows])
        return await self.complete.run(batch, values, owners)


@dataclass(eq=False, slots=True)
class Called:
    """A field that a function answers which knows the request and may take arguments."""

    site: int
    view: Callable[[Any], Any]
    """What the function is given as its row."""
    asked: Any
    complete: Complete

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row what the function gives."""
        arguments = batch.arguments[self.site]
        if isinstance(arguments, Err):
            return [arguments] * len(rows)
        info = self.asked.info(batch.executor)
        values = await settled([self._call(row, info, arguments) for row in rows])
        return await self.complete.run(batch, values, owners)

    def _call(self, row: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        try:
            return self.asked.field.resolve(self.view(row), info, **arguments)
        except Exception as error:
            return error
