"""Steps of a plan: each works for all rows of a batch at once, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from itertools import chain
from typing import Any, Protocol

from graphql import GraphQLResolveInfo

from engine.errors import Err, failed, required
from engine.relations import Many, Source

Rows = Sequence[Any]
Owners = Sequence[Any]
"""For each row the viewer that it is read for."""
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
    statements: int = 0
    keys: int = 0


class Step(Protocol):
    """Gives a value for each of some rows."""

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """The values, in the order of the rows."""
        ...


@dataclass(eq=False, slots=True)
class Build:
    """Makes the response's objects of one type from rows."""

    columns: tuple[str, ...] = ()
    children: list[Step] = field(default_factory=list)
    private: bool = False
    """Whether something below depends on who asks."""
    source_text: str = ""
    make: Callable[..., list[dict[str, Any]]] = lambda *_: []

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[dict[str, Any]]:
        """An object for each row."""
        if not rows:
            return []
        return self.make(rows, *await together([one.run(batch, rows, owners) for one in self.children]))


async def together(steps: list[Any]) -> list[Any]:
    """What all of these give."""
    if len(steps) == 1:
        return [await steps[0]]
    return await asyncio.gather(*steps) if steps else []


@dataclass(eq=False, slots=True)
class Lookup:
    """Finds the row of each key, and makes an object of it."""

    read: Any
    build: Build

    async def run(self, batch: Batch, keys: Sequence[RowKey | None]) -> list[Any]:
        """For each key its object, or None."""
        places: dict[RowKey, int] = {}
        wanted = [None if key is None else places.setdefault(key, len(places)) for key in keys]
        if not places:
            return [None] * len(keys)
        found = await read_rows(batch, self.read, self.build.columns, None, list(places))
        there = [(at, group[0]) for at, group in enumerate(found) if isinstance(group, list) and group]
        distinct = list(places)
        made = await self.build.run(batch, [row for _, row in there], [distinct[at][0] for at, _ in there])
        values: list[Any] = [failed(group) if isinstance(group, Exception) else None for group in found]
        for (at, _), one in zip(there, made, strict=True):
            values[at] = one
        return [None if at is None else values[at] for at in wanted]


async def read_rows(
    batch: Batch, read: Any, columns: tuple[str, ...], ask: Any, keys: Sequence[RowKey]
) -> Sequence[list[Any] | Exception]:
    """For each key its records, or what went wrong."""
    batch.statements += 1
    batch.keys += len(keys)
    try:
        return await batch.source.fetch(read, columns, ask, keys)
    except Exception as error:
        return [error] * len(keys)


async def count_rows(batch: Batch, read: Any, ask: Any, keys: Sequence[RowKey]) -> Sequence[int | Exception]:
    """For each key the number of its rows, or what went wrong."""
    batch.statements += 1
    batch.keys += len(keys)
    try:
        return await batch.source.count(read, ask, keys)
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
        arguments = batch.arguments[self.site]
        if isinstance(arguments, Err):
            return [arguments] * len(rows)
        taken = [False] * len(rows)
        asked = []
        for keys_of, lookup in self.links:
            keys = [None if there else key for key, there in zip(keys_of(rows, owners, arguments), taken)]
            taken = [there or key is not None for key, there in zip(keys, taken, strict=True)]
            asked.append(lookup.run(batch, keys))
        found = await together(asked)
        values = [next((one for one in given if one is not None), None) for given in zip(*found, strict=True)]
        return required(values) if self.required else values


@dataclass(eq=False, slots=True)
class Several:
    """A field that shows a list of links."""

    choices: list[Choice]

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its links."""
        found = await together([one.run(batch, rows, owners) for one in self.choices])
        return [list(given) for given in zip(*found, strict=True)]


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
            [(owner, (*shared, one)) for one in list(dict.fromkeys(ids))[:first]]
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


@dataclass(eq=False, slots=True)
class Nodes:
    """The rows of a list, as objects."""

    build: Build

    async def run(self, batch: Batch, groups: list[Any], owners: Owners) -> list[Any]:
        """For each group its objects."""
        good = [group if isinstance(group, list) else [] for group in groups]
        rows = list(chain.from_iterable(good))
        each = [owner for owner, group in zip(owners, good, strict=True) for _ in group]
        made = split(await self.build.run(batch, rows, each), [len(group) for group in good])
        return [
            one if isinstance(group, list) else failed(group) for one, group in zip(made, groups, strict=True)
        ]


@dataclass(eq=False, slots=True)
class List:
    """A field that shows a short list."""

    site: int
    keys: KeysOf
    relation: Many
    nodes: Nodes

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its list."""
        ask = batch.arguments[self.site]
        if isinstance(ask, Err):
            return [ask] * len(rows)
        keys, wanted = _distinct(self.keys(rows, owners, ask[0]))
        groups = await _groups(batch, self.relation.read, self.nodes.build.columns, ask[1], keys)
        made = await self.nodes.run(batch, groups, [key[0] for key in keys])
        return [[] if at is None else made[at] for at in wanted]


def _distinct(keys: Sequence[RowKey | None]) -> tuple[list[RowKey], list[int | None]]:
    places: dict[RowKey, int] = {}
    wanted = [None if key is None else places.setdefault(key, len(places)) for key in keys]
    return list(places), wanted


async def _groups(
    batch: Batch, read: Any, columns: tuple[str, ...], ask: Any, keys: list[RowKey]
) -> list[Any]:
    return list(await read_rows(batch, read, columns, ask, keys)) if keys else []


@dataclass(eq=False, slots=True)
class Connection:
    """A field that shows a page of a list."""

    site: int
    keys: KeysOf
    relation: Many
    parts: list[Any]
    """What each entry of the connection shows."""
    make: Callable[..., list[dict[str, Any]]]
    columns: tuple[str, ...]
    reads: bool
    counts: bool
    peeks: bool
    """Whether it is asked if there are more rows."""

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its page."""
        ask = batch.arguments[self.site]
        if isinstance(ask, Err):
            return [ask] * len(rows)
        keys, wanted = _distinct(self.keys(rows, owners, ask[0]))
        page, total = await together([self._page(batch, ask[1], keys), self._total(batch, ask[1], keys)])
        made = await self._made(batch, ask[1], page, total, [key[0] for key in keys])
        empty = None
        if None in wanted:  # no key, no rows
            nothing = Page([[]], [False])
            [empty] = await self._made(batch, ask[1], nothing, [0], [None])
        return [empty if at is None else made[at] for at in wanted]

    async def _page(self, batch: Batch, ask: Any, keys: list[RowKey]) -> Page:
        if not self.reads:
            return Page([[] for _ in keys], [False for _ in keys])
        asked = ask if self.peeks else batch.source.short(ask)
        groups = await _groups(batch, self.relation.read, self.columns, asked, keys)
        return _page(ask, groups, self.peeks, batch)

    async def _total(self, batch: Batch, ask: Any, keys: list[RowKey]) -> Sequence[Any]:
        if not self.counts or not keys:
            return [0 for _ in keys]
        found = await count_rows(batch, self.relation.read, batch.source.whole(ask), keys)
        return [failed(one) for one in found]

    async def _made(
        self, batch: Batch, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[dict[str, Any]]:
        columns = await together([one.run(batch, self, ask, page, total, owners) for one in self.parts])
        return self.make(range(len(total)), *columns)


@dataclass(eq=False, slots=True)
class Page:
    """The rows of pages, and whether there are more."""

    groups: list[Any]
    more: list[bool]


def _page(ask: Any, groups: list[Any], peeks: bool, batch: Batch) -> Page:
    wanted = batch.source.short(ask).limit
    more = [isinstance(group, list) and peeks and len(group) > wanted for group in groups]
    kept = [group[:wanted] if isinstance(group, list) else group for group in groups]
    if ask.backwards:
        kept = [group[::-1] if isinstance(group, list) else group for group in kept]
    return Page(kept, more)


@dataclass(eq=False, slots=True)
class PageNodes:
    """The entry `nodes` of a connection."""

    nodes: Nodes

    async def run(
        self, batch: Batch, of: Connection, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[Any]:
        """For each page its rows."""
        return await self.nodes.run(batch, page.groups, owners)


@dataclass(eq=False, slots=True)
class PageEdges:
    """The entry `edges` of a connection: each row with its cursor."""

    places: dict[str, int]
    """Where the columns of cursors stand; none where no cursor is asked for."""
    nodes: list[Nodes]
    make: Callable[..., list[dict[str, Any]]]
    """Makes edges of rows, cursors and one list of objects for each time that `node` is asked for."""

    async def run(
        self, batch: Batch, of: Connection, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[Any]:
        """For each page its edges."""
        cursors = cursors_of(batch, of, ask, page, self.places)
        found = await together([one.run(batch, page.groups, owners) for one in self.nodes])
        return [
            self.make(group, cursors[at], *(nodes[at] for nodes in found))
            if isinstance(group, list)
            else failed(group)
            for at, group in enumerate(page.groups)
        ]


def cursors_of(batch: Batch, of: Connection, ask: Any, page: Page, known: dict[str, int]) -> list[list[str]]:
    """For each page the cursors of its rows."""
    if not known:
        return [[] for _ in page.groups]
    names, cursor = batch.source.cursor(of.relation.read, ask)
    places = [known[name] for name in names]
    return [
        [cursor([row[place] for place in places]) for row in group] if isinstance(group, list) else []
        for group in page.groups
    ]


@dataclass(eq=False, slots=True)
class PageInfo:
    """The entry `pageInfo` of a connection."""

    places: dict[str, int]
    make: Callable[..., list[dict[str, Any]]]

    async def run(
        self, batch: Batch, of: Connection, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[Any]:
        """For each page where it stands."""
        following, preceding = ask.before is not None, ask.after is not None
        ends = cursors_of(batch, of, ask, Page([_ends(one) for one in page.groups], page.more), self.places)
        facts = [
            (
                following if ask.backwards else more,
                more if ask.backwards else preceding,
                marks[0] if marks else None,
                marks[-1] if marks else None,
            )
            for more, marks in zip(page.more, ends, strict=True)
        ]
        made = self.make(facts)
        return [
            one if isinstance(group, list) else failed(group)
            for one, group in zip(made, page.groups, strict=True)
        ]


def _ends(group: Any) -> Any:
    return [group[0], group[-1]] if isinstance(group, list) and group else group


@dataclass(eq=False, slots=True)
class PageTotal:
    """The entry `totalCount` of a connection."""

    async def run(
        self, batch: Batch, of: Connection, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[Any]:
        """For each page the length of the whole list."""
        return list(total)


# What functions answer ---------------------------------------------------------------------------------------


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
        for kind, places in kinds.items():
            rows = [values[at] for at in places]
            built = await self.builds[kind].run(batch, rows, [owners[at] for at in places])
            for at, one in zip(places, built, strict=True):
                made[at] = one
        return made


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

    def _call(self, row: Any, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
        try:
            return self.asked.field.resolve(self.view(row), info, **arguments)
        except Exception as error:
            return error
