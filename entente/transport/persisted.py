"""Documents that clients have registered are shared by all servers of one Redis, as long as it answers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from db.hot import documents
from engine.asking import Asked, RefusedError
from engine.trusted import TrustedDocuments, hash_in

PATIENCE_SECONDS = 0.2
LONGEST = 100_000  # characters


@dataclass(eq=False)
class SharedDocuments:
    """What one server has been told, the others know, too."""

    redis: Redis
    _writing: set[asyncio.Task[None]] = field(default_factory=set)

    async def exchange(self, asked: Asked, ours: TrustedDocuments) -> None:
        """Learn the text of a request that brings only its hash, or pass on one that brings both."""
        persisted = (asked.extensions or {}).get("persistedQuery")
        if persisted is None or ours.only:
            return
        with suppress(RefusedError):  # the engine says what is wrong
            digest = hash_in(persisted)
            if ours.knows(digest):
                return
            if asked.query is None:
                await _learn(self.redis, digest, ours)
            elif len(asked.query) <= LONGEST:
                ours.register(digest, asked.query)
                self._in_the_background(documents.put(self.redis, digest, asked.query))

    async def settle(self) -> None:
        """Wait until everything is passed on."""
        await asyncio.gather(*self._writing)

    def _in_the_background(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def _learn(redis: Redis, digest: str, ours: TrustedDocuments) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await documents.get(redis, digest)
        if found is not None:
            ours.register(digest, found)
