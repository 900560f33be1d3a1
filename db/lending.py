"""Lending: connections that run one statement for each who takes them.

One statement leaves nothing behind that would have to be put right before the next, which a pool does with
a statement of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


@dataclass(eq=False)
class Readers:
    """At most so many connections to one database, made when they are first needed."""

    connect: Callable[[], Awaitable[Connection]]
    most: int
    waits: int = 0
    """How many statements had to wait until a connection came free."""
    _free: list[Connection] = field(default_factory=list)
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Nobody has taken a connection yet."""
        self._places = asyncio.Semaphore(self.most)

    @property
    def idle(self) -> int:
        """How many connections nobody uses."""
        return len(self._free)

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """The rows of a statement that changes nothing, on whichever connection is free."""
        self.waits += self._places.locked()
        async with self._places:
            conn = self._take() or await self.connect()
            try:
                return await conn.fetch(sql, *values)
            finally:
                self._free.append(conn)  # a statement that is given up is over before the next begins

    def _take(self) -> Connection | None:
        """The connection that was used last, of those that are still there."""
        while self._free:
            conn = self._free.pop()
            if not conn.is_closed():
                return conn
        return None

    async def close(self) -> None:
        """Close every connection; nobody must be using one."""
        await asyncio.gather(*(conn.close() for conn in self._free))
        self._free.clear()
