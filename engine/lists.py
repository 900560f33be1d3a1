"""Steps for lists: short ones, and pages of connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from engine.errors import Err, failed
from engine.relations import Columns, Many
from engine.steps import (
    Batch,
    Build,
    KeysOf,
    Owners,
    RowKey,
    Rows,
    Step,
    count_rows,
    distinct,
    read_rows,
    split,
    together,
)


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
        keys, wanted = distinct(self.keys(rows, owners, ask[0]))
        groups = await _groups(batch, self.relation.read, self.nodes.build.columns, ask[1], keys)
        made = await self.nodes.run(batch, groups, [key[0] for key in keys])
        return [[] if at is None else made[at] for at in wanted]


async def _groups(batch: Batch, read: Any, columns: Columns, ask: Any, keys: list[RowKey]) -> list[Any]:
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
    columns: Columns
    reads: bool
    counts: bool
    peeks: bool
    """Whether it is asked if there are more rows."""

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its page."""
        ask = batch.arguments[self.site]
        if isinstance(ask, Err):
            return [ask] * len(rows)
        arguments, ask, short = ask
        keys, wanted = distinct(self.keys(rows, owners, arguments))
        page, total = await self._found(batch, ask, short, keys)
        made = await self._made(batch, ask, page, total, [key[0] for key in keys])
        empty = None
        if None in wanted:  # no key, no rows
            nothing = Page([[]], [False])
            [empty] = await self._made(batch, ask, nothing, [0], [None])
        return [empty if at is None else made[at] for at in wanted]

    async def _found(
        self, batch: Batch, ask: Any, short: Any, keys: list[RowKey]
    ) -> tuple[Page, Sequence[Any]]:
        if not self.counts:
            return await self._page(batch, ask, short, keys), [0] * len(keys)
        page, total = await together([self._page(batch, ask, short, keys), self._total(batch, ask, keys)])
        return page, total

    async def _page(self, batch: Batch, ask: Any, short: Any, keys: list[RowKey]) -> Page:
        if not self.reads:
            return Page([[] for _ in keys], [False for _ in keys])
        asked = ask if self.peeks else short
        groups = await _groups(batch, self.relation.read, self.columns, asked, keys)
        return _page(short, groups, self.peeks)

    async def _total(self, batch: Batch, ask: Any, keys: list[RowKey]) -> Sequence[Any]:
        if not keys:
            return []
        found = await count_rows(batch, self.relation.read, batch.source.whole(ask), keys)
        return [failed(one) for one in found]

    async def _made(
        self, batch: Batch, ask: Any, page: Page, total: Sequence[Any], owners: Owners
    ) -> list[dict[str, Any]]:
        columns = await together([one.run(batch, self, ask, page, total, owners) for one in self.parts])
        return self.make(range(len(total)), *columns)


@dataclass(eq=False, slots=True)
class AtAMoment:
    """A list as it is now, or as of the moment that is given."""

    site: int
    moment: str
    now: Step
    past: Step

    async def run(self, batch: Batch, rows: Rows, owners: Owners) -> list[Any]:
        """For each row its list."""
        ask = batch.arguments[self.site]
        is_now = isinstance(ask, Err) or ask[0].get(self.moment) is None
        return await (self.now if is_now else self.past).run(batch, rows, owners)


@dataclass(eq=False, slots=True)
class Page:
    """The rows of pages, and whether there are more."""

    groups: list[Any]
    more: list[bool]


def _page(short: Any, groups: list[Any], peeks: bool) -> Page:
    wanted, more, kept = short.limit, [False] * len(groups), groups
    if peeks:
        more = [isinstance(group, list) and len(group) > wanted for group in groups]
        kept = [group[:wanted] if isinstance(group, list) else group for group in groups]
    if short.backwards:
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
