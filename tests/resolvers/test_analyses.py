"""Analyses: always of the newest facts, worked out once for all who ask, and in Redis only for speed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from db.connection import Stores
from entente import embedded
from entente.child import _pid_in
from resolvers.analyses import FORMAT, Analyses, Conclusions
from resolvers.graph_worker import GraphWorker
from tests.servers import folder
from tests.world import Npc, Player, World

SOON = 1.0  # seconds; a first analysis of a small world takes a tenth of it, once the worker is warm


class CountingWorker(GraphWorker):
    """A worker that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.at_work = asyncio.Event()

    async def analyse(self, snapshot: bytes) -> bytes:
        self.asked += 1
        self.at_work.set()
        return await super().analyse(snapshot)


class IdleWorker(GraphWorker):
    """A worker that must not be asked."""

    async def analyse(self, snapshot: bytes) -> bytes:
        raise AssertionError("this was known already")


class SlowWorker(GraphWorker):
    """A worker that hands on what it is asked once it may."""

    def __init__(self, worker: GraphWorker) -> None:
        self._worker, self.may_go_on = worker, asyncio.Event()

    async def analyse(self, snapshot: bytes) -> bytes:
        found = await self._worker.analyse(snapshot)
        await self.may_go_on.wait()
        return found


@pytest.fixture(scope="module")
async def warm_worker() -> AsyncIterator[CountingWorker]:
    """A worker whose process runs."""
    made = CountingWorker()
    made.warm()
    yield made
    await asyncio.to_thread(made.close)


@pytest.fixture
def worker(warm_worker: CountingWorker) -> CountingWorker:
    warm_worker.asked = 0
    return warm_worker


@pytest.fixture
async def bela(world: World) -> Npc:
    """An NPC of a world in which something happened."""
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [bela])
    await world.trusts(bela, otto, 40)
    return bela


async def current(analyses: Analyses, world: World) -> Conclusions:
    found = await analyses.current(world.world_id)
    assert found is not None
    return found


async def settled(analyses: Analyses) -> None:
    """Wait until everything is in the cache."""
    await asyncio.gather(*analyses._being_kept)


async def test_there_is_no_analysis_of_no_world(stores: Stores, worker: CountingWorker) -> None:
    assert await Analyses(stores, worker).current("nowhere") is None
    assert worker.asked == 0


CHANGES: dict[str, Callable[[World, Npc, Player], Awaitable[Any]]] = {
    "a score": lambda world, bela, otto: world.run(
        "UPDATE npc_relationships SET trust_score = -70 WHERE world_id = $1", world.world_id
    ),
    "an event of the ledger": lambda world, bela, otto: world.trusts(bela, otto, -90),
    "a membership": lambda world, bela, otto: world.leaves(bela),
    "the alliance of a player": lambda world, bela, otto: world.run(
        "UPDATE players SET alliance_id = NULL WHERE world_id = $1", world.world_id
    ),
    "a treaty": lambda world, bela, otto: world.treaty("nap", bela, otto),
    "who takes part": lambda world, bela, otto: world.run(
        "UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
        world.world_id,
        otto.player_id,
    ),
    "how big a player is": lambda world, bela, otto: world.run(
        "UPDATE players SET population = 900 WHERE world_id = $1", world.world_id
    ),
    "a relationship": lambda world, bela, otto: world.run(
        "DELETE FROM npc_relationships WHERE world_id = $1", world.world_id
    ),
}


@pytest.mark.parametrize("changed", CHANGES)
async def test_a_change_by_any_program_is_in_the_next_answer(
    changed: str, world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    analyses = Analyses(stores, worker)
    before = await current(analyses, world)

    await CHANGES[changed](world, bela, Player(bela.player_id + 1, "Otto"))
    after = await current(analyses, world)

    assert after.snapshot.version == await world.version() > before.snapshot.version
    assert (
        replace(after.snapshot, version=0, taken_at=before.snapshot.taken_at).encode()
        != replace(before.snapshot, version=0).encode()
    )


async def test_many_who_ask_cost_one_computation(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker, statements: list[str]
) -> None:
    analyses = Analyses(stores, worker)

    found = await asyncio.gather(*(analyses.current(world.world_id) for _ in range(50)))
    read = [one for one in statements if "array_agg" in one]
    again = await current(analyses, world)

    assert worker.asked == 1
    assert len(read) == 3  # players, relationships, alliances
    assert all(one is again for one in found)


async def test_a_busy_world_is_not_worked_out_for_each_change(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    slow = SlowWorker(worker)
    analyses = Analyses(stores, slow)

    asking = []
    for _ in range(50):
        await world.trusts(bela, bela, 1)
        asking.append((await world.version(), asyncio.create_task(current(analyses, world))))
    await asyncio.wait([task for _, task in asking], timeout=0.3)  # all have asked by then
    slow.may_go_on.set()

    assert all([(await task).snapshot.version >= version for version, task in asking])
    assert len({version for version, _ in asking}) == 50
    assert worker.asked == 2
    assert analyses._searches == {}


async def test_every_answer_is_of_the_version_asked_for_while_the_world_changes(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    analyses = Analyses(stores, worker)

    async def change_and_ask(delay: float) -> None:
        await asyncio.sleep(delay)
        await world.trusts(bela, bela, 1)
        version = await world.version()
        assert (await current(analyses, world)).snapshot.version >= version

    await asyncio.gather(*(change_and_ask(number / 100) for number in range(50)))
    assert (await current(analyses, world)).snapshot.version == await world.version()


async def test_after_a_search_that_failed_there_is_another(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    idle = IdleWorker()
    analyses = Analyses(stores, idle)
    with pytest.raises(AssertionError):
        await analyses.current(world.world_id)
    analyses._worker = worker

    assert (await current(analyses, world)).snapshot.version == await world.version()
    idle.close()


async def replaced(world: World) -> None:
    """Another world of the same id, which has come as far as the first."""
    version = await world.version()
    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)
    await world.run("INSERT INTO worlds (world_id, name) VALUES ($1, $1)", world.world_id)
    await world.player("Zed")
    await world.run("UPDATE worlds SET version = $2 WHERE world_id = $1", world.world_id, version)


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_world_that_takes_the_place_of_another_is_not_taken_for_it(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker, *, remembered: bool
) -> None:
    here = Analyses(stores, worker)
    before = await current(here, world)
    await settled(here)

    await replaced(world)
    after = await current(here if remembered else Analyses(stores, worker), world)

    assert after.snapshot.version == before.snapshot.version
    assert (len(before.snapshot.player_ids), len(after.snapshot.player_ids)) == (2, 1)


async def test_a_world_that_is_gone_has_no_analysis(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    analyses = Analyses(stores, worker)
    await current(analyses, world)
    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)

    assert await analyses.current(world.world_id) is None


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_treaty_that_ends_by_time_leaves_the_conclusions(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker, *, remembered: bool
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=SOON)
    otto = Player(bela.player_id + 1, "Otto")
    await world.treaty("nap", bela, otto, ends_at=ends)
    await world.treaty("trade_agreement", bela, otto, ends_at=ends + timedelta(hours=1))
    here, idle = Analyses(stores, worker), IdleWorker()
    before = await current(here, world)
    await settled(here)

    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds() + 0.01)
    there = here if remembered else Analyses(stores, worker)
    after = await current(there, world)
    await settled(there)

    assert after.snapshot.version == before.snapshot.version
    assert (len(before.snapshot.treaty_type), len(after.snapshot.treaty_type)) == (2, 1)
    assert (await current(Analyses(stores, idle), world)).valid_until == ends + timedelta(hours=1)
    idle.close()


async def test_who_leaves_does_not_end_it_for_the_others(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    analyses = Analyses(stores, worker)
    leaving, staying = (asyncio.create_task(analyses.current(world.world_id)) for _ in range(2))
    worker.at_work.clear()
    await worker.at_work.wait()
    leaving.cancel()

    assert await staying is not None
    assert leaving.cancelled()


async def test_another_server_takes_it_from_redis(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    here, idle = Analyses(stores, worker), IdleWorker()
    worked_out = await current(here, world)
    await settled(here)

    found = await current(Analyses(stores, idle), world)

    assert found.snapshot.encode() == worked_out.snapshot.encode()
    assert worker.asked == 1
    idle.close()


@pytest.mark.parametrize("broken", [b"", b"x", b"\x00" * 100, "truncated", "another format"])
async def test_what_is_broken_in_redis_is_worked_out_anew(
    broken: bytes | str, world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    first = Analyses(stores, worker)
    worked_out = await current(first, world)
    await settled(first)
    (key,) = await stores.redis.keys(f"analysis:*:{world.world_id}:*")
    whole = await stores.redis.get(key)
    assert isinstance(whole, bytes)
    other = whole.replace(str(FORMAT).encode(), b"9" * len(str(FORMAT)))
    bad = {"truncated": whole[:-40], "another format": other}
    await stores.redis.set(key, bad[broken] if isinstance(broken, str) else broken)

    found = await current(Analyses(stores, worker), world)

    assert worker.asked == 2
    assert found.snapshot.version == worked_out.snapshot.version


async def test_an_analysis_has_a_time_to_live(
    world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    analyses = Analyses(stores, worker)
    await current(analyses, world)
    await settled(analyses)
    keys = await stores.redis.keys(f"analysis:*:{world.world_id}:*")

    assert [await stores.redis.ttl(key) > 0 for key in keys] == [True]


@pytest.mark.parametrize("url", ["unix:///nowhere/valkey.sock", "redis://127.0.0.1:1"])
async def test_without_redis_there_is_an_answer_soon(
    url: str, world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    await worker.analyse((await current(Analyses(stores, worker), world)).snapshot.encode())
    dead = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    analyses = Analyses(replace(stores, redis=dead), worker)

    began = time.perf_counter()
    await current(analyses, world)

    assert time.perf_counter() - began < SOON


@pytest.fixture
def valkey() -> Iterator[tuple[str, int]]:
    """A Valkey that may be stopped: its URL and its process."""
    with folder() as place, embedded.valkey(place / "valkey") as url:
        pid = _pid_in(Path(place / "valkey" / "valkey.pid"))
        assert pid is not None
        yield url, pid


async def test_redis_may_hang_and_come_back(
    valkey: tuple[str, int], world: World, bela: Npc, stores: Stores, worker: CountingWorker
) -> None:
    url, pid = valkey
    redis = Redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)
    analyses = Analyses(replace(stores, redis=redis), worker)

    os.kill(pid, signal.SIGSTOP)
    began = time.perf_counter()
    hung = await current(analyses, world)
    waited = time.perf_counter() - began
    await settled(analyses)
    os.kill(pid, signal.SIGCONT)
    await world.trusts(bela, bela, 1)
    await current(analyses, world)
    await settled(analyses)

    assert hung.snapshot.version < await world.version()
    assert waited < 0.2 + SOON
    assert await redis.keys(f"analysis:*:{world.world_id}:*:{await world.version()}")
    await redis.aclose()


async def test_a_worker_that_dies_is_replaced(world: World, bela: Npc, stores: Stores) -> None:
    worker = GraphWorker()
    analyses = Analyses(stores, worker)
    await current(analyses, world)
    (first,) = worker._pool._processes
    os.kill(first, signal.SIGKILL)
    await world.trusts(bela, bela, 1)

    await current(analyses, world)

    (second,) = worker._pool._processes
    assert second != first
    await asyncio.to_thread(worker.close)
