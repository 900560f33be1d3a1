"""Watching: what happens in the worlds, told to all who subscribed; one connection listens for the process.

Postgres tells each new version as it is committed. What it tells is only a hint to look: a version that was
not heard, because the connection was down, is found by the look that follows every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from weakref import WeakSet

from graphql import GraphQLError

from db.connection import Stores
from db.main import worlds
from db.main.worlds import WorldVersion
from db.outages import StoreUnavailableError, naming_the_store
from resolvers.context import Context
from resolvers.errors import bad_input

LOG = logging.getLogger("entente.watching")

LOOK_SECONDS = 3.0
RETRY_SECONDS = 0.5
DATABASE = "The global database"


class Watch:
    """The versions of a world as they come. Whoever is slow finds only the newest."""

    def __init__(self, first: WorldVersion) -> None:
        self._newest: WorldVersion | None = first
        self._woken = asyncio.Event()
        self._woken.set()

    def offer(self, newest: WorldVersion) -> None:
        """Put this version in the place of what was not taken yet."""
        self._newest = newest
        self._woken.set()

    def end(self) -> None:
        """No more will come."""
        self._newest = None
        self._woken.set()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> WorldVersion:
        await self._woken.wait()
        taken, self._newest = self._newest, None
        if taken is None:
            raise StopAsyncIteration
        self._woken.clear()
        return taken

    async def aclose(self) -> None:
        """Stop watching."""
        self.end()


@dataclass(eq=False)
class _World:
    """A world that is watched, and by whom; whoever lets go of a watch watches no more."""

    known: WorldVersion | None = None
    watches: WeakSet[Watch] = field(default_factory=WeakSet)
    arriving: int = 0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_watched(self) -> bool:
        return bool(self.watches) or self.arriving > 0

    def learn(self, newest: WorldVersion) -> None:
        """Tell everybody in the same moment, with the same object, so that they can be answered together."""
        known = self.known
        if known is None or known.incarnation != newest.incarnation or known.version < newest.version:
            self.known = newest
            for watch in list(self.watches):
                watch.offer(newest)

    def end(self) -> None:
        """The world is no more."""
        for watch in list(self.watches):
            watch.end()
        self.watches.clear()
        self.known = None


class Watching:
    """Tells those who watch a world of each of its versions, or of the newest if they cannot keep up."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._worlds: dict[str, _World] = {}
        self._wanted = asyncio.Event()
        self._look_now = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def over(cls, stores: Stores) -> AsyncIterator[Watching]:
        """Watches the worlds in these stores until the end."""
        watching = cls(stores)
        following = asyncio.create_task(watching._follow(), name="watching")
        try:
            yield watching
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            for world in watching._worlds.values():
                world.end()

    async def world(self, world_id: str) -> Watch:
        """The versions of a world: the one now, and each that follows."""
        world = self._worlds.setdefault(world_id, _World())
        world.arriving += 1
        try:
            watch = Watch(await self._known(world_id, world))
            world.watches.add(watch)
        finally:
            world.arriving -= 1
            self._forget_unless_watched(world_id, world)
        self._wanted.set()
        return watch

    async def _known(self, world_id: str, world: _World) -> WorldVersion:
        async with world.looking:
            if world.known is None:
                world.known = await self._look_up(world_id)
            return world.known

    async def _look_up(self, world_id: str) -> WorldVersion:
        with naming_the_store(DATABASE):
            async with self._stores.main.acquire() as conn:
                found = await worlds.versions(conn, [world_id])
        if not found:
            raise _no_such(world_id)
        return found[0]

    def _forget_unless_watched(self, world_id: str, world: _World) -> None:
        if not world.is_watched:
            self._worlds.pop(world_id, None)

    async def _follow(self) -> None:
        """Listen and look for as long as anybody watches, over new connections where the old ones break."""
        while True:
            await self._wanted.wait()
            try:
                with naming_the_store(DATABASE):
                    await self._listen()
            except StoreUnavailableError as error:
                LOG.warning("%s Whoever watches is told late.", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                LOG.exception("Watching failed, and begins anew.")
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with worlds.telling(self._stores.main, self._hear, self._look_now.set) as conn:
            while self._anything_is_watched():
                self._look_now.clear()
                asked = [world_id for world_id, world in self._worlds.items() if world.known is not None]
                self._learn(asked, await worlds.versions(conn, asked))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look_now.wait(), LOOK_SECONDS)
            self._wanted.clear()

    def _anything_is_watched(self) -> bool:
        for world_id, world in list(self._worlds.items()):
            self._forget_unless_watched(world_id, world)
        return bool(self._worlds)

    def _learn(self, asked: Sequence[str], found: Sequence[WorldVersion]) -> None:
        newest = {one.world_id: one for one in found}
        for world_id in asked:
            world = self._worlds.get(world_id)
            if world is None:
                continue
            if world_id in newest:
                world.learn(newest[world_id])
            else:
                world.end()

    def _hear(self, world_id: str, version: int) -> None:
        world = self._worlds.get(world_id)
        if world is not None and world.known is not None:
            world.learn(replace(world.known, version=version))


def _no_such(world_id: str) -> GraphQLError:
    return bad_input(f"There is no world {world_id[:100]!r}.")


async def world_changed(context: Context, world_id: str) -> Watch:
    """The versions of a world, for whoever subscribes to it."""
    if context.watching is None:
        raise bad_input("Subscriptions need a WebSocket or server-sent events.")
    if not context.viewer.is_in(world_id):
        raise _no_such(world_id)
    return await context.watching.world(world_id)
