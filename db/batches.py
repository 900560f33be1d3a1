"""Runs a Read for many keys at once: one statement, whatever the number of keys."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import asyncpg

from db.connection import Stores
from db.hot.reads import HotRead, look_up
from db.joins import Column, Joins
from db.lending import Readers
from db.main import players, worlds
from db.outages import StoreUnavailableError, naming_the_store, naming_the_world, outage
from db.paging import Ask
from db.reads import AS_OF, Read, RowT, Store
from db.recording import settled
from db.viewer import Role, Viewer

Key = tuple[Viewer, tuple[Any, ...]]
"""Who asks (None where it does not matter to what is found), and the values of the key."""
Columns = tuple[Column, ...]
"""What is read of a row, and of the rows that it links to; the whole row where it is given whole."""
TEXTS_REMEMBERED = 2000


class NotAllowedError(Exception):
    """An ordering or a filter by what this viewer may not see; the message may be shown to a client."""


@dataclass(frozen=True, slots=True)
class Form:
    """All that the text of a statement depends on: equal forms differ in values alone."""

    read: Read[Any]
    columns: Columns
    alone: bool
    order: Enum | None
    filters: tuple[str, ...]
    limited: bool
    backwards: bool
    after: int
    before: int


def form_of(read: Read[Any], columns: Columns, ask: Ask, alone: bool) -> Form:
    """The form of a statement that asks this of a read."""
    return Form(
        read,
        columns,
        alone,
        ask.order,
        tuple(name for name, _ in ask.filters),
        ask.limit is not None,
        ask.backwards,
        len(ask.after or ()),
        len(ask.before or ()),
    )


def values_of(form: Form, ask: Ask, keys: Sequence[Key]) -> list[Any]:
    """What the placeholders of a statement stand for, in their order."""
    columns: list[Any] = [list(column) for column in zip(*(values for _, values in keys), strict=True)]
    if asks_who(form):
        columns.append([viewer.sees_all for viewer, _ in keys])
        columns.append([viewer.npc_id for viewer, _ in keys])
    if form.read.visible.within is not None:
        columns.append([viewer.scope for viewer, _ in keys])
    if form.read.visible.asks_for_player:
        columns.append([viewer.player_id for viewer, _ in keys])
    if len(keys) == 1:
        columns = [column[0] for column in columns]
    columns += [value for _, value in ask.filters]
    columns += [*(ask.after or ()), *(ask.before or ())]
    if ask.limit is not None:
        columns.append(ask.limit)
    return columns


def columns_of_keys(keys: Sequence[Key], width: int) -> list[list[Any]]:
    """The columns of keys that are this wide, the world first; then for each whether its viewer sees all of
    that world, and the NPC whose own it sees there."""
    parts = [[values[place] for _, values in keys] for place in range(width)]
    shown = [viewer if viewer.is_in(values[0]) else None for viewer, values in keys]
    return [*parts, [bool(one and one.sees_all) for one in shown], [one and one.npc_id for one in shown]]


@lru_cache(TEXTS_REMEMBERED)
def asks_who(form: Form) -> bool:
    """Whether a statement is told who asks."""
    read = form.read
    if not read.visible.is_public or form.order in read.private_choices:
        return True
    return any(is_private(read, one) for one in form.columns)


def is_private(read: Read[Any], column: Column) -> bool:
    """Whether not everybody sees this column who sees the row."""
    return column in read.private if isinstance(column, str) else column[1] in column[0].read.private


class Statement:
    """The text of a batched statement of a form."""

    def __init__(self, form: Form) -> None:
        self.form, self.read, self.joins = form, form.read, Joins(form.columns)
        self._placed = 0
        self.key_names = {name: f"k{place}" for place, name in enumerate(self.read.key)}
        self.batch = self._batch()
        self.source = self._source()
        self.conditions = self._conditions()

    def rows(self) -> str:
        """For each key its rows, in order, cut at the limit; first the number of the key."""
        inner = f"SELECT {self._selected()} FROM {self.source} t WHERE {self.conditions}"
        ordered = ""
        if self.form.limited:
            inner += f" ORDER BY {self._order('t')} LIMIT {self._place('bigint')}"
            ordered = f" ORDER BY k.n, {self._order('r')}"
        rows = f"{self.batch} CROSS JOIN LATERAL ({inner}) r{self.joins.sql()}"
        return f"SELECT k.n{self.joins.shown()} FROM {rows}{ordered}"

    def counts(self) -> str:
        """For each key the number of its rows."""
        inner = f"SELECT count(*) FROM {self.source} t WHERE {self.conditions}"
        return f"SELECT k.n, ({inner}) FROM {self.batch}"

    def _place(self, kind: str | None = None) -> str:
        """The next placeholder."""
        self._placed += 1
        return f"${self._placed}" + (f"::{kind}" if kind else "")

    def _batch(self) -> str:
        many = "" if self.form.alone else "[]"
        kinds, names = [*self.read.key_types], [*self.key_names.values()]
        if asks_who(self.form):
            kinds += ["boolean", "bigint"]
            names += ["sees_all", "viewer_npc_id"]
        if self.read.visible.within is not None:
            kinds.append("text")
            names.append("worlds")
        if self.read.visible.asks_for_player:
            kinds.append("bigint")
            names.append("viewer_player_id")
        if not kinds:
            return "generate_series(1, 1) AS k (n)"
        placed = ", ".join(self._place(f"{kind}{many}") for kind in kinds)
        if self.form.alone:
            return f"(VALUES ({placed}, 1)) AS k ({', '.join(names)}, n)"
        return f"unnest({placed}) WITH ORDINALITY AS k ({', '.join(names)}, n)"

    def _source(self) -> str:
        source = self.read.source
        for name, batch in self.key_names.items():
            source = source.replace(f"{{{name}}}", f"k.{batch}")
        return source

    def _routed(self, name: str) -> bool:
        return self.read.store is Store.WORLD and name == "world_id"

    def _selected(self) -> str:
        """The columns that are shown, and those that they are ordered by."""
        names = self.joins.own()
        if self.form.limited:
            names |= dict.fromkeys(self.read.sort_columns(self._ordering())[0])
        return ", ".join(f"{self._column_of(name)} AS {name}" for name in names)

    def _column_of(self, name: str) -> str:
        return f"k.{self.key_names[name]}" if self._routed(name) else self.read.shown(name)

    def _conditions(self) -> str:
        by_key = [
            f"{self._source_column(name)} = k.{batch}"
            for name, batch in self.key_names.items()
            if not self._routed(name)
        ]
        if not self.read.visible.is_public:
            by_key.append(self.read.visible.condition(self.key_names))
        known = {one.name: one for one in self.read.filters}
        by_key += [known[name].condition.replace("{}", self._place()) for name in self.form.filters]
        return " AND ".join([*by_key, *self._beyond_cursors()]) or "true"

    def _source_column(self, name: str) -> str:
        return self.read.columns.get(name, f"t.{name}")

    def _beyond_cursors(self) -> list[str]:
        return [
            self._beyond(forward)
            for size, forward in ((self.form.after, True), (self.form.before, False))
            if size
        ]

    def _beyond(self, forward: bool) -> str:
        names, descends = self.read.sort_columns(self._ordering())
        columns = ", ".join(self._source_column(name) for name in names)
        placed = ", ".join(self._place(self.read.cursor_type(name)) for name in names)
        return f"({columns}) {'>' if forward != descends else '<'} ({placed})"

    def _order(self, table: str) -> str:
        names, descends = self.read.sort_columns(self._ordering())
        direction = "DESC" if descends != self.form.backwards else "ASC"
        sql = [self._source_column(name) if table == "t" else f"{table}.{name}" for name in names]
        return ", ".join(f"{one} {direction}" for one in sql)

    def _ordering(self) -> Any:
        return self.form.order or next(iter(self.read.orders or ()))


@lru_cache(TEXTS_REMEMBERED)
def rows_text(form: Form) -> str:
    """The statement that reads rows."""
    return Statement(form).rows()


@lru_cache(TEXTS_REMEMBERED)
def counts_text(form: Form) -> str:
    """The statement that counts rows."""
    return Statement(form).counts()


async def records(
    stores: Stores, read: Read[Any], columns: Columns, ask: Ask, keys: Sequence[Key]
) -> list[list[Any] | Exception]:
    """For each key its records: a number, then the columns; where a world's database is down, that for its
    keys alone."""

    async def run(fetch: Fetch, part: Sequence[Key]) -> list[Any]:
        if isinstance(read, HotRead):
            return await look_up(stores.redis, read, columns, part)
        form = form_of(read, columns, ask, alone=len(part) == 1)
        answers: list[list[Any]] = [[] for _ in part]
        for record in await fetch(rows_text(form), values_of(form, ask, part)):
            answers[record[0] - 1].append(record)
        return answers

    return await _allowed(stores, read, ask, keys, run, list)


async def fetch(
    stores: Stores, read: Read[RowT], ask: Ask, keys: Sequence[Key]
) -> list[list[RowT] | Exception]:
    """For each key the rows it stands for; where a world's database is down, that for its keys alone."""
    found = await records(stores, read, tuple(read.columns), ask, keys)
    return [
        one if isinstance(one, Exception) else [read.make(*record[1:]) for record in one] for one in found
    ]


async def count(stores: Stores, read: Read[Any], ask: Ask, keys: Sequence[Key]) -> list[int | Exception]:
    """For each key the number of rows it stands for."""

    async def run(fetch: Fetch, part: Sequence[Key]) -> list[int]:
        form = form_of(read, (), ask, alone=len(part) == 1)
        counts = await fetch(counts_text(form), values_of(form, ask, part))
        found = {record[0]: record[1] for record in counts}
        return [found.get(place, 0) for place in range(1, len(part) + 1)]

    return await _allowed(stores, read, ask, keys, run, int)


def _readers(stores: Stores, store: Store) -> tuple[Readers, str]:
    """The connections to a database that holds all worlds, and what it is called."""
    if store is Store.METRICS:
        return stores.metrics_reads, "The metrics database"
    return stores.reads, "The global database"


Fetch = Callable[[str, Sequence[Any]], Awaitable[list[asyncpg.Record]]]


async def _allowed(
    stores: Stores, read: Read[Any], ask: Ask, keys: Sequence[Key], run: Any, nothing: Callable[[], Any]
) -> list[Any]:
    """What the keys stand for that their viewers may ask: nothing is read of the worlds of others."""
    shut = _shut(read, ask, keys)
    if not shut:
        return await _ask(stores, read, keys, run)
    open_keys = [key for place, key in enumerate(keys) if place not in shut]
    found = iter(await _ask(stores, read, open_keys, run) if open_keys else ())
    return [(shut[place] or nothing()) if place in shut else next(found) for place in range(len(keys))]


def _shut(read: Read[Any], ask: Ask, keys: Sequence[Key]) -> dict[int, NotAllowedError | None]:
    """The places of those keys for which nothing is read, and what their viewers are told, if anything."""
    shut: dict[int, NotAllowedError | None] = {}
    world = read.key.index("world_id") if "world_id" in read.key else None
    for place, (viewer, values) in enumerate(keys):
        if viewer is None or viewer.role is Role.ADMIN:
            continue
        if world is not None and not viewer.is_in(values[world]):
            shut[place] = None
        elif read.private_choices and not viewer.sees_all and (told := _private_choice(read, ask)):
            shut[place] = told
    return shut


def _private_choice(read: Read[Any], ask: Ask) -> NotAllowedError | None:
    asked = [ask.order, *(name for name, _ in ask.filters)]
    private = next((one for one in asked if one in read.private_choices), None)
    if private is None:
        return None
    what = f"The order {private.name}" if isinstance(private, Enum) else f"The filter {private}"
    return NotAllowedError(f"{what} is about what only those who see all may know: leave it out.")


async def _ask(stores: Stores, read: Read[Any], keys: Sequence[Key], run: Any) -> list[Any]:
    if len(keys) > 1 and not read.key and read.visible.is_public:  # nothing tells these keys apart
        return await _ask(stores, read, keys[:1], run) * len(keys)
    if read.store is not Store.WORLD:
        readers, name = _readers(stores, read.store)
        try:
            if read.is_of_a_moment:
                moment = read.key.index(AS_OF)
                await settled(stores, {values[moment] for _, values in keys})
            return list(await run(readers.fetch, keys))
        except Exception as error:
            if found := outage(name, error):
                raise found from error
            raise
    parts: dict[str, list[int]] = defaultdict(list)
    for place, (_, values) in enumerate(keys):
        parts[values[0]].append(place)
    answers: list[Any] = [None] * len(keys)

    async def ask_world(world_id: str, places: list[int]) -> None:
        try:
            found = await _ask_world(stores, read, world_id, [keys[place] for place in places], run)
        except StoreUnavailableError as error:
            found = [error] * len(places)
        for place, answer in zip(places, found, strict=True):
            answers[place] = answer

    await asyncio.gather(*(ask_world(world_id, places) for world_id, places in parts.items()))
    return answers


async def _ask_world(
    stores: Stores, read: Read[Any], world_id: str, keys: Sequence[Key], run: Any
) -> list[Any]:
    with naming_the_store("The global database"):
        if not await worlds.is_there(stores, world_id):
            return list(await run(_nothing, keys))
        if read.visible.asks_for_player:
            keys = await _as_players(stores, world_id, keys)
    with naming_the_world(world_id):
        async with stores.worlds.acquire(world_id) as conn:
            return list(await run(lambda sql, values: conn.fetch(sql, *values), keys))


async def _nothing(_sql: str, _values: Sequence[Any]) -> list[asyncpg.Record]:
    """What a world that is not there has."""
    return []


async def _as_players(stores: Stores, world_id: str, keys: Sequence[Key]) -> Sequence[Key]:
    """The same keys, of viewers of whom it is known as whom they play in this world."""
    npc_ids = {viewer.npc_id for viewer, _ in keys if viewer.npc_id is not None and not viewer.sees_all}
    if not npc_ids:
        return keys
    playing = await players.of_npcs(stores, world_id, npc_ids)
    return [(replace(viewer, player_id=playing.get(viewer.npc_id)), values) for viewer, values in keys]
