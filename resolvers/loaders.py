"""A dataloader for each Read, made when first asked for: what is asked for in one tick becomes one
statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from aiodataloader import DataLoader

from db.batches import Key, count, fetch
from db.connection import Stores
from db.paging import Ask
from db.reads import Read, RowT
from db.viewer import Viewer

Batch = Callable[[Stores, Read[Any], Ask, Sequence[Key]], Awaitable[list[Any]]]
Run = Callable[[Stores, list[Key]], Awaitable[Sequence[Any]]]
AnswerT = TypeVar("AnswerT", covariant=True)


class Question(Protocol[AnswerT]):
    """What is asked of many keys in a statement of its own; equal questions share it."""

    def __hash__(self) -> int: ...

    async def ask(self, stores: Stores, keys: Sequence[Key]) -> Sequence[AnswerT]:
        """For each key its answer."""
        ...


async def _first_of_each(stores: Stores, read: Read[Any], ask: Ask, keys: Sequence[Key]) -> list[Any]:
    answers = await fetch(stores, read, ask, keys)
    return [rows if isinstance(rows, Exception) else next(iter(rows), None) for rows in answers]


def _mark_as_seen(row: asyncio.Future[Any]) -> None:
    """Keep asyncio from reporting a failure that nobody waits for any more."""
    if not row.cancelled():
        row.exception()


class Loader(DataLoader[Key, Any]):
    """A dataloader whose known rows arrive together with those asked for in the same tick.

    Else what is asked of the known ones next would be one statement, what is asked of the others another, and
    so on at every level below.
    """

    _newest: asyncio.Future[Any]

    def row(self, key: Key) -> asyncio.Future[Any]:
        """What the key stands for."""
        known = self._cache.get(key)
        row = self.load(key)
        if row is known:
            return self._with_the_newest(row)
        self._newest = row
        row.add_done_callback(_mark_as_seen)
        # Without the shield, a field that fails would cancel the row for every other field that waits for it.
        return asyncio.shield(row)

    def _with_the_newest(self, row: asyncio.Future[Any]) -> asyncio.Future[Any]:
        arrived: asyncio.Future[Any] = self.loop.create_future()

        def arrive(_: object) -> None:
            if row.done():
                _hand_over(row, arrived)
            else:
                row.add_done_callback(lambda _: _hand_over(row, arrived))

        # What is asked for in the same tick may be asked for after it.
        self.loop.call_soon(lambda: self._newest.add_done_callback(arrive))
        return arrived


def _hand_over(row: asyncio.Future[Any], arrived: asyncio.Future[Any]) -> None:
    if arrived.cancelled() or row.cancelled():
        arrived.cancel()
    elif (error := row.exception()) is not None:
        arrived.set_exception(error)
    else:
        arrived.set_result(row.result())


def _given(value: Any) -> asyncio.Future[Any]:
    given: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    given.set_result(value)
    return given


class Loaders:
    """The dataloaders of one operation of one viewer."""

    def __init__(self, stores: Stores, viewer: Viewer) -> None:
        self._stores, self._viewer = stores, viewer
        self._loaders: dict[Hashable, Loader] = {}
        self.statements = 0
        """How many batches were sent to the stores so far."""

    def one(self, read: Read[RowT], *key: Any) -> Awaitable[RowT | None]:
        """The row of a key, or None; a key with a gap in it has none."""
        return self._load(read, Ask(), _first_of_each, key)

    def many(self, read: Read[RowT], ask: Ask, *key: Any) -> Awaitable[list[RowT]]:
        """The rows of a key; a key with a gap in it has none, and nothing is read for it."""
        return _given([]) if None in key else self._load(read, ask, fetch, key)

    def count(self, read: Read[Any], ask: Ask, *key: Any) -> Awaitable[int]:
        """The number of rows of a key; a key with a gap in it has none."""
        return _given(0) if None in key else self._load(read, ask, count, key)

    def forget(self) -> None:
        """Forget every row, since they were changed."""
        self._loaders.clear()

    def answer(self, question: Question[AnswerT], *key: Any) -> Awaitable[AnswerT]:
        """What a question finds for a key."""
        return self._through(question, question.ask, key)

    def _load(self, read: Read[Any], ask: Ask, batch: Batch, key: tuple[Any, ...]) -> Awaitable[Any]:
        return self._through((read, ask, batch), lambda stores, keys: batch(stores, read, ask, keys), key)

    def _through(self, shared: Hashable, run: Run, key: tuple[Any, ...]) -> Awaitable[Any]:
        loader = self._loaders.get(shared)
        if loader is None:
            loader = self._loaders[shared] = self._loader(run)
        return loader.row((self._viewer, key))

    def _loader(self, run: Run) -> Loader:
        async def load(keys: list[Key]) -> list[Any]:
            self.statements += 1
            return list(await run(self._stores, keys))

        return Loader(load)
