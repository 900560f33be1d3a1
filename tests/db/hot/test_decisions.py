"""The queue of decisions: each goes to one worker at a time, in order, and none is ever lost."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from db.connection import Stores
from db.hot import decisions
from db.hot.decisions import LEASES, Place, Waiting
from db.hot.troubles import UnreadableError

REPOSITORY = Path(__file__).parents[3]
WORKER = """
import asyncio, sys
from redis.asyncio import Redis
from db.hot import decisions

async def work(url, how):
    redis = Redis.from_url(url)
    if how == "once":
        [one] = (await decisions.claim(redis, 1, 60)).decisions
        print(one.decision.decision_id, flush=True)
        await asyncio.Event().wait()
    while (claim := await decisions.claim(redis, 3, 60)).decisions:
        for one in claim.decisions:
            print(one.decision.decision_id, flush=True)
            assert await decisions.acknowledge(redis, one.decision, claim.name)
    await redis.aclose()

asyncio.run(work(*sys.argv[1:]))
"""


@pytest.fixture
async def redis(stores: Stores) -> Redis:
    """A queue in which nothing waits."""
    found = [key async for key in stores.redis.scan_iter("npc:decisions:*")]
    if found:
        await stores.redis.delete(*found)
    return stores.redis


def waiting(number: int, npc_id: int = 1, world_id: str = "w") -> Waiting:
    return Waiting(npc_id, world_id, f"{world_id}/{number}")


async def queue(redis: Redis, *numbers: int, priority: int = 5, **whose: Any) -> None:
    await decisions.queue(redis, [Place(waiting(number, **whose), priority) for number in numbers])


@dataclass(frozen=True, slots=True)
class InHand:
    """A decision, and the claim under which it is in hand."""

    decision: Waiting
    priority: int
    attempts: int
    claim: str
    lease_ends: datetime


async def claim(redis: Redis, most: int = 100, seconds: float = 60, **whose: Any) -> list[InHand]:
    made = await decisions.claim(redis, most, seconds, **whose)
    assert made.ends - made.at == timedelta(seconds=seconds)
    return [InHand(one.decision, one.priority, one.attempts, made.name, made.ends) for one in made.decisions]


def ids(claimed: Sequence[InHand]) -> list[int]:
    return [int(one.decision.decision_id.partition("/")[2]) for one in claimed]


async def end_the_leases(redis: Redis) -> None:
    """As if they had ended a second ago."""
    held: Any = await redis.zrange(LEASES, 0, -1)
    for member in held:
        await redis.zadd(LEASES, {member: datetime.now(UTC).timestamp() - 1})


async def test_the_most_urgent_first_and_the_oldest_of_these(redis: Redis) -> None:
    await queue(redis, 1, 2, priority=5)
    await queue(redis, 3, priority=9)
    await queue(redis, 5, 4, priority=0)

    assert ids(await claim(redis, 2)) == [5, 4]
    assert ids(await claim(redis)) == [1, 2, 3]
    assert await claim(redis) == []


async def test_it_stands_in_redis_as_other_programs_know_it(redis: Redis) -> None:
    before = datetime.now(UTC).timestamp() - 1
    await queue(redis, 7, npc_id=3)

    found: Any = await redis.zrange("npc:decisions:5", 0, -1, withscores=True)
    [(member, score)] = found
    assert json.loads(member) == {"npc_id": 3, "world_id": "w", "decision_id": "w/7"}
    assert before < score < before + 60
    assert await redis.ttl("npc:decisions:5") == -1


async def test_what_is_claimed_is_nobody_elses_until_the_lease_ends(redis: Redis) -> None:
    await queue(redis, 1, 2)
    [first] = await claim(redis, 1)

    assert ids(await claim(redis)) == [2]
    assert timedelta(seconds=55) < first.lease_ends - datetime.now(UTC) < timedelta(seconds=61)

    await end_the_leases(redis)

    again = await claim(redis)
    assert ids(again) == [1, 2]
    assert [one.attempts for one in again] == [2, 2]


async def test_what_is_acknowledged_never_comes_back(redis: Redis) -> None:
    await queue(redis, 1)
    [one] = await claim(redis)

    assert await decisions.acknowledge(redis, one.decision, one.claim)

    await end_the_leases(redis)
    assert await claim(redis) == []
    assert not await decisions.acknowledge(redis, one.decision, one.claim)
    left = [key async for key in redis.scan_iter("npc:decisions:*")]
    assert left == []


async def test_what_is_given_back_comes_at_once_in_its_old_place(redis: Redis) -> None:
    await queue(redis, 1, 2)
    [one] = await claim(redis, 1)

    assert await decisions.give_back(redis, one.decision, one.claim)
    assert not await decisions.give_back(redis, one.decision, one.claim)

    assert ids(await claim(redis)) == [1, 2]


async def test_who_comes_too_late_takes_nothing_from_who_has_it_now(redis: Redis) -> None:
    await queue(redis, 1)
    [late] = await claim(redis)
    await end_the_leases(redis)
    [now] = await claim(redis)

    assert not await decisions.acknowledge(redis, late.decision, late.claim)
    assert not await decisions.give_back(redis, late.decision, late.claim)
    assert await decisions.acknowledge(redis, now.decision, now.claim)


async def test_who_is_done_after_the_lease_is_done_while_nobody_else_has_it(redis: Redis) -> None:
    await queue(redis, 1, 2)
    [one, two] = await claim(redis)
    await end_the_leases(redis)
    assert await decisions.acknowledge(redis, one.decision, one.claim)
    await queue(redis, 3)
    assert ids(await claim(redis, 1)) == [2]
    await decisions.give_back(redis, two.decision, two.claim)

    await end_the_leases(redis)
    assert ids(await claim(redis)) == [2, 3]


async def test_the_same_decision_does_not_come_twice_and_equal_ones_do(redis: Redis) -> None:
    await queue(redis, 1, 1, 2)
    await queue(redis, 1)
    [one, two] = await claim(redis)
    await queue(redis, 1, 2)

    assert await claim(redis) == []
    assert one.decision.npc_id == two.decision.npc_id


async def test_one_that_waits_already_may_become_more_urgent(redis: Redis) -> None:
    await queue(redis, 1, 2, priority=5)
    await queue(redis, 2, priority=1)

    assert [(one.priority, *ids([one])) for one in await claim(redis)] == [(1, 2), (5, 1)]


async def test_an_npc_and_a_world_get_their_own(redis: Redis) -> None:
    await queue(redis, *range(1, 251), npc_id=1)
    await queue(redis, 251, npc_id=2)
    await queue(redis, 252, npc_id=2, priority=0)
    await queue(redis, 253, npc_id=2, world_id="v")

    assert ids(await claim(redis, npc_id=2, worlds=["w"])) == [252, 251]
    assert ids(await claim(redis, worlds=["u", "v"])) == [253]
    assert await claim(redis, npc_id=2) == []
    assert await claim(redis, worlds=[]) == []
    assert len(await claim(redis, 1000)) == 250


async def test_what_other_programs_queue_is_left_to_them(redis: Redis) -> None:
    others = {b'{"npc_id": 4, "action": "raid"}': 1.0, b"[": 2.0, b"7": 3.0}
    await redis.zadd("npc:decisions:5", others)
    await queue(redis, 1)

    assert ids(await claim(redis)) == [1]
    assert await redis.zcard("npc:decisions:5") == 3


async def test_what_another_program_took_out_is_not_given_again(redis: Redis) -> None:
    await queue(redis, 1, 2)
    await redis.zpopmin("npc:decisions:5")

    assert ids(await claim(redis, npc_id=1)) == [2]


async def test_something_else_under_a_key_is_told(redis: Redis) -> None:
    await redis.set("npc:decisions:5", "no queue")

    with pytest.raises(UnreadableError, match="something else under 'npc:decisions:"):
        await queue(redis, 1)
    with pytest.raises(UnreadableError):
        await claim(redis)
    await redis.delete("npc:decisions:5")


async def test_places_are_taken_again_as_the_database_remembers_them(redis: Redis) -> None:
    now = datetime.now(UTC)
    early, soon, over = now - timedelta(hours=1), now + timedelta(minutes=1), now - timedelta(minutes=1)
    await queue(redis, 1)
    await decisions.queue(
        redis,
        [
            Place(waiting(2), 5, queued_at=early),
            Place(waiting(3), 5, early, claim="mine", lease_ends=soon),
            Place(waiting(4), 5, early, claim="mine", lease_ends=over),
        ],
    )

    assert ids(await claim(redis)) == [2, 4, 1]
    assert await decisions.acknowledge(redis, waiting(3), "mine")


async def test_it_is_known_when_the_queue_has_to_be_filled_again(redis: Redis) -> None:
    run = await decisions.to_be_filled(redis)
    assert run is not None
    await decisions.filled(redis, run)
    assert await decisions.to_be_filled(redis) is None

    await redis.set(decisions.FILLED, "another run of the server")
    assert await decisions.to_be_filled(redis) == run


async def test_workers_that_race_do_each_decision_once(redis: Redis, stores: Stores) -> None:
    await queue(redis, *range(200))

    done = await asyncio.gather(*(_work(stores, "on") for _ in range(2)))

    found = [line for lines in done for line in lines]
    assert sorted(found) == sorted(f"w/{number}" for number in range(200))
    assert [key async for key in redis.scan_iter("npc:decisions:*")] == []


async def test_a_worker_that_is_killed_loses_nothing(redis: Redis, stores: Stores) -> None:
    await queue(redis, 1, 2, 3)
    process = await _start(stores, "once")
    assert process.stdout is not None
    in_hand = await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    await process.wait()

    assert in_hand.strip() == b"w/1"
    assert await _work(stores, "on") == ["w/2", "w/3"]  # its lease goes on

    await end_the_leases(redis)
    assert await _work(stores, "on") == ["w/1"]


async def _start(stores: Stores, how: str) -> asyncio.subprocess.Process:
    options = stores.redis.connection_pool.connection_kwargs
    url = f"unix://{options['path']}?db={options.get('db', 0)}"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, url, how, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )


async def _work(stores: Stores, how: str) -> list[str]:
    process = await _start(stores, how)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode().splitlines()
