"""`entente maintain` does what time alone brings about: once, however often and wherever it is run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from db.connection import Stores, open_stores
from db.hot import decisions
from entente.commands import maintain as command
from entente.commands.maintain import TASKS, TRY_LOCK, Task, Work, maintain
from entente.stores import StoreUrls
from entente.upkeep import upkeep
from tests.acting import events
from tests.servers import Servers
from tests.waiting import becomes
from tests.world import Npc, World

DAY = timedelta(days=1)
TREATIES, PROPOSALS, TRUST, OLD_MONTHS, MEMORIES, MONTHS, KEYS, QUEUE, CHANGES, HOURS, SERIES = (
    task.name for task in TASKS
)
PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'npc_memory'::regclass"
REMEMBER = """
INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at, expires_at)
SELECT $1, $2, 'trade', '{}', $3, $4 FROM generate_series(1, $5)
"""


@pytest.fixture(scope="module")
async def main(servers: Servers, worker_id: str) -> str:
    """A database with nobody else's worlds in it."""
    return await servers.create(f"upkeep_{worker_id}", template=f"{servers.prefix}main")


@pytest.fixture(scope="module")
async def alone(main: str, servers: Servers) -> AsyncIterator[Stores]:
    """Stores over it."""
    async with open_stores(main, servers.database("upkeep_{world_id}"), servers.redis) as stores:
        yield stores


@pytest.fixture
async def quiet(main: str, urls: StoreUrls) -> AsyncIterator[World]:
    """A new world, and no other."""
    async with asyncpg.create_pool(main, min_size=0, max_size=4) as pool:
        await pool.execute("DELETE FROM worlds")
        yield await World.new(pool, urls)


async def run(stores: Stores, at: datetime | None = None) -> dict[str, int]:
    """How much each task had to do."""
    done = await maintain(stores, at or datetime.now(UTC))
    assert [one.problem for one in done] == [None] * len(TASKS)
    return {one.task: one.done for one in done}


async def faded_pair(world: World) -> tuple[Npc, Npc]:
    """Two of whom one trusted the other a while ago."""
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    ago = datetime.now(UTC) - 10 * DAY
    await world.trusts(bela, otto, 80, occurred_at=ago, half_life_seconds=10 * DAY.total_seconds())
    return bela, otto


async def test_trust_fades_once_and_the_feed_tells(quiet: World, alone: Stores) -> None:
    bela, otto = await faded_pair(quiet)
    ida = await quiet.player("Ida")
    await quiet.trusts(bela, ida, 33)
    before = await quiet.version()

    first, second = await run(alone), await run(alone)

    assert (first[TRUST], second[TRUST]) == (1, 0)
    assert [await quiet.trust(bela, one) for one in (otto, ida)] == [40, 33]
    assert await quiet.version() == before + 1
    told = (await quiet.changes())[-1]
    assert (told.kind, told.npc_id, told.player_id) == ("trust", bela.npc_id, otto.player_id)
    assert told.data == {"event": "faded", "score": 40}
    assert await events(quiet, bela, otto) == [("adjusted", 80)]


async def test_where_no_whole_number_moves_nothing_is_written(quiet: World, alone: Stores) -> None:
    bela, otto = await quiet.npc("Bela"), await quiet.npc("Otto")
    await quiet.trusts(bela, otto, 80, half_life_seconds=10 * DAY.total_seconds())
    await quiet.trusts(otto, bela, 5, occurred_at=datetime.now(UTC) + DAY)
    before = await state(quiet)

    assert (await run(alone, datetime.now(UTC) + timedelta(minutes=5)))[TRUST] == 0

    assert await state(quiet) == before


async def state(world: World) -> Any:
    """The version, and the relationships with the moments of their scores."""
    sql = "SELECT * FROM npc_relationships WHERE world_id = $1 ORDER BY id"
    return await world.version(), [tuple(one) for one in await world.run(sql, world.world_id)]


@pytest.mark.parametrize(
    "stand", ["status = 'paused'", "status = 'ended'", """settings = '{"time_stands_still": true}'"""]
)
async def test_where_time_stands_still_nothing_fades_or_ends(quiet: World, alone: Stores, stand: str) -> None:
    bela, otto = await faded_pair(quiet)
    now = datetime.now(UTC)
    await quiet.treaty("nap", bela, otto, starts_at=now - 2 * DAY, ends_at=now - DAY)
    await quiet.treaty("confederacy", bela, otto, status="proposed", answer_by=now - DAY)
    await quiet.run(f"UPDATE worlds SET {stand} WHERE world_id = $1", quiet.world_id)

    done = await run(alone)

    assert (done[TRUST], done[TREATIES], done[PROPOSALS]) == (0, 0, 0)
    assert await quiet.trust(bela, otto) == 80


async def test_all_relationships_fade_however_many_a_batch_holds(
    quiet: World, alone: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.upkeep.RELATIONSHIPS_AT_ONCE", 2)
    npcs = [await quiet.npc(name) for name in ("Bela", "Otto", "Ida")]
    for one in npcs:
        for other in npcs:
            if one != other:
                await quiet.trusts(one, other, 10, expires_at=datetime.now(UTC) + DAY)

    assert (await run(alone, datetime.now(UTC) + 2 * DAY))[TRUST] == 6
    assert {await quiet.trust(npcs[0], other) for other in npcs[1:]} == {0}


async def test_a_treaty_that_was_kept_is_settled_once(quiet: World, alone: Stores) -> None:
    bela, otto = await quiet.npc("Bela"), await quiet.npc("Otto")
    now = datetime.now(UTC)
    kept = await quiet.treaty("nap", bela, otto, starts_at=now - 2 * DAY, ends_at=now - DAY)
    await quiet.treaty("trade_agreement", bela, otto, ends_at=now + DAY)

    first, second = await run(alone), await run(alone)

    assert (first[TREATIES], second[TREATIES]) == (1, 0)
    assert await statuses(quiet) == ["expired", "active"]
    assert await quiet.trust(bela, otto) == await quiet.trust(otto, bela) == 10
    assert kept.treaty_id in {change.treaty_id for change in await quiet.changes()}


async def test_a_proposal_that_nobody_answered_is_over(quiet: World, alone: Stores) -> None:
    bela, otto = await quiet.npc("Bela"), await quiet.npc("Otto")
    now = datetime.now(UTC)
    await quiet.treaty("nap", bela, otto, status="proposed", answer_by=now - DAY)
    await quiet.treaty("trade_agreement", bela, otto, status="proposed", answer_by=now + DAY)

    first, second = await run(alone), await run(alone)

    assert (first[PROPOSALS], second[PROPOSALS]) == (1, 0)
    assert await statuses(quiet) == ["expired", "proposed"]
    assert await quiet.trust(bela, otto) is None


async def statuses(world: World) -> list[str]:
    """How far each treaty has come."""
    sql = "SELECT status FROM treaties WHERE world_id = $1 ORDER BY treaty_id"
    return [record[0] for record in await world.run(sql, world.world_id)]


async def test_two_at_once_do_everything_once(quiet: World, alone: Stores) -> None:
    bela, otto = await faded_pair(quiet)
    now = datetime.now(UTC)
    for number in range(5):
        one, other = await quiet.player("One"), await quiet.npc(f"Npc {number}")
        await quiet.treaty("nap", one, other, starts_at=now - 2 * DAY, ends_at=now - DAY)

    both = await asyncio.gather(maintain(alone, now), maintain(alone, now))

    done = [{one.task: one for one in each} for each in both]
    assert [one.problem for each in both for one in each] == [None] * 2 * len(TASKS)
    assert sum(each[TREATIES].done for each in done) == 5
    assert sum(each[TRUST].done for each in done) == 1
    assert await quiet.trust(bela, otto) == 40


async def test_what_waits_to_be_carried_out_is_in_the_queue(quiet: World, alone: Stores) -> None:
    bela = await quiet.npc("Bela")
    decision = await quiet.decision(bela, priority=5)

    assert (await run(alone))[QUEUE] == 1

    claim = await decisions.claim(alone.redis, 9, 60, npc_id=bela.npc_id, worlds=[quiet.world_id])
    assert f"{quiet.world_id}/{decision}" in [one.decision.decision_id for one in claim.decisions]


async def test_a_task_that_another_is_at_is_left_to_it(quiet: World, alone: Stores) -> None:
    await faded_pair(quiet)
    async with alone.main.acquire() as other:
        await other.fetchval(TRY_LOCK, TRUST)
        done = {one.task: one for one in await maintain(alone, datetime.now(UTC))}

    assert done[TRUST].left_to_another
    assert str(done[TRUST]).endswith("another process is at it")
    assert not done[TREATIES].left_to_another
    assert (await run(alone))[TRUST] == 1


async def test_a_task_that_fails_keeps_no_other_from_being_done(quiet: World, alone: Stores) -> None:
    async def fail(_: Work) -> int:
        raise RuntimeError("Out of chalk.")

    failed, *others = await maintain(alone, datetime.now(UTC), tasks=[Task("chalk", fail), *TASKS])

    assert str(failed) == "✗ chalk: Out of chalk."
    assert [one.problem for one in others] == [None] * len(TASKS)


async def test_what_expired_is_forgotten(
    quiet: World, alone: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "AT_ONCE", 2)
    bela, now = await quiet.npc("Bela"), datetime.now(UTC)
    for days in (-3, -2, -1, 1):
        await quiet.memory(bela, expires_at=now + days * DAY)
    kept = await quiet.memory(bela)
    for days in (-1, 1):
        await quiet.run(
            "INSERT INTO idempotency_keys (world_id, owner, key, fingerprint, created_at, expires_at) "
            "VALUES ($1, 'admin', $2, '', now(), $3)",
            quiet.world_id, f"key {days}", now + days * DAY,
        )  # fmt: skip

    first, second = await run(alone), await run(alone)

    assert (first[MEMORIES], first[KEYS]) == (3, 1)
    assert (second[MEMORIES], second[KEYS]) == (0, 0)
    left = await quiet.run("SELECT id FROM npc_memory WHERE world_id = $1", quiet.world_id)
    assert (len(left), kept.memory_id in {one["id"] for one in left}) == (2, True)


async def test_the_feed_is_cut_where_it_was_kept_long_enough(quiet: World, alone: Stores) -> None:
    await quiet.alliance("Reds")
    await quiet.alliance("Blues")
    await quiet.run("UPDATE graph_changes SET recorded_at = recorded_at - interval '1 year' WHERE seq = 1")

    assert [(await run(alone))[CHANGES] for _ in range(2)] == [1, 0]
    assert [one.seq for one in await quiet.changes()] == [2]


async def test_hours_of_metrics_are_stored_and_those_of_worlds_that_are_gone_forgotten(
    quiet: World, alone: Stores
) -> None:
    bela = await quiet.npc("Bela")
    for age in (0, 5, 6):
        await quiet.measured(bela, datetime.now(UTC) - timedelta(hours=age), wood=100)

    first = await run(alone)
    assert (first[HOURS], first[SERIES]) == (2, 0)
    assert await quiet.value("SELECT count(*) FROM npc_metrics_hours") == 2
    await quiet.run("DELETE FROM worlds")
    assert (await run(alone))[SERIES] == 1
    assert await quiet.value("SELECT count(*) FROM npc_metrics_hourly") == 0
    assert await quiet.value("SELECT count(*) FROM npc_metrics") == 0
    assert (await run(alone))[SERIES] == 0


async def test_a_month_with_many_memories_gets_a_partition_until_they_are_over(
    quiet: World, alone: Stores
) -> None:
    bela, now = await quiet.npc("Bela"), datetime.now(UTC)
    may, june = datetime(2011, 5, 31, 23, tzinfo=UTC), datetime(2011, 6, 1, tzinfo=UTC)
    await quiet.run(REMEMBER, quiet.world_id, bela.npc_id, may, now + DAY, 1000)
    await quiet.run(REMEMBER, quiet.world_id, bela.npc_id, june, now + DAY, 999)

    assert (await run(alone))[MONTHS] == 1
    assert await places(quiet, may) == {"npc_memory_2011_05"}
    assert await places(quiet, june) == {"npc_memory_default"}

    later = await run(alone, now + 2 * DAY)
    assert later[OLD_MONTHS] >= 1
    assert later[MEMORIES] == 999
    assert "npc_memory_2011_05" not in {record[0] for record in await quiet.run(PARTITIONS)}


async def places(world: World, at: datetime) -> set[str]:
    """The partitions of memories of a moment."""
    sql = "SELECT DISTINCT tableoid::regclass::text FROM npc_memory WHERE world_id = $1 AND occurred_at = $2"
    return {record[0] for record in await world.run(sql, world.world_id, at)}


async def test_an_empty_month_goes_and_those_ahead_stay(quiet: World, alone: Stores) -> None:
    bela = await quiet.npc("Bela")
    for month in ("2012-01-01", "2012-02-01"):
        await quiet.run(f"SELECT make_memory_partition('{month}')")
    await quiet.memory(bela, occurred_at=datetime(2012, 2, 1, tzinfo=UTC))
    now = datetime.now(UTC)

    assert (await run(alone))[OLD_MONTHS] == 1

    left = {record[0] for record in await quiet.run(PARTITIONS)}
    assert "npc_memory_2012_01" not in left
    assert left >= {"npc_memory_default", "npc_memory_2012_02", now.strftime("npc_memory_%Y_%m")}


async def test_memories_that_are_in_use_are_left_for_the_next_run(
    quiet: World, alone: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.main.memory_months.PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    await quiet.run("SELECT make_memory_partition('2013-01-01')")

    async with quiet.transaction() as conn:
        await conn.fetch("SELECT FROM npc_memory LIMIT 1")
        done = {one.task: one for one in await maintain(alone, datetime.now(UTC))}

    assert done[OLD_MONTHS].problem == command.BUSY
    assert (await run(alone))[OLD_MONTHS] >= 1
    assert "npc_memory_2013_01" not in {record[0] for record in await quiet.run(PARTITIONS)}


async def test_a_server_maintains_again_and_again(quiet: World, alone: Stores) -> None:
    bela, otto = await faded_pair(quiet)

    async def is_faded() -> bool:
        return await quiet.trust(bela, otto) == 40

    async with upkeep(alone, 0), upkeep(alone, 1):
        await becomes(is_faded)


async def test_one_that_cannot_be_settled_keeps_none_of_the_others_from_it(
    quiet: World, alone: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, third = [await quiet.player(name) for name in ("One", "Other", "Third")]
    now = datetime.now(UTC)
    ended: dict[str, Any] = {"starts_at": now - 2 * DAY, "ends_at": now - DAY}
    broken = await quiet.treaty("nap", one, other, **ended)
    await quiet.treaty("nap", one, third, **ended)
    await quiet.run(
        f"CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.treaty_id = {broken.treaty_id} THEN RAISE 'stuck'; END IF; RETURN NEW; END $$"
    )
    await quiet.run("CREATE TRIGGER stuck BEFORE UPDATE ON treaties FOR EACH ROW EXECUTE FUNCTION stuck()")

    done = {one.task: one for one in await maintain(alone, now)}
    await quiet.run("DROP FUNCTION stuck CASCADE")

    assert "Some treaties could not be settled" in str(done[TREATIES].problem)
    assert await statuses(quiet) == ["active", "expired"]
    assert (await run(alone, now))[TREATIES] == 1
