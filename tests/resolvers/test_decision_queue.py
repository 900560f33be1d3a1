"""The queue of decisions: each is carried out once, by who has it in hand, and none is lost with Redis."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from db.hot.decisions import LEASES
from db.hot.filling import fill
from db.viewer import ADMIN, Role, Viewer
from tests.asking import Ask
from tests.world import Npc, World

DECISION = "... on Decision { decisionId priority executed executionResult executionCompletedAt }"
FIELDS = {
    "queueDecision": DECISION,
    "acknowledgeDecision": DECISION,
    "returnDecision": DECISION,
    "claimDecisions": """... on DecisionClaim { claim leaseEnds decisions {
        priority attempts decision { decisionId npc { npcId } world { worldId } } } }""",
}


async def do(ask: Ask, viewer: Npc | Viewer, mutation: str, **given: Any) -> dict[str, Any]:
    """What becomes of a mutation."""
    kind = mutation[0].upper() + mutation[1:]
    query = f"""mutation ($input: {kind}Input!) {{
        {mutation}(input: $input) {{ {FIELDS[mutation]} ... on Refusal {{ code message }} }} }}"""
    result: dict[str, Any] = (await ask(query, viewer=viewer, input=given))[mutation]
    return result


class Queue:
    """The decisions of a world, and what becomes of them."""

    def __init__(self, world: World, ask: Ask) -> None:
        self.world, self.ask = world, ask

    async def queue(self, npc: Npc, decision: int, priority: int = 5, **more: Any) -> dict[str, Any]:
        return await self._do("queueDecision", more.pop("viewer", npc), decision, priority=priority, **more)

    async def claim(self, viewer: Npc | Viewer = ADMIN, **more: Any) -> tuple[str, list[int]]:
        """The claim, and the decisions that are in hand now."""
        given = {"worldId": self.world.world_id, "first": 100} | more
        made = await do(self.ask, viewer, "claimDecisions", **given)
        return made["claim"], [one["decision"]["decisionId"] for one in made["decisions"]]

    async def acknowledge(self, viewer: Npc | Viewer, decision: int, claim: str, **more: Any) -> Any:
        return await self._do("acknowledgeDecision", viewer, decision, claim=claim, **more)

    async def give_back(self, viewer: Npc | Viewer, decision: int, claim: str) -> Any:
        return await self._do("returnDecision", viewer, decision, claim=claim)

    async def _do(self, mutation: str, viewer: Npc | Viewer, decision: int, **more: Any) -> dict[str, Any]:
        where = {"worldId": self.world.world_id, "decisionId": decision}
        return await do(self.ask, viewer, mutation, **where, **more)


@pytest.fixture
async def redis(ask: Ask) -> Redis:
    """An empty one."""
    await ask.stores.redis.flushdb()
    return ask.stores.redis


@pytest.fixture
def queue(world: World, ask: Ask, redis: Redis) -> Queue:
    return Queue(world, ask)


async def end_the_leases(world: World, redis: Redis) -> None:
    """As if they had ended a second ago."""
    await world.run("UPDATE decision_claims SET claimed_at = now() - interval '2 s', "
                    "claimed_until = now() - interval '1 s' WHERE world_id = $1", world.world_id)  # fmt: skip
    held: Any = await redis.zrange(LEASES, 0, -1)
    for member in held:
        await redis.zadd(LEASES, {member: datetime.now(UTC).timestamp() - 1})


async def test_a_decision_is_queued_claimed_and_carried_out(world: World, queue: Queue) -> None:
    bela = await world.npc("Bela")
    decision = await world.decision(bela)

    queued = await queue.queue(bela, decision, priority=3)
    claim, in_hand = await queue.claim(bela)
    done = await queue.acknowledge(bela, decision, claim, result={"sent": True})

    assert (queued["priority"], queued["executed"]) == (3, False)
    assert in_hand == [decision]
    assert (done["executed"], done["executionResult"]) == (True, {"sent": True})
    assert done["executionCompletedAt"] is not None
    assert (await queue.claim())[1] == []


async def test_what_comes_in_a_claim(world: World, queue: Queue, ask: Ask) -> None:
    bela = await world.npc("Bela")
    decision = await world.decision(bela)
    await queue.queue(bela, decision, priority=0)

    made = await do(ask, bela, "claimDecisions", leaseSeconds=3600)

    [one] = made["decisions"]
    assert one == {
        "priority": 0,
        "attempts": 1,
        "decision": {
            "decisionId": decision,
            "npc": {"npcId": bela.npc_id},
            "world": {"worldId": world.world_id},
        },
    }
    ends = datetime.fromisoformat(made["leaseEnds"])
    assert 3590 < (ends - datetime.now(UTC)).total_seconds() < 3610


async def test_the_most_urgent_first_then_the_oldest(world: World, queue: Queue) -> None:
    bela = await world.npc("Bela")
    first, second, third = [await world.decision(bela) for _ in range(3)]
    for decision, priority in ((second, 5), (first, 5), (third, 4)):
        await queue.queue(bela, decision, priority)

    assert (await queue.claim(first=2))[1] == [third, first]
    assert (await queue.claim())[1] == [second]


async def test_what_is_returned_or_not_acknowledged_in_time_comes_back(
    world: World, queue: Queue, redis: Redis
) -> None:
    bela = await world.npc("Bela")
    one, two = [await world.decision(bela) for _ in range(2)]
    for decision in (one, two):
        await queue.queue(bela, decision)
    claim, _ = await queue.claim(bela)

    assert (await queue.give_back(bela, one, claim))["executed"] is False
    assert (await queue.give_back(bela, one, claim))["code"] == "NOT_CLAIMED"
    again, in_hand = await queue.claim(bela)
    assert in_hand == [one]

    await end_the_leases(world, redis)
    last, in_hand = await queue.claim(bela)
    assert in_hand == [one, two]
    for late in (claim, again):
        assert (await queue.acknowledge(bela, two, late))["code"] == "NOT_CLAIMED"
    assert (await queue.acknowledge(bela, two, last))["executed"] is True
    assert (await queue.acknowledge(bela, two, last))["code"] == "ALREADY_EXECUTED"


async def test_everybody_gets_what_is_theirs(world: World, new_world: Any, queue: Queue, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    elsewhere = await new_world()
    cili = await elsewhere.npc("Cili")
    of_bela, of_otto = await world.decision(bela), await world.decision(otto)
    of_cili = await elsewhere.decision(cili)
    await queue.queue(bela, of_bela)
    await queue.queue(otto, of_otto)
    await Queue(elsewhere, ask).queue(cili, of_cili)
    game = Viewer(Role.GAME, worlds=frozenset([world.world_id]))

    other = await do(ask, bela, "claimDecisions", npcId=otto.npc_id)
    nobodys = await do(ask, Viewer(Role.BRAIN, None), "claimDecisions")
    foreign = await do(ask, game, "claimDecisions", worldId=elsewhere.world_id)
    assert [one["code"] for one in (other, nobodys, foreign)] == ["NOT_YOURS", "NOT_YOURS", "NOT_FOUND"]
    assert (await queue.claim(bela, worldId=None))[1] == [of_bela]
    assert (await queue.claim(game, worldId=None))[1] == [of_otto]
    assert (await queue.claim(worldId=None, npcId=cili.npc_id))[1] == [of_cili]


async def test_the_decisions_of_others_are_not_there(world: World, queue: Queue) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    decision = await world.decision(bela)
    claim = str(uuid4())

    assert (await queue.queue(bela, decision, viewer=otto))["code"] == "NOT_FOUND"
    assert (await queue.queue(bela, 999_999_999))["code"] == "NOT_FOUND"
    assert (await queue.acknowledge(otto, decision, claim))["code"] == "NOT_FOUND"
    assert (await queue.give_back(otto, decision, claim))["code"] == "NOT_FOUND"
    assert (await queue.acknowledge(bela, decision, claim))["code"] == "NOT_CLAIMED"


async def test_what_was_carried_out_is_not_queued_again(world: World, queue: Queue) -> None:
    bela = await world.npc("Bela")
    decision = await world.decision(bela, executed=True)

    assert (await queue.queue(bela, decision))["code"] == "ALREADY_EXECUTED"
    assert (await queue.claim())[1] == []


async def test_what_was_carried_out_by_others_meanwhile_is_not_given_out(world: World, queue: Queue) -> None:
    bela = await world.npc("Bela")
    done, waits = [await world.decision(bela) for _ in range(2)]
    for decision in (done, waits):
        await queue.queue(bela, decision)
    await world.run("UPDATE npc_decisions SET executed = true WHERE world_id = $1 AND id = $2",
                    world.world_id, done)  # fmt: skip

    assert (await queue.claim())[1] == [waits]


async def test_an_emptied_redis_loses_nothing_and_gives_nothing_out_twice(
    world: World, queue: Queue, redis: Redis
) -> None:
    bela = await world.npc("Bela")
    in_hand, waits, loaded, done = [await world.decision(bela) for _ in range(4)]
    await queue.queue(bela, in_hand, priority=0)
    claim, _ = await queue.claim(bela)
    await queue.queue(bela, waits)
    await queue.queue(bela, done)
    await world.run("UPDATE npc_decisions SET priority = 1 WHERE world_id = $1 AND id = $2",
                    world.world_id, loaded)  # fmt: skip
    await world.run("UPDATE npc_decisions SET executed = true WHERE world_id = $1 AND id = $2",
                    world.world_id, done)  # fmt: skip
    await redis.flushdb()

    assert (await queue.claim())[1] == [loaded, waits]
    assert (await queue.acknowledge(bela, in_hand, claim))["executed"] is True

    await redis.flushdb()
    await end_the_leases(world, redis)
    assert (await queue.claim())[1] == [loaded, waits]


async def test_a_lost_lease_is_known_to_the_database(world: World, queue: Queue, redis: Redis) -> None:
    bela = await world.npc("Bela")
    decision = await world.decision(bela)
    await queue.queue(bela, decision)
    claim, _ = await queue.claim(bela)
    await redis.zadd(LEASES, {f"{world.world_id}/{decision}": 1})  # as if it were over, which it is not

    assert (await queue.claim())[1] == []
    assert (await queue.claim())[1] == []
    assert (await queue.acknowledge(bela, decision, claim))["executed"] is True


async def test_filling_changes_nothing_where_all_is_well(
    world: World, queue: Queue, redis: Redis, ask: Ask
) -> None:
    bela = await world.npc("Bela")
    one, two = [await world.decision(bela) for _ in range(2)]
    for decision in (one, two):
        await queue.queue(bela, decision)
    await queue.claim(bela, first=1)

    async with ask.stores.main.acquire() as conn, conn.transaction():
        assert await fill(conn, redis) >= 2

    assert (await queue.claim())[1] == [two]


async def test_many_claim_at_once(world: World, queue: Queue) -> None:
    bela = await world.npc("Bela")
    decisions = [await world.decision(bela) for _ in range(20)]
    for decision in decisions:
        await queue.queue(bela, decision)

    claimed = await asyncio.gather(*(queue.claim(first=3) for _ in range(10)))

    assert sorted(one for _, some in claimed for one in some) == decisions


async def test_a_claim_that_is_sent_again_gives_the_same(world: World, queue: Queue, ask: Ask) -> None:
    bela = await world.npc("Bela")
    for _ in range(2):
        await queue.queue(bela, await world.decision(bela))
    given = {"first": 1, "idempotencyKey": "a claim"}

    first, again = [await do(ask, bela, "claimDecisions", **given) for _ in range(2)]

    assert first == again
    assert len(first["decisions"]) == 1


@pytest.mark.parametrize(
    ("mutation", "bad", "says"),
    [
        (
            "queueDecision",
            {"worldId": "w", "decisionId": 1, "priority": 10},
            "priority must be between 0 and 9",
        ),
        ("claimDecisions", {"first": 0}, "first must be between 1 and 100"),
        ("claimDecisions", {"leaseSeconds": 0}, "leaseSeconds must be between 1 and 3,600"),
        ("claimDecisions", {"worldId": "w" * 51}, "worldId must have at most 50 characters"),
        (
            "acknowledgeDecision",
            {"worldId": "w", "decisionId": 1, "claim": str(uuid4()), "result": 7},
            "result must be an object",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused(
    ask: Ask, mutation: str, bad: dict[str, Any], says: str
) -> None:
    kind = mutation[0].upper() + mutation[1:]
    answer = await ask.anyway(
        f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename }} }}", input=bad
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert says in answer.messages[0]


async def test_while_redis_is_down_what_is_done_stays_done(world: World, queue: Queue, ask: Ask) -> None:
    bela = await world.npc("Bela")
    one, two, three = [await world.decision(bela) for _ in range(3)]
    for decision in (one, two):
        await queue.queue(bela, decision)
    claim, _ = await queue.claim(bela)
    nowhere = Redis.from_url("unix:///nowhere/valkey.sock", retry=None)
    alone = Queue(world, Ask(replace(ask.stores, redis=nowhere), ask.analyses))

    assert (await alone.acknowledge(bela, one, claim))["executed"] is True
    assert (await alone.give_back(bela, two, claim))["executed"] is False
    for mutation, given in (
        ("claimDecisions", {}),
        ("queueDecision", {"worldId": world.world_id, "decisionId": three}),
    ):
        kind = mutation[0].upper() + mutation[1:]
        query = f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
        assert (await alone.ask.anyway(query, input=given)).codes == ["STORE_UNAVAILABLE"]

    await queue.queue(bela, three)  # asked for again, it waits
    assert (await queue.claim())[1] == [three]
