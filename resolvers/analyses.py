"""Analyses: what follows from the facts of a world at its version now, worked out once for all who ask."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

import graph.analysis
import graph.snapshot
from db.connection import Stores
from db.hot import analyses as cache
from db.main import snapshots, worlds
from db.main.snapshots import TreatyInForce, WorldFacts
from db.main.worlds import Moment
from db.outages import naming_the_store
from graph.analysis import Analysis
from graph.packing import UnreadableError, pack, unpack
from graph.snapshot import Party, PlayerColumns, Snapshot, TrustColumns
from resolvers.graph_worker import GraphWorker

FORMAT = 1000 * graph.snapshot.FORMAT + graph.analysis.FORMAT
WORLDS_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class Conclusions:
    """A world's facts at one version, and what was concluded from them."""

    snapshot: Snapshot
    analysis: Analysis
    incarnation: UUID
    valid_until: datetime | None
    """When a treaty among the facts ends by itself."""

    def hold(self, now: Moment) -> bool:
        """Whether the world is still the same, and nothing in it has changed or ended since."""
        return (
            self.incarnation == now.incarnation
            and self.snapshot.version >= now.version
            and (self.valid_until is None or now.at < self.valid_until)
        )


class Analyses:
    """The conclusions about each world at its newest version: remembered here, cached in Redis, or worked
    out anew."""

    def __init__(self, stores: Stores, worker: GraphWorker) -> None:
        self._stores, self._worker = stores, worker
        self._remembered: OrderedDict[str, Conclusions] = OrderedDict()
        self._searches: dict[str, asyncio.Task[Conclusions | None]] = {}
        self._begun: set[str] = set()
        self._being_kept: set[asyncio.Task[None]] = set()
        self.counts = {"analyses_remembered": 0, "analyses_cached": 0, "analyses_worked_out": 0}
        """How often they were known here, found in Redis, and worked out."""

    @classmethod
    @asynccontextmanager
    async def over(cls, stores: Stores) -> AsyncIterator[Analyses]:
        """Analyses of the worlds in these stores, with a worker of their own."""
        worker = GraphWorker()
        worker.warm()
        analyses = cls(stores, worker)
        try:
            yield analyses
        finally:
            await analyses._end_searches()
            await asyncio.to_thread(worker.close)
            await asyncio.gather(*analyses._being_kept)

    async def current(self, world_id: str) -> Conclusions | None:
        """The conclusions about a world at its version now, or None where there is no such world."""
        asked = await self._now(world_id)
        if asked is None:
            return None
        known = self._remembered.get(world_id)
        if known is not None and known.hold(asked):
            self.counts["analyses_remembered"] += 1
            return known
        return await self._found(world_id, asked)

    async def _found(self, world_id: str, asked: Moment) -> Conclusions | None:
        """A world has one search at a time, so that those of a busy world do not pile up. Whoever is not
        served by the one under way shares the next with all others who wait; what begins after the question
        is new enough whatever it finds."""
        while True:
            search = self._search(world_id)
            begins_after = world_id not in self._begun
            # The shield keeps one who leaves from ending it for the others.
            found = await asyncio.shield(search)
            if begins_after or (found is not None and found.hold(asked)):
                return found

    def _search(self, world_id: str) -> asyncio.Task[Conclusions | None]:
        if world_id not in self._searches:
            self._searches[world_id] = asyncio.create_task(self._find(world_id))
        return self._searches[world_id]

    async def _find(self, world_id: str) -> Conclusions | None:
        self._begun.add(world_id)
        try:
            found = await self._cached_or_worked_out(world_id)
        finally:  # before the task is done: nobody may come upon one that is over
            self._begun.discard(world_id)
            del self._searches[world_id]
        if found is not None:
            self._remember(world_id, found)
        return found

    async def _cached_or_worked_out(self, world_id: str) -> Conclusions | None:
        now = await self._now(world_id)
        if now is None:
            return None
        cached = await cache.get(self._stores.redis, _key(world_id, now.incarnation, now.version))
        found = _decoded(cached) if cached else None
        if found is not None and found.hold(now):
            self.counts["analyses_cached"] += 1
            return found
        return await self._work_out(world_id)

    async def _now(self, world_id: str) -> Moment | None:
        with naming_the_store("The global database"):
            async with self._stores.main.acquire() as conn:
                return await worlds.moment(conn, world_id)

    async def _work_out(self, world_id: str) -> Conclusions | None:
        with naming_the_store("The global database"):
            facts = await snapshots.read(self._stores.main, world_id)
        if facts is None:
            return None
        self.counts["analyses_worked_out"] += 1
        snapshot = (await asyncio.to_thread(snapshot_of, facts)).encode()
        analysis = await self._worker.analyse(snapshot)
        self._keep(_key(world_id, facts.incarnation, facts.version), _encoded(facts, snapshot, analysis))
        return _conclusions(snapshot, analysis, facts.incarnation, facts.valid_until)

    def _keep(self, key: str, blob: bytes) -> None:
        """Put it into the cache; nobody waits for a cache that does not answer."""
        keeping = asyncio.create_task(cache.put(self._stores.redis, key, blob))
        self._being_kept.add(keeping)
        keeping.add_done_callback(self._being_kept.discard)

    def _remember(self, world_id: str, found: Conclusions) -> None:
        self._remembered[world_id] = found
        self._remembered.move_to_end(world_id)
        while len(self._remembered) > WORLDS_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _end_searches(self) -> None:
        searches = list(self._searches.values())
        for search in searches:
            search.cancel()
        await asyncio.gather(*searches, return_exceptions=True)


def snapshot_of(facts: WorldFacts) -> Snapshot:
    """The facts of a world as sorted arrays."""
    return Snapshot.from_columns(
        facts.world_id,
        facts.version,
        facts.taken_at,
        players=PlayerColumns(facts.player_ids, facts.alliance_of_player, facts.population),
        trust=TrustColumns(
            facts.truster_ids, facts.trusted_ids, facts.scores, facts.interactions, facts.declared
        ),
        treaties=[(treaty.type, *_parties(treaty)) for treaty in facts.treaties],
        alliances=facts.alliance_ids,
    )


def _parties(treaty: TreatyInForce) -> tuple[Party, Party]:
    return _party(treaty.a_player_id, treaty.a_alliance_id), _party(treaty.b_player_id, treaty.b_alliance_id)


def _party(player_id: int | None, alliance_id: int | None) -> Party:
    if player_id is not None:
        return "player", player_id
    assert alliance_id is not None
    return "alliance", alliance_id


def _key(world_id: str, incarnation: UUID, version: int) -> str:
    return cache.key(FORMAT, world_id, incarnation, version)


def _encoded(facts: WorldFacts, snapshot: bytes, analysis: bytes) -> bytes:
    """Conclusions as bytes for the cache."""
    ends = facts.valid_until
    header = {
        "incarnation": str(facts.incarnation),
        "valid_until": None if ends is None else ends.isoformat(),
    }
    parts = {"snapshot": np.frombuffer(snapshot, np.uint8), "analysis": np.frombuffer(analysis, np.uint8)}
    return pack({"kind": "conclusions", "format": FORMAT, **header}, parts)


def _decoded(blob: bytes) -> Conclusions | None:
    """What the cache held, or None where another version of this program wrote it."""
    try:
        header, parts = unpack(blob, kind="conclusions", format_number=FORMAT)
        ends = header["valid_until"]
        return _conclusions(
            parts["snapshot"].tobytes(),
            parts["analysis"].tobytes(),
            UUID(header["incarnation"]),
            None if ends is None else datetime.fromisoformat(ends),
        )
    except (UnreadableError, KeyError):
        return None


def _conclusions(
    snapshot: bytes, analysis: bytes, incarnation: UUID, valid_until: datetime | None
) -> Conclusions:
    return Conclusions(Snapshot.decode(snapshot), graph.analysis.decode(analysis), incarnation, valid_until)
