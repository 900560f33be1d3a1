"""The keyring: the keys that let somebody in, known to this server and looked at again and again."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from db.connection import Pool
from db.main import api_keys
from db.main.api_keys import LiveKey
from db.outages import StoreUnavailableError, naming_the_store
from db.viewer import Role

LOG = logging.getLogger("entente.keyring")

LOOK_SECONDS = 2.0
"""A key that is revoked lets nobody in after so long, and ends what it had opened."""
USE_SECONDS = 60.0
"""How often it is written down which keys were used."""
NEWLY_SECONDS = 0.2
"""A key that is not known yet is looked for at once, but not more often than this."""

Gone = Callable[[Collection[int]], None]
"""Told the ids of keys that let nobody in any more."""


def made(role: Role) -> str:
    """A new key, 256 bits that nobody guesses."""
    return f"ent_{role.value}_{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> bytes:
    """What is kept of a key: it has more bits than anybody can try, so that a plain hash does."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


class Keyring:
    """The keys of the global database that let somebody in.

    `was_used` tells that there were keys before the first look. Once there was one, the ring stays true, even
    when the last is revoked: a server must not fall open by that.
    """

    def __init__(self, gone: Gone = lambda _: None, *, was_used: bool = False) -> None:
        self._gone, self._was_used = gone, was_used
        self._live: dict[bytes, LiveKey] = {}
        self._state: str | None = None
        self._used: set[int] = set()
        self._looked = self._noted = 0.0
        self._look: asyncio.Task[None] | None = None
        self._pool: Pool | None = None

    def __bool__(self) -> bool:
        """Whether there is, or ever was, a key on it."""
        return self._was_used

    def find(self, hashed: bytes) -> LiveKey | None:
        """What the key of this hash stands for, as of the last look."""
        found = self._live.get(hashed)
        if found is None or (found.expires_at is not None and found.expires_at <= datetime.now(UTC)):
            return None
        if found.viewer.key_id is not None:
            self._used.add(found.viewer.key_id)
        return found

    async def find_newly(self, hashed: bytes) -> LiveKey | None:
        """The same of a key that may have been made only just now."""
        await self._look_soon()
        return self.find(hashed)

    @asynccontextmanager
    async def over(self, pool: Pool) -> AsyncIterator[Keyring]:
        """The keys of this database, looked at every few seconds."""
        self._pool = pool
        await self._look_or_warn()
        following = asyncio.create_task(self._follow(), name="keyring")
        try:
            yield self
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look_or_warn()

    async def _look_or_warn(self) -> None:
        try:
            await self._look_now()
        except StoreUnavailableError as error:
            LOG.warning("%s The keys known so far go on.", error)
        except Exception:
            LOG.exception("The keys could not be looked at; those known so far go on.")

    async def _look_soon(self) -> None:
        """Look, after a pause where that was done just now; all who come meanwhile share one look."""
        if self._look is None:
            self._look = asyncio.create_task(self._look_after_a_pause())
        await asyncio.shield(self._look)

    async def _look_after_a_pause(self) -> None:
        await asyncio.sleep(self._looked + NEWLY_SECONDS - asyncio.get_running_loop().time())
        self._look = None  # who comes from now on may have a key that this look does not find
        await self._look_or_warn()

    async def _look_now(self) -> None:
        if self._pool is None:
            return
        now = self._looked = asyncio.get_running_loop().time()
        with naming_the_store("The global database"):
            async with self._pool.acquire() as conn:
                state = await api_keys.state(conn)
                if state != self._state:
                    self._replace(await api_keys.live(conn))
                    self._state = state
                if self._used and now - self._noted > USE_SECONDS:
                    used, self._used, self._noted = self._used, set(), now
                    await api_keys.used(conn, used, datetime.now(UTC))

    def _replace(self, live: dict[bytes, LiveKey]) -> None:
        before = {one.viewer.key_id for one in self._live.values()}
        self._live, self._was_used = live, self._was_used or bool(live)
        gone = before - {one.viewer.key_id for one in live.values()}
        if gone:
            self._gone([one for one in gone if one is not None])
