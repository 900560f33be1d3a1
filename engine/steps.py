"""Steps of a plan: each works for all rows of a batch at once, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, Protocol

from engine.errors import Err, failed, required
from engine.relations import Columns, Source

Rows = Sequence[Any]
Owners = Sequence[Any]
"""For each row the viewer that it is read for."""
NOTHING: Mapping[int, list[Any]] = {}
RowKey = tuple[Any, tuple[Any, ...]]
"""A viewer, where it matters who asks, and the values of the key columns."""


@dataclass(eq=False, slots=True)
class Batch:
    """Requests that are answered together: those of one plan whose arguments are equal but for root keys."""

    source: Source
    requests: list[Any]
    arguments: Sequence[Any]
    """For each place that takes arguments their values, or an Err."""
    executor: Any = None
    """The reference executor's state, for functions that want to know all about the request."""
    repeated: Container[Any] = ()
    """The reads that are asked at several places, so that some of these may be asked together."""
    statements: int = 0
    joint: dict[Any, Joint] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Joint:
    """What several steps ask of one read in the same tick."""

    keys: list[Any] = field(default_factory=list)
    task: Any = None


class Step(Protocol):
    """Gives a value for each of some rows."""

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """The values, in the order of the rows."""
        ...


@dataclass(eq=False, slots=True)
class Build:
    """Makes the response's objects of one type from rows."""

    columns: Columns = ()
    children: list[Step] = field(default_factory=list)
    private: bool = False
    """Whether something below depends on who asks."""
    source_text: str = ""
    make: Callable[..., list[dict[str, Any]]] = lambda *_: []
    early: tuple[int, ...] = ()
    """The children that need nothing of a row but the key that it is looked up by."""
    names: tuple[str, ...] = ()
    """For each child the field that it gives, within objects of linked rows as a path."""

    async def run(
        self, batch: Batch, rows: Rows, owners: Owners, known: Mapping[int, list[Any]] = NOTHING
    ) -> list[dict[str, Any]]:
        """An object for each row; what some children give may be known."""
        if not rows:
            return []
        late = [at for at in range(len(self.children)) if at not in known]
        found = await together([self.children[at].run(batch, rows, owners) for at in late])
        if not known:
            return self.make(rows, *found)
        values = {**known, **dict(zip(late, found, strict=True))}
        return self.make(rows, *(values[at] for at in range(len(self.children))))


@dataclass(eq=False, slots=True)
class There:
    """A step for those rows alone that a hop led to a row from."""

    place: int
    """Where the row shows that it did."""
    step: Step

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its value; None where there is nothing."""
        there = [at for at, row in enumerate(rows) if row[self.place] is not None]
        if not there:
            return [None] * len(rows)
        found = await self.step.run(batch, [rows[at] for at in there], [owners[at] for at in there])
        values: list[Any] = [None] * len(rows)
        for at, one in zip(there, found, strict=True):
            values[at] = one
        return values


async def together(steps: list[Any]) -> list[Any]:
    """What all of these give."""
    if len(steps) <= 1:
        return [await one for one in steps]
    tasks = [asyncio.ensure_future(one) for one in steps]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:  # nobody wants what the others would find
        for one in tasks:
            one.cancel()
        raise


@dataclass(eq=False, slots=True)
class Lookup:
    """Finds the row of each key, and makes an object of it."""

    read: Any
    build: Build

    async def run(self, batch: Batch, keys: Sequence[RowKey | None]) -> list[Any]:
        """For each key its object, or None."""
        different, wanted = distinct(keys)
        if not different:
            return [None] * len(keys)
        found, *ahead = await together(
            [read_rows(batch, self.read, self.build.columns, None, different), *self._ahead(batch, different)]
        )
        there = [(at, group[0]) for at, group in enumerate(found) if isinstance(group, list) and group]
        known = {
            child: [values[at] for at, _ in there]
            for child, values in zip(self.build.early, ahead, strict=True)
        }
        rows, owners = [row for _, row in there], [different[at][0] for at, _ in there]
        made = await self.build.run(batch, rows, owners, known)
        values: list[Any] = [failed(group) if isinstance(group, Exception) else None for group in found]
        for (at, _), one in zip(there, made, strict=True):
            values[at] = one
        return [None if at is None else values[at] for at in wanted]

    def _ahead(self, batch: Batch, keys: Sequence[RowKey]) -> list[Any]:
        """The children that need not wait for the rows, at work for what the keys tell of these."""
        early = self.build.early
        if not early:
            return []
        places = [self.read.key.index(name) if name in self.read.key else None for name in self.build.columns]
        rows = [(None, *(None if at is None else key[at] for at in places)) for _, key in keys]
        owners = [owner for owner, _ in keys]
        return [self.build.children[at].run(batch, rows, owners) for at in early]


def distinct(keys: Sequence[RowKey | None]) -> tuple[list[RowKey], list[int | None]]:
    """The different keys, and for each key its place among them."""
    places: dict[RowKey, int] = {}
    wanted = [None if key is None else places.setdefault(key, len(places)) for key in keys]
    return list(places), wanted


async def read_rows(
    batch: Batch, read: Any, columns: Columns, ask: Any, keys: Sequence[RowKey]
) -> Sequence[list[Any] | Exception]:
    """For each key its records, or what went wrong."""
    inquire = partial(batch.source.fetch, read, columns, ask)
    if read not in batch.repeated:
        return await _now(batch, inquire, keys)
    return await _jointly(batch, (read, columns, ask), inquire, keys)


async def count_rows(batch: Batch, read: Any, ask: Any, keys: Sequence[RowKey]) -> Sequence[int | Exception]:
    """For each key the number of its rows, or what went wrong."""
    inquire = partial(batch.source.count, read, ask)
    if read not in batch.repeated:
        return await _now(batch, inquire, keys)
    return await _jointly(batch, (read, ask), inquire, keys)


Inquire = Callable[[Sequence[RowKey]], Awaitable[Sequence[Any]]]
"""For each key what a statement says of it."""


async def _jointly(batch: Batch, mark: Any, inquire: Inquire, keys: Sequence[RowKey]) -> Sequence[Any]:
    joint = batch.joint.get(mark)
    if joint is None:
        joint = batch.joint[mark] = Joint()
        joint.task = asyncio.ensure_future(_soon(batch, mark, inquire))
    start = len(joint.keys)
    joint.keys.extend(keys)
    found: Sequence[Any] = await joint.task
    return found[start : start + len(keys)]


async def _soon(batch: Batch, mark: Any, inquire: Inquire) -> Sequence[Any]:
    await asyncio.sleep(0)  # until every step of this tick has asked
    return await _now(batch, inquire, batch.joint.pop(mark).keys)


async def _now(batch: Batch, inquire: Inquire, keys: Sequence[RowKey]) -> Sequence[Any]:
    batch.statements += 1
    try:
        return await inquire(keys)
    except Exception as error:
        return [error] * len(keys)


KeysOf = Callable[[Rows, Owners, Any], list[Any]]
"""For each row the key of what it links to, or None; given the arguments of the field."""


@dataclass(eq=False, slots=True)
class Link:
    """A field that shows one row."""

    site: int
    keys: KeysOf
    lookup: Lookup
    required: bool

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row what it links to."""
        arguments = batch.arguments[self.site]
        if isinstance(arguments, Err):
            return [arguments] * len(rows)
        found = await self.lookup.run(batch, self.keys(rows, owners, arguments))
        return required(found) if self.required else found


@dataclass(eq=False, slots=True)
class Choice:
    """A field that shows the first of several links whose key is complete."""

    site: int
    links: list[tuple[KeysOf, Lookup]]
    required: bool

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row what it links to."""
        return await chosen([self], batch, rows, owners)


@dataclass(eq=False, slots=True)
class Several:
    """A field that shows a list of links."""

    choices: list[Choice]

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its links."""
        found = await chosen(self.choices, batch, rows, owners)
        parts = split(found, [len(rows)] * len(self.choices))
        return [list(given) for given in zip(*parts, strict=True)]


async def chosen(choices: list[Choice], batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
    """What choices among the same links show for each row, one choice after the other; each link is looked up
    once for all of them."""
    arguments = batch.arguments[choices[0].site]
    if isinstance(arguments, Err):
        return [arguments] * (len(rows) * len(choices))
    keys = [
        _first_complete([keys_of(rows, owners, arguments) for keys_of, _ in one.links]) for one in choices
    ]
    lookups = [lookup for _, lookup in choices[0].links]
    found = await together(
        [lookup.run(batch, list(chain(*(one[at] for one in keys)))) for at, lookup in enumerate(lookups)]
    )
    values = [next((one for one in given if one is not None), None) for given in zip(*found, strict=True)]
    return required(values) if choices[0].required else values


def _first_complete(links: list[list[Any]]) -> list[list[Any]]:
    """For each link its keys, but for the rows for which an earlier link has one."""
    taken = [False] * len(links[0])
    kept = []
    for keys in links:
        kept.append([None if there else key for key, there in zip(keys, taken, strict=True)])
        taken = [there or key is not None for key, there in zip(keys, taken, strict=True)]
    return kept


@dataclass(eq=False, slots=True)
class Ids:
    """A field that shows a row for each id of a list."""

    site: int
    keys: KeysOf
    lookup: Lookup

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row the list of what there is."""
        arguments = batch.arguments[self.site]
        if isinstance(arguments, Err):
            return [arguments] * len(rows)
        first = arguments["first"]
        wanted = [
            [(owner, (*shared, one)) for one in list(dict.fromkeys(ids or ()))[:first]]
            for owner, (*shared, ids) in self.keys(rows, owners, arguments)
        ]
        found = await self.lookup.run(batch, list(chain.from_iterable(wanted)))
        return [_present(part) for part in split(found, [len(keys) for keys in wanted])]


def _present(found: list[Any]) -> Any:
    return next((one for one in found if isinstance(one, Err)), [one for one in found if one is not None])


def split(flat: Sequence[Any], lengths: Iterable[int]) -> list[list[Any]]:
    """A flat list in parts of these lengths."""
    parts, start = [], 0
    for length in lengths:
        parts.append(list(flat[start : start + length]))
        start += length
    return parts
