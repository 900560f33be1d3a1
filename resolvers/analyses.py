"""Analyses: what follows from the facts of a world at its version now, worked out once for all who ask."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

import graph.analysis
import graph.snapshot
from db.connection import Stores
from db.hot import analyses as cache
from db.main import snapshots, worlds
from db.main.snapshots import TreatyInForce, WorldFacts
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


class Analyses:
    """The conclusions about each world at its newest version: remembered here, cached in Redis, or worked
    out anew."""

    def __init__(self, stores: Stores, worker: GraphWorker) -> None:
        self._stores, self._worker = stores, worker
        self._remembered: OrderedDict[str, Conclusions] = OrderedDict()
        self._under_way: dict[tuple[str, int], asyncio.Task[Conclusions | None]] = {}
        self._being_kept: set[asyncio.Task[None]] = set()

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
            await asyncio.to_thread(worker.close)
            await asyncio.gather(*analyses._being_kept)

    async def current(self, world_id: str) -> Conclusions | None:
        """The conclusions about a world at its version now, or None where there is no such world."""
        version = await self._version(world_id)
        if version is None:
            return None
        known = self._remembered.get(world_id)
        if known is not None and known.snapshot.version >= version:
            return known
        # Whoever asks meanwhile waits for the same task; the shield keeps one who leaves from ending it for
        # the others.
        return await asyncio.shield(self._task(world_id, version))

    async def _version(self, world_id: str) -> int | None:
        with naming_the_store("The global database"):
            async with self._stores.main.acquire() as conn:
                return await worlds.version(conn, world_id)

    def _task(self, world_id: str, version: int) -> asyncio.Task[Conclusions | None]:
        key = (world_id, version)
        if key not in self._under_way:
            self._under_way[key] = asyncio.create_task(self._find(world_id, version))
            self._under_way[key].add_done_callback(lambda _: self._under_way.pop(key))
        return self._under_way[key]

    async def _find(self, world_id: str, version: int) -> Conclusions | None:
        cached = await cache.get(self._stores.redis, world_id, version, FORMAT)
        found = (_decoded(cached) if cached else None) or await self._work_out(world_id)
        if found is not None:
            self._remember(world_id, found)
        return found

    async def _work_out(self, world_id: str) -> Conclusions | None:
        with naming_the_store("The global database"):
            facts = await snapshots.read(self._stores.main, world_id)
        if facts is None:
            return None
        snapshot = await asyncio.to_thread(snapshot_of, facts)
        analysis = await self._worker.analyse(snapshot.encode())
        blob = pack({"kind": "conclusions", "format": FORMAT}, _both(snapshot.encode(), analysis))
        self._keep(world_id, snapshot.version, blob)
        return Conclusions(snapshot, graph.analysis.decode(analysis))

    def _keep(self, world_id: str, version: int, blob: bytes) -> None:
        """Put it into the cache; nobody waits for a cache that does not answer."""
        keeping = asyncio.create_task(cache.put(self._stores.redis, world_id, version, FORMAT, blob))
        self._being_kept.add(keeping)
        keeping.add_done_callback(self._being_kept.discard)

    def _remember(self, world_id: str, found: Conclusions) -> None:
        known = self._remembered.get(world_id)
        if known is None or known.snapshot.version < found.snapshot.version:
            self._remembered[world_id] = found
        self._remembered.move_to_end(world_id)
        while len(self._remembered) > WORLDS_REMEMBERED:
            self._remembered.popitem(last=False)


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


def _both(snapshot: bytes, analysis: bytes) -> dict[str, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    return {"snapshot": np.frombuffer(snapshot, np.uint8), "analysis": np.frombuffer(analysis, np.uint8)}


def _decoded(blob: bytes) -> Conclusions | None:
    """What the cache held, or None where another version of this program wrote it."""
    try:
        _, parts = unpack(blob, kind="conclusions", format_number=FORMAT)
        snapshot, analysis = parts["snapshot"].tobytes(), parts["analysis"].tobytes()
        return Conclusions(Snapshot.decode(snapshot), graph.analysis.decode(analysis))
    except (UnreadableError, KeyError):
        return None
