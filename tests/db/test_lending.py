"""Connections for single statements: lent again at once, made anew where they were cut, never too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.lending import Readers
from entente.stores import StoreUrls

MINE = "SELECT pg_backend_pid() AS pid"
SLOW = "SELECT pg_backend_pid() AS pid, pg_sleep($1)"


@pytest.fixture
async def readers(urls: StoreUrls) -> AsyncIterator[Readers]:
    made = Readers(lambda: asyncpg.connect(urls.main), most=2)
    yield made
    await made.close()


async def pid(readers: Readers, seconds: float | None = None) -> int:
    [row] = await (readers.fetch(MINE, ()) if seconds is None else readers.fetch(SLOW, [seconds]))
    found: int = row["pid"]
    return found


async def test_one_after_the_other_uses_one_connection(readers: Readers) -> None:
    assert len({await pid(readers) for _ in range(5)}) == 1
    assert (readers.idle, readers.waits) == (1, 0)


async def test_who_comes_when_all_are_lent_waits(readers: Readers) -> None:
    found = await asyncio.gather(*(pid(readers, 0.05) for _ in range(5)))

    assert len(set(found)) == 2
    assert (readers.idle, readers.waits) == (2, 3)


async def test_a_statement_that_fails_leaves_its_connection_as_it_was(readers: Readers) -> None:
    before = await pid(readers)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await readers.fetch("SELECT 1 / $1::int", [0])

    assert await pid(readers) == before


async def test_a_statement_that_is_given_up_is_cancelled(
    readers: Readers, workshop: asyncpg.Pool[asyncpg.Record]
) -> None:
    before = await pid(readers)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await pid(readers, 20)

    async with asyncio.timeout(5):
        assert await pid(readers) == before
    running = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'"
    assert await workshop.fetchval(running, before) == 0


async def test_a_connection_that_was_cut_is_replaced(
    readers: Readers, workshop: asyncpg.Pool[asyncpg.Record]
) -> None:
    before = await pid(readers)
    await workshop.execute("SELECT pg_terminate_backend($1)", before)
    await asyncio.sleep(0.05)

    assert await pid(readers) != before
    assert readers.idle == 1


async def test_who_cannot_connect_holds_no_place() -> None:
    async def refuse() -> asyncpg.Connection[asyncpg.Record]:
        raise OSError("nobody there")

    readers = Readers(refuse, most=1)
    for _ in range(3):
        with pytest.raises(OSError, match="nobody there"):
            await readers.fetch(MINE, ())
