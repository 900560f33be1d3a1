"""Runs a Read for many keys at once: one statement, whatever the number of keys."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

import db.connection
from db.connection import Connection, Stores
from db.outages import StoreUnavailableError, naming_the_store
from db.paging import Ask
from db.reads import Read, RowT, Store
from db.viewer import Viewer

Key = tuple[Viewer, tuple[Any, ...]]


class Statement:
    """The text of a batched statement, and the values that its placeholders stand for."""

    def __init__(self, read: Read[Any], ask: Ask, keys: Sequence[Key]) -> None:
        self.read, self.ask = read, ask
        self.values: list[Any] = []
        self.key_names = {name: f"k{place}" for place, name in enumerate(read.key)}
        self.batch = self._batch(keys)
        self.conditions = self._conditions()

    def rows(self) -> str:
        """For each key its rows, in order, cut at the limit."""
        columns = ", ".join(f"{sql} AS {name}" for name, sql in self._columns().items())
        inner = f"SELECT {columns} FROM {self.read.source} t WHERE {self.conditions}"
        if self.ask.limit is None:
            return f"SELECT k.n, r.* FROM {self.batch} CROSS JOIN LATERAL ({inner}) r"
        inner += f" ORDER BY {self._order('t')} LIMIT {self.ask.limit:d}"
        order = f"k.n, {self._order('r')}"
        return f"SELECT k.n, r.* FROM {self.batch} CROSS JOIN LATERAL ({inner}) r ORDER BY {order}"

    def counts(self) -> str:
        """For each key the number of its rows."""
        inner = f"SELECT count(*) FROM {self.read.source} t WHERE {self.conditions}"
        return f"SELECT k.n, ({inner}) FROM {self.batch}"

    def place(self, value: Any) -> str:
        """The placeholder for a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def _batch(self, keys: Sequence[Key]) -> str:
        arrays = [
            self.place([values[place] for _, values in keys]) + f"::{kind}[]"
            for place, kind in enumerate(self.read.key_types)
        ]
        names = list(self.key_names.values())
        if not self.read.visible.is_public:
            arrays.append(self.place([viewer.sees_all for viewer, _ in keys]) + "::boolean[]")
            arrays.append(self.place([viewer.npc_id for viewer, _ in keys]) + "::bigint[]")
            names += ["sees_all", "viewer_npc_id"]
        if not arrays:
            return "generate_series(1, 1) AS k (n)"
        return f"unnest({', '.join(arrays)}) WITH ORDINALITY AS k ({', '.join(names)}, n)"

    def _routed(self, name: str) -> bool:
        return self.read.store is Store.WORLD and name == "world_id"

    def _columns(self) -> dict[str, str]:
        return {
            name: f"k.{self.key_names[name]}" if self._routed(name) else sql
            for name, sql in self.read.columns.items()
        }

    def _conditions(self) -> str:
        by_key = [
            f"{self._source_column(name)} = k.{batch}"
            for name, batch in self.key_names.items()
            if not self._routed(name)
        ]
        if not self.read.visible.is_public:
            by_key.append(self.read.visible.condition(self.key_names))
        known = {one.name: one for one in self.read.filters}
        by_key += [known[name].condition.replace("{}", self.place(value)) for name, value in self.ask.filters]
        return " AND ".join([*by_key, *self._beyond_cursors()]) or "true"

    def _source_column(self, name: str) -> str:
        return self.read.columns.get(name, f"t.{name}")

    def _beyond_cursors(self) -> list[str]:
        return [
            self._beyond(values, forward)
            for values, forward in ((self.ask.after, True), (self.ask.before, False))
            if values is not None
        ]

    def _beyond(self, values: tuple[Any, ...], forward: bool) -> str:
        names, descends = self.read.sort_columns(self._ordering())
        columns = ", ".join(self._source_column(name) for name in names)
        placed = ", ".join(self._place_in_cursor(value) for value in values)
        return f"({columns}) {'>' if forward != descends else '<'} ({placed})"

    def _place_in_cursor(self, value: Any) -> str:
        """The column may be narrower than the number in the cursor, which then is just beyond all rows."""
        return self.place(value) + ("::bigint" if isinstance(value, int) else "")

    def _order(self, table: str) -> str:
        names, descends = self.read.sort_columns(self._ordering())
        direction = "DESC" if descends != self.ask.backwards else "ASC"
        sql = [self._source_column(name) if table == "t" else f"{table}.{name}" for name in names]
        return ", ".join(f"{one} {direction}" for one in sql)

    def _ordering(self) -> Any:
        return self.ask.order or next(iter(self.read.orders or ()))


async def fetch(
    stores: Stores, read: Read[RowT], ask: Ask, keys: Sequence[Key]
) -> list[list[RowT] | StoreUnavailableError]:
    """For each key the rows it stands for; where a world's database is down, that for its keys alone."""

    async def rows(conn: Connection, part: Sequence[Key]) -> list[list[RowT]]:
        statement = Statement(read, ask, part)
        answers: list[list[RowT]] = [[] for _ in part]
        for record in await _fetch(conn, statement.rows(), statement):
            answers[record[0] - 1].append(read.make(*record[1:]))
        return answers

    return await _ask(stores, read, keys, rows)


async def count(
    stores: Stores, read: Read[Any], ask: Ask, keys: Sequence[Key]
) -> list[int | StoreUnavailableError]:
    """For each key the number of rows it stands for."""

    async def counts(conn: Connection, part: Sequence[Key]) -> list[int]:
        statement = Statement(read, ask, part)
        found = {record[0]: record[1] for record in await _fetch(conn, statement.counts(), statement)}
        return [found[place] for place in range(1, len(part) + 1)]

    return await _ask(stores, read, keys, counts)


async def _fetch(conn: Connection, sql: str, statement: Statement) -> list[asyncpg.Record]:
    return await conn.fetch(sql, *statement.values, timeout=db.connection.PATIENCE_SECONDS)


async def _ask(stores: Stores, read: Read[Any], keys: Sequence[Key], run: Any) -> list[Any]:
    if read.store is Store.MAIN:
        with naming_the_store("The global database"):
            async with stores.main.acquire(timeout=db.connection.PATIENCE_SECONDS) as conn:
                return list(await run(conn, keys))
    parts: dict[str, list[int]] = defaultdict(list)
    for place, (_, values) in enumerate(keys):
        parts[values[0]].append(place)
    answers: list[Any] = [None] * len(keys)

    async def ask_world(world_id: str, places: list[int]) -> None:
        try:
            with naming_the_store(f"The database of world {world_id!r}"):
                async with stores.worlds.acquire(world_id) as conn:
                    found = await run(conn, [keys[place] for place in places])
        except StoreUnavailableError as error:
            found = [error] * len(places)
        for place, answer in zip(places, found, strict=True):
            answers[place] = answer

    await asyncio.gather(*(ask_world(world_id, places) for world_id, places in parts.items()))
    return answers
