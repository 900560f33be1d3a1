"""A dataloader for each Read, made when first asked for: what is asked for in one tick becomes one
statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiodataloader import DataLoader

from db.batches import Key, count, fetch
from db.connection import Stores
from db.outages import StoreUnavailableError
from db.paging import Ask
from db.reads import Read, RowT
from db.viewer import Viewer

Batch = Callable[[Stores, Read[Any], Ask, Sequence[Key]], Awaitable[list[Any]]]


async def _first_of_each(stores: Stores, read: Read[Any], ask: Ask, keys: Sequence[Key]) -> list[Any]:
    answers = await fetch(stores, read, ask, keys)
    return [rows if isinstance(rows, StoreUnavailableError) else next(iter(rows), None) for rows in answers]


def _mark_as_seen(row: asyncio.Future[Any]) -> None:
    """Keep asyncio from reporting a failure that nobody waits for any more."""
    if not row.cancelled():
        row.exception()


class Loaders:
    """The dataloaders of one operation of one viewer."""

    def __init__(self, stores: Stores, viewer: Viewer) -> None:
        self._stores, self._viewer = stores, viewer
        self._loaders: dict[tuple[Read[Any], Ask, Batch], DataLoader[Key, Any]] = {}
        self.statements = 0
        """How many batches were sent to the stores so far."""

    def one(self, read: Read[RowT], *key: Any) -> Awaitable[RowT | None]:
        """The row of a key, or None; a key with a gap in it has none."""
        return self._load(read, Ask(), _first_of_each, key)

    def many(self, read: Read[RowT], ask: Ask, *key: Any) -> Awaitable[list[RowT]]:
        """The rows of a key."""
        return self._load(read, ask, fetch, key)

    def count(self, read: Read[Any], ask: Ask, *key: Any) -> Awaitable[int]:
        """The number of rows of a key."""
        return self._load(read, ask, count, key)

    def forget(self) -> None:
        """Forget every row, since they were changed."""
        self._loaders.clear()

    def _load(self, read: Read[Any], ask: Ask, batch: Batch, key: tuple[Any, ...]) -> Awaitable[Any]:
        loader = self._loaders.get((read, ask, batch))
        if loader is None:
            loader = self._loaders[read, ask, batch] = self._loader(read, ask, batch)
        row = loader.load((self._viewer, key))
        row.add_done_callback(_mark_as_seen)
        # Without the shield, a field that fails would cancel the row for every other field that waits for it.
        return asyncio.shield(row)

    def _loader(self, read: Read[Any], ask: Ask, batch: Batch) -> DataLoader[Key, Any]:
        async def load(keys: list[Key]) -> list[Any]:
            self.statements += 1
            return await batch(self._stores, read, ask, keys)

        return DataLoader(load)
