"""The live state of an NPC: in each world, and in the one it was last told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.batches import fetch
from db.connection import Stores
from db.hot import npc_states
from db.hot.npc_states import IN_WORLD, LAST, LiveStateRow
from db.main.npcs import Strategy
from db.outages import StoreUnavailableError
from db.paging import Ask
from db.viewer import ADMIN, Role, Viewer

AT = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
STATE = LiveStateRow("one", 7101, 3, 2500, 12, 900, AT, Strategy.MILITARY, AT)


async def test_a_state_is_found_in_its_world_and_as_the_last(stores: Stores) -> None:
    elsewhere = replace(STATE, world_id="two", rank=None, last_decision=None, current_strategy=None)
    await npc_states.put(stores.redis, STATE)
    await npc_states.put(stores.redis, elsewhere)

    in_worlds = [(ADMIN, (world, 7101)) for world in ("one", "two", "three")]
    assert await fetch(stores, IN_WORLD, Ask(), in_worlds) == [[STATE], [elsewhere], []]
    assert await fetch(stores, LAST, Ask(), [(ADMIN, (7101,)), (ADMIN, (7102,))]) == [[elsewhere], []]


async def test_it_stands_in_redis_as_other_programs_know_it(stores: Stores) -> None:
    await npc_states.put(stores.redis, STATE)

    found = await stores.redis.hgetall("npc:state:7101")
    assert {name: found[name] for name in (b"villages", b"population", b"rank", b"offensive_power")} == {
        b"villages": b"3",
        b"population": b"2500",
        b"rank": b"12",
        b"offensive_power": b"900",
    }
    assert found[b"current_strategy"] == b"military"
    assert 290 < await stores.redis.ttl("npc:state:7101") <= 300
    assert 290 < await stores.redis.ttl("npc:state:7101:one") <= 300


async def test_what_was_told_before_does_not_shine_through(stores: Stores) -> None:
    await npc_states.put(stores.redis, STATE)
    await npc_states.put(stores.redis, replace(STATE, rank=None))

    [[found]] = await fetch(stores, LAST, Ask(), [(ADMIN, (7101,))])  # type: ignore[misc]
    assert found.rank is None


async def test_only_its_own_is_looked_up(stores: Stores) -> None:
    await npc_states.put(stores.redis, STATE)
    viewers = [Viewer(Role.BRAIN, 7101), Viewer(Role.BRAIN, 7), Viewer(Role.VIEWER), Viewer(Role.GAME)]

    assert await fetch(stores, LAST, Ask(), [(one, (7101,)) for one in viewers]) == [[STATE], [], [], [STATE]]


@pytest.mark.parametrize(
    "fields",
    [{"villages": "many"}, {"current_strategy": "sleep"}, {"reported_at": "noon"}, {"world_id": b"\xff"}],
)
async def test_what_is_no_state_is_told_of_that_one_alone(stores: Stores, fields: dict[str, str]) -> None:
    await npc_states.put(stores.redis, STATE)
    await npc_states.put(stores.redis, replace(STATE, npc_id=7103))
    await stores.redis.hset("npc:state:7103", mapping=fields)  # type: ignore[arg-type]
    await stores.redis.set("npc:state:7104", "a text")

    good, bad, wrong = await fetch(stores, LAST, Ask(), [(ADMIN, (one,)) for one in (7101, 7103, 7104)])

    assert good == [STATE]
    for error, key in ((bad, "npc:state:7103"), (wrong, "npc:state:7104")):
        assert isinstance(error, StoreUnavailableError)
        assert str(error) == f"Redis holds something else under '{key}' than belongs there: remove it."
