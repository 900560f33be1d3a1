"""Make the demo world, or give an imported world a life.

Two databases are concerned. Both are filled in transactions of their own; the world's is committed first, and
right after it the global one. Should that second commit fail, villages without a world stay behind, which the
next attempt clears away.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from typing import Any

import db.world.histories
from db.connection import Connection, connect
from db.main import histories, loads, worlds
from db.main.histories import Found, KnownNpc, Table
from db.timeseries import hours
from db.world import databases
from entente.demo import LoadRefusedError, given, history, map
from entente.demo.calendar import BEGINS, DAYS, days
from entente.demo.history import History
from entente.demo.land import Land, Size
from entente.demo.people import Profile, eligible
from entente.demo.progress import Told, untold
from entente.demo.rows import alliances, estates, ledger, memories, people, relationships, treaties
from entente.demo.rows.book import Book
from entente.imports import check_world_id
from entente.stores import StoreUrls

DEMO = "demo"
USUAL_SHARE = 0.25
TOLD_EVERY = 5_000
NPCS_AT_LEAST = 2

PAST = (
    relationships.relationships,
    ledger.trust_events,
    treaties.treaties,
    treaties.treaty_events,
    memories.memories,
)
"""What happened: each makes the rows of a table, in an order that the foreign keys allow."""


ESTATES = (
    estates.resources,
    estates.buildings,
    estates.troops,
    estates.configs,
    estates.queue,
    estates.builds,
)
"""What the villages of NPCs have, for the world's own database."""


@dataclass(frozen=True, slots=True)
class DemoLoad:
    """What a load made."""

    world_id: str
    seed: int
    is_new_world: bool
    npcs: int
    npcs_known: int
    players: int
    alliances: int
    villages: int
    relationships: int
    trust_events: int
    treaties: int
    memories: int
    story: tuple[str, ...]
    version: int
    seconds: float

    def __str__(self) -> str:
        counts = (
            f"{self.world_id}: {self.players:,} players, {self.npcs:,} of them NPCs, in {self.alliances:,} "
            f"alliances; {self.relationships:,} relationships, {self.trust_events:,} trust events, "
            f"{self.treaties:,} treaties, {self.memories:,} memories, in {self.seconds:.1f} s; "
            f"version {self.version}"
        )
        return "\n".join([counts, *self.story])


async def load_demo(
    urls: StoreUrls,
    seed: int,
    *,
    world_id: str = DEMO,
    size: Size | None = None,
    share: float | None = None,
    replace: bool = False,
    told: Told = untold,
) -> DemoLoad:
    """Make a world of this id; or, where it was imported, make some of its players NPCs with a past."""
    started = time.perf_counter()
    check_world_id(world_id)
    if world_id in urls.attached:
        raise LoadRefusedError(f"World {world_id} is attached: nothing is written to its game's database.")
    async with _connected(urls.main) as conn:
        found = await histories.found(conn, world_id)
        _refuse(world_id, found, size, share, replace)
        await databases.create(urls.main, urls.worlds, world_id)
        async with _connected(urls.world(world_id)) as of_world:
            is_new = found is None or found.is_demo
            # Making a month locks all memories: not for as long as a load takes.
            await histories.make_months(conn, days(BEGINS if is_new else await _begins(of_world)))
            async with conn.transaction(), of_world.transaction():
                await loads.begin(conn, world_id)
                if await histories.found(conn, world_id) != found:
                    raise LoadRefusedError(f"Somebody else was at work on world {world_id}. Try again.")
                load = _Load(conn, of_world, world_id, seed, told)
                book = await (load.invent(size or Size(), found) if is_new else load.give_life(share))
            await db.world.histories.analyse(of_world)
        await histories.analyse(conn)
        version = await worlds.version(conn, world_id) or 0
    if found is not None and is_new:
        await _forget_metrics(urls, world_id)
    return _summary(book, is_new, version, time.perf_counter() - started)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    conn = await connect(url)
    try:
        await histories.binary_json(conn)
        yield conn
    finally:
        await conn.close()


async def _forget_metrics(urls: StoreUrls, world_id: str) -> None:
    """Those of a world that was replaced; no foreign key takes them along."""
    conn = await connect(urls.metrics)
    try:
        await hours.forget(conn, world_id)
    finally:
        await conn.close()


async def _begins(of_world: Connection) -> datetime:
    seen = await db.world.histories.newest(of_world)
    if seen is None:
        raise LoadRefusedError("This world has lost its villages. Import its map again.")
    return given.begins(seen)


def _refuse(
    world_id: str, found: Found | None, size: Size | None, share: float | None, replace: bool
) -> None:
    is_new = found is None or found.is_demo
    if share is not None and not 0 < share <= 1:
        raise LoadRefusedError(f"A share of {share:g} is not between 0 and 1.")
    if found is None and share is not None:
        raise LoadRefusedError(
            f"There is no world {world_id} yet. Import its map, or make one without --share."
        )
    if found is not None and found.is_demo and not replace:
        raise LoadRefusedError(
            f"World {world_id} is there already. Make another (--world ID), or --replace it."
        )
    if is_new and share is not None:
        raise LoadRefusedError("--share is for imported worlds; say with --size how many NPCs a new one has.")
    if found is not None and not is_new:
        _refuse_life(world_id, found, size, replace)


def _refuse_life(world_id: str, found: Found, size: Size | None, replace: bool) -> None:
    if replace:
        raise LoadRefusedError(f"World {world_id} was imported; only made-up worlds can be replaced.")
    if size is not None:
        raise LoadRefusedError(
            f"World {world_id} has its size; --share says how many of its players become NPCs."
        )
    if found.has_life:
        raise LoadRefusedError(
            f"World {world_id} has a life already; for another, import its map as another world."
        )
    if not found.has_map:
        raise LoadRefusedError(f"World {world_id} has nobody on its map. Import a map of it first.")
    if found.has_past:
        raise LoadRefusedError(
            f"World {world_id} has relationships, treaties or memories of its own. A life can be given only "
            "to a world in which nothing has happened yet: import its map as another world."
        )


@dataclass(slots=True)
class _Load:
    """One load, in the transactions of both databases."""

    conn: Connection
    of_world: Connection
    world_id: str
    seed: int
    told: Told

    async def invent(self, size: Size, found: Found | None) -> Book:
        """A world that is all our own."""
        land = map.invent(self.seed, size)
        if found is not None:
            await histories.delete_world(self.conn, self.world_id)
        await db.world.histories.clear(self.of_world)
        # What is made up does not depend on who happens to be known already.
        known = await self._known(land)
        book = await self._book(self._happen(land, size.npcs, {}), known)
        if found is None:
            await self._known_have_played(book)
        made = {"seed": self.seed, "size": str(size), "story": book.history.story}
        settings = {"demo": made, "time_stands_still": True}
        await histories.add_world(self.conn, self.world_id, self.world_id.capitalize(), land.begins, settings)
        await loads.in_one_word(self.conn)
        await loads.with_its_past(self.conn)
        await self._copy(people.villages(book), self.of_world)
        for table in _population(book):
            await self._copy(table)
        await self._finish(book)
        return book

    async def give_life(self, share: float | None) -> Book:
        """A past for a world that was imported."""
        land = given.land(
            await _begins(self.of_world),
            await histories.players(self.conn, self.world_id),
            await histories.alliances(self.conn, self.world_id),
            await db.world.histories.villages(self.of_world),
        )
        share = USUAL_SHARE if share is None else share
        known = await self._known(land)
        profiles = {
            name: Profile(npc.name, npc.tribe, npc.personality, npc.behavior_template)
            for name, npc in known.items()
        }
        lived = self._happen(land, round(share * len(land.players)), profiles)
        book = await self._book(lived, known)
        await self._known_have_played(book)
        settings = {"life": {"seed": self.seed, "share": share, "story": book.history.story}}
        await histories.add_settings(self.conn, self.world_id, settings)
        await histories.began(self.conn, self.world_id, land.begins)
        await loads.in_one_word(self.conn)
        await loads.with_its_past(self.conn)
        await self._copy(people.npcs(book))
        await histories.become_npcs(self.conn, self.world_id, people.strengths(book))
        await histories.joined(self.conn, self.world_id, alliances.joined(book))
        await histories.stand(self.conn, self.world_id, alliances.stances(book))
        first = await histories.next_member(self.conn, self.world_id)
        await self._copy(alliances.members(book, first, only_former=True))
        await self._copy(people.states(book))
        await self._finish(book)
        return book

    async def _known(self, land: Land) -> dict[str, KnownNpc]:
        names = [land.players[person].name for person in eligible(land)]
        if len(names) < NPCS_AT_LEAST:
            raise LoadRefusedError(f"Nobody in world {self.world_id} is a Roman, a Gaul or a Teuton.")
        return await histories.npcs_called(self.conn, names)

    def _happen(self, land: Land, npcs: int, profiles: dict[str, Profile]) -> History:
        return history.happen(
            self.seed,
            land,
            max(NPCS_AT_LEAST, npcs),
            profiles,
            lambda day: self.told("days", day + 1, DAYS),
        )

    async def _book(self, lived: History, known: dict[str, KnownNpc]) -> Book:
        """NPCs who are known keep their ids; the others get the next free ones, in their order."""
        free = itertools.count(await histories.newest_npc(self.conn) + 1)
        names = {person: profile.name for person, profile in lived.people.profiles.items()}
        ids = {person: known[name].id if name in known else next(free) for person, name in names.items()}
        return Book(self.world_id, self.seed, lived, ids, frozenset(npc.id for npc in known.values()))

    async def _known_have_played(self, book: Book) -> None:
        done = [record for record in people.played(book) if record[0] in book.known]
        await histories.have_played(self.conn, done)

    async def _finish(self, book: Book) -> None:
        """What villages have, unless a game has told; what happened; then one word to the feed."""
        if await db.world.histories.untold(self.of_world):
            for furnish in ESTATES:
                await self._copy(furnish(book), self.of_world)
        await histories.analyse_people(self.conn)
        for make in PAST:
            await self._copy(make(book))
        await loads.done(self.conn, self.world_id, {"from": "demo", "seed": self.seed})

    async def _copy(self, table: Table, conn: Connection | None = None) -> None:
        await histories.copy(conn or self.conn, changed(table, rows=self._telling(table)))
        self.told(table.name, table.count, table.count)

    def _telling(self, table: Table) -> Iterator[tuple[Any, ...]]:
        for done, row in enumerate(table.rows):
            if not done % TOLD_EVERY:
                self.told(table.name, done, table.count)
            yield row


def _population(book: Book) -> Iterator[Table]:
    yield people.npcs(book)
    yield alliances.alliances(book)
    yield people.players(book)
    yield alliances.members(book)
    yield people.states(book)


def _summary(book: Book, is_new_world: bool, version: int, seconds: float) -> DemoLoad:
    lived = book.history
    return DemoLoad(
        world_id=book.world_id,
        seed=book.seed,
        is_new_world=is_new_world,
        npcs=len(book.npc_ids),
        npcs_known=sum(npc in book.known for npc in book.npc_ids.values()),
        players=len(lived.land.players),
        alliances=len(lived.land.alliances),
        villages=len(lived.land.villages),
        relationships=len(lived.meetings.truster),
        trust_events=len(lived.ledger.at),
        treaties=len(lived.treaties),
        memories=len(lived.memories),
        story=lived.story,
        version=version,
        seconds=round(seconds, 2),
    )
