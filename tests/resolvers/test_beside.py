"""What is kept in Redis alone: told and asked by those who may, many at once, and missed by nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from db.hot import minute_metrics, sessions
from db.hot.minute_metrics import Decided
from db.viewer import ADMIN, Role, Viewer
from tests.asking import Ask
from tests.round_trips import round_trips
from tests.world import Npc, World

FIELDS = {
    "reportLiveState": "... on LiveState { villages rank currentStrategy npc { npcId } world { worldId } }",
    "heartbeat": "... on Session { npcId npc { npcId } }",
    "spendLlmCall": "... on LlmAllowance { most left refillsAt }",
    "keepLlmResponse": "... on LlmResponse { asked response }",
}
OF_NPC = """query ($npc: Int!, $world: String) { npc(npcId: $npc) {
    name liveState(worldId: $world) { population reportedAt world { worldId } } session { npcId } online
    llmAllowance { left } llmResponse(asked: "What now?") { response } } }"""


async def do(ask: Ask, viewer: Npc | Viewer, mutation: str, **given: Any) -> dict[str, Any]:
    """What becomes of a mutation."""
    kind = mutation[0].upper() + mutation[1:]
    query = f"""mutation ($input: {kind}Input!) {{
        {mutation}(input: $input) {{ {FIELDS[mutation]} ... on Refusal {{ code message }} }} }}"""
    result: dict[str, Any] = (await ask(query, viewer=viewer, input=given))[mutation]
    return result


def a_state(world: World, npc: Npc, **more: Any) -> dict[str, Any]:
    return {
        "worldId": world.world_id,
        "npcId": npc.npc_id,
        "villages": 3,
        "population": 2500,
        "offensivePower": 90,
    } | more


def everything(world: World, npc: Npc) -> dict[str, dict[str, Any]]:
    """The inputs of all of them, about an NPC."""
    return {
        "reportLiveState": a_state(world, npc),
        "heartbeat": {"npcId": npc.npc_id},
        "spendLlmCall": {"npcId": npc.npc_id, "calls": 3},
        "keepLlmResponse": {"npcId": npc.npc_id, "asked": "What now?", "response": {"text": "Wait."}},
    }


async def of_npc(ask: Ask, viewer: Npc | Viewer, npc: Npc, world: World | None = None) -> dict[str, Any]:
    asked = await ask(OF_NPC, viewer=viewer, npc=npc.npc_id, world=world and world.world_id)
    found: dict[str, Any] = asked["npc"]
    return found


async def test_what_is_told_is_found(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    told = {name: await do(ask, bela, name, **given) for name, given in everything(world, bela).items()}

    assert told["reportLiveState"] == {
        "villages": 3, "rank": None, "currentStrategy": None,
        "npc": {"npcId": bela.npc_id}, "world": {"worldId": world.world_id},
    }  # fmt: skip
    assert told["heartbeat"] == {"npcId": bela.npc_id, "npc": {"npcId": bela.npc_id}}
    assert (told["spendLlmCall"]["most"], told["spendLlmCall"]["left"]) == (10, 7)
    for viewer in (bela, ADMIN, Viewer(Role.GAME)):
        found = await of_npc(ask, viewer, bela)
        assert found.pop("name") == bela.name
        assert found["liveState"].pop("reportedAt") is not None
        assert found == {
            "liveState": {"population": 2500, "world": {"worldId": world.world_id}},
            "session": {"npcId": bela.npc_id},
            "online": True,
            "llmAllowance": {"left": 7},
            "llmResponse": {"response": {"text": "Wait."}},
        }


async def test_nothing_of_it_is_seen_by_others(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    others = (otto, Viewer(Role.BRAIN, None))
    before = [await of_npc(ask, other, bela) for other in others]
    for name, given in everything(world, bela).items():
        await do(ask, bela, name, **given)

    assert [await of_npc(ask, other, bela) for other in others] == before
    hidden = {"liveState": None, "session": None, "online": None, "llmAllowance": None, "llmResponse": None}
    assert before[0] == {"name": bela.name} | hidden


async def test_who_is_not_there_is_offline_and_has_all_calls(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    found = await of_npc(ask, bela, bela)
    assert (found["online"], found["session"], found["liveState"]) == (False, None, None)
    assert found["llmAllowance"] == {"left": 10}


async def test_only_for_ones_own_npc(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    nobody = replace(bela, npc_id=999_999)
    for name, given in everything(world, bela).items():
        assert (await do(ask, otto, name, **given))["code"] == "NOT_YOURS"
    for name, given in everything(world, nobody).items():
        assert (await do(ask, ADMIN, name, **given))["code"] == "NOT_FOUND"
    elsewhere = await do(ask, ADMIN, "reportLiveState", **a_state(world, bela, worldId="nowhere"))
    assert elsewhere["code"] == "NOT_FOUND"
    assert (await of_npc(ask, ADMIN, bela))["llmAllowance"] == {"left": 10}


@pytest.mark.parametrize(
    ("name", "bad", "says"),
    [
        ("reportLiveState", {"villages": -1}, "villages must be between 0 and"),
        ("reportLiveState", {"rank": 0}, "rank must be between 1 and"),
        ("reportLiveState", {"population": -1}, "population must be between 0 and"),
        ("reportLiveState", {"offensivePower": -1}, "offensivePower must be between 0 and"),
        ("reportLiveState", {"worldId": "w" * 51}, "worldId must have at most 50 characters"),
        ("reportLiveState", {"lastDecision": "0001-01-01"}, "lastDecision must lie between the years"),
        ("spendLlmCall", {"calls": 0}, "calls must be between 1 and 10"),
        ("spendLlmCall", {"calls": 11}, "calls must be between 1 and 10"),
        ("keepLlmResponse", {"response": [1]}, "response must be an object"),
        ("keepLlmResponse", {"response": {"text": "x" * 33_000}}, "at most 32768 bytes"),
        ("keepLlmResponse", {"seconds": 0}, "seconds must be between 1 and"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    world: World, ask: Ask, name: str, bad: dict[str, Any], says: str
) -> None:
    bela = await world.npc("Bela")
    kind = name[0].upper() + name[1:]
    answer = await ask.anyway(
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename }} }}",
        input=everything(world, bela)[name] | bad,
    )

    assert answer.codes == ["BAD_USER_INPUT"]
    assert says in answer.messages[0]


async def test_ten_calls_a_minute_and_no_more(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    for _ in range(3):
        await do(ask, bela, "spendLlmCall", npcId=bela.npc_id, calls=3)

    refused = await do(ask, bela, "spendLlmCall", npcId=bela.npc_id, calls=2)

    assert refused["code"] == "ALLOWANCE_SPENT"
    assert refused["message"].startswith("Of 10 calls a minute 1 are left: ask again at ")
    assert (await do(ask, bela, "spendLlmCall", npcId=bela.npc_id))["left"] == 0


async def test_what_is_sent_again_under_its_key_is_spent_once(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    given = {"npcId": bela.npc_id, "calls": 4, "idempotencyKey": "the same"}

    first, again = [await do(ask, bela, "spendLlmCall", **given) for _ in range(2)]

    assert first == again
    assert (await of_npc(ask, bela, bela))["llmAllowance"] == {"left": 6}
    for name, more in everything(world, bela).items():
        keyed = more | {"idempotencyKey": f"{name} again"}
        assert await do(ask, bela, name, **keyed) == await do(ask, bela, name, **keyed)


async def test_a_state_is_of_its_world_and_the_last_of_all(
    world: World, new_world: Any, ask: Ask, redis: Redis
) -> None:
    other = await new_world()
    bela = await world.npc("Bela")
    row = {"npc_id": bela.npc_id, "player_id": 1, "name": "Bela", "tribe": "Gauls"}
    await other._insert("players", row)
    await do(ask, bela, "reportLiveState", **a_state(world, bela))
    await do(ask, bela, "reportLiveState", **a_state(other, bela, population=7))

    assert (await of_npc(ask, bela, bela))["liveState"]["population"] == 7
    assert (await of_npc(ask, bela, bela, world))["liveState"]["population"] == 2500


async def test_an_answer_is_kept_as_long_as_the_npc_may_decide_by_it(
    world: World, ask: Ask, redis: Redis
) -> None:
    bela, rash = await world.npc("Bela"), await world.npc("Rash")
    await world.run("UPDATE npcs SET decision_cache_ttl = 100 WHERE id = $1", bela.npc_id)
    await world.run("UPDATE npcs SET decision_cache_ttl = 0 WHERE id = $1", rash.npc_id)
    await redis.flushdb()
    given = {"asked": "What now?", "response": {}}
    await do(ask, bela, "keepLlmResponse", npcId=bela.npc_id, **given)
    await do(ask, rash, "keepLlmResponse", npcId=rash.npc_id, **given)

    [key] = [key async for key in redis.scan_iter("llm:response:*")]
    assert 90 < await redis.ttl(key) <= 100
    await do(ask, bela, "keepLlmResponse", npcId=bela.npc_id, seconds=9, **given)
    assert 0 < await redis.ttl(key) <= 9


async def test_a_list_of_npcs_costs_one_round_trip_for_each_field(world: World, ask: Ask) -> None:
    npcs = [await world.npc(f"N{number}") for number in range(12)]
    for npc in npcs:
        for name in ("reportLiveState", "heartbeat"):
            await do(ask, npc, name, **everything(world, npc)[name])
    for field in (
        "liveState { population }",
        "liveState(worldId: $world) { population }",
        "session { npcId }",
        "online",
        "llmAllowance { left }",
        'llmResponse(asked: "x") { asked }',
    ):
        given = "($world: String!)"
        query = f"query {given} {{ world(worldId: $world) {{ npcs(first: 12) {{ nodes {{ {field} }} }} }} }}"
        with round_trips() as sent:
            found = await ask(query, world=world.world_id)
        assert len(found["world"]["npcs"]["nodes"]) == 12
        assert len(sent) == 1, field


SESSIONS = "query ($first: Int! = 20) { sessionsOnline(first: $first) { npcId npc { name } } }"


async def test_who_is_online(world: World, ask: Ask, redis: Redis) -> None:
    await redis.delete(sessions.EVERYBODY)
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    for npc in (bela, otto):
        await do(ask, npc, "heartbeat", npcId=npc.npc_id)
    told = [{"npcId": npc.npc_id, "npc": {"name": npc.name}} for npc in (otto, bela)]

    assert (await ask(SESSIONS))["sessionsOnline"] == told
    assert (await ask(SESSIONS, first=1))["sessionsOnline"] == told[:1]
    assert (await ask(SESSIONS, viewer=bela))["sessionsOnline"] == told[1:]
    assert (await ask(SESSIONS, viewer=bela, first=0))["sessionsOnline"] == []
    assert (await ask(SESSIONS, viewer=Viewer(Role.BRAIN, 999_999)))["sessionsOnline"] == []
    await redis.delete(sessions.EVERYBODY)


async def test_a_game_is_shown_what_is_of_its_worlds(
    world: World, new_world: Any, ask: Ask, redis: Redis
) -> None:
    await redis.delete(sessions.EVERYBODY)
    other = await new_world()
    bela, cili = await world.npc("Bela"), await other.npc("Cili")
    for where, npc in ((world, bela), (other, cili)):
        for name, given in everything(where, npc).items():
            await do(ask, npc, name, **given)
    game = Viewer(Role.GAME, worlds=frozenset([world.world_id]))

    assert [one["npcId"] for one in (await ask(SESSIONS, viewer=game))["sessionsOnline"]] == [bela.npc_id]
    assert (await do(ask, game, "heartbeat", npcId=cili.npc_id))["code"] == "NOT_FOUND"
    assert (await of_npc(ask, game, bela))["liveState"] is not None
    await other._insert("players", {"npc_id": bela.npc_id, "player_id": 9, "name": "B", "tribe": "Gauls"})
    await do(ask, bela, "reportLiveState", **a_state(other, bela))
    assert (await of_npc(ask, game, bela))["liveState"] is None
    assert (await of_npc(ask, game, bela, other))["liveState"] is None
    assert (await of_npc(ask, game, bela, world))["liveState"] is not None


METRICS = """query ($minutes: Int! = 3) { decisionMetrics(minutes: $minutes) {
    minute total llmUsed ruleUsed avgLatency } }"""


async def test_decisions_by_minute(ask: Ask, redis: Redis) -> None:
    now = datetime.now(UTC)
    await minute_metrics.note(redis, [Decided(now, True, 50), Decided(now, False)], now)

    found = (await ask(METRICS))["decisionMetrics"]

    assert len(found) == 3
    assert next(one for one in found if one["total"]) | {"minute": ""} == {
        "minute": "", "total": 2, "llmUsed": 1, "ruleUsed": 1, "avgLatency": 50.0,
    }  # fmt: skip
    for other in (Viewer(Role.VIEWER), Viewer(Role.BRAIN, 1), Viewer(Role.GAME)):
        assert (await ask.anyway(METRICS, viewer=other)).codes == ["FORBIDDEN"]
    for minutes in (0, 61):
        assert (await ask.anyway(METRICS, minutes=minutes)).codes == ["BAD_USER_INPUT"]


@pytest.fixture
async def redis(ask: Ask) -> Redis:
    """The Redis of this worker, in which no decisions are counted yet."""
    keys = [key async for key in ask.stores.redis.scan_iter("metrics:decisions:*")]
    if keys:
        await ask.stores.redis.delete(*keys)
    return ask.stores.redis


RECORD = """mutation ($input: RecordDecisionInput!, $events: IngestInput!) {
    recordDecision(input: $input) { __typename } ingest(input: $events) { __typename } }"""


async def test_decisions_are_counted_as_they_are_recorded(world: World, ask: Ask, redis: Redis) -> None:
    bela = await world.npc("Bela")
    one = {"npcId": bela.npc_id, "decisionType": "TACTICAL", "situationSummary": "Rain.", "finalDecision": {}}
    events = [
        {"decision": one | {"usedLlm": True, "decisionLatencyMs": 30}},
        {"decision": one | {"npcId": 999_999}},
        {"memory": {"npcId": bela.npc_id, "memoryType": "TRADE", "eventData": {}}},
    ]
    where = {"worldId": world.world_id}
    given = {"input": one | where | {"idempotencyKey": "one"}, "events": {"events": events} | where}

    await ask(RECORD, viewer=bela, **given)
    await ask(RECORD, viewer=bela, **given)  # the first is made once, as it has a key

    found = (await ask(METRICS))["decisionMetrics"]
    told = [sum(minute[name] for minute in found) for name in ("total", "llmUsed", "ruleUsed")]
    assert told == [3, 2, 1]
    assert {minute["avgLatency"] for minute in found} - {None} == {30.0}


async def test_decisions_are_recorded_while_redis_is_down(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    nowhere = Redis.from_url("unix:///nowhere/valkey.sock", retry=None)
    alone = Ask(replace(ask.stores, redis=nowhere), ask.analyses)
    one = {"npcId": bela.npc_id, "decisionType": "TACTICAL", "situationSummary": "Rain.", "finalDecision": {}}
    query = "mutation ($input: RecordDecisionInput!) { recordDecision(input: $input) { __typename } }"

    done = await alone(query, viewer=bela, input=one | {"worldId": world.world_id})

    assert done == {"recordDecision": {"__typename": "Decision"}}


async def test_while_redis_is_down_only_what_it_holds_is_missing(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    nowhere = Redis.from_url("unix:///nowhere/valkey.sock", retry=None)
    alone = Ask(replace(ask.stores, redis=nowhere), ask.analyses)

    answer = await alone.anyway(OF_NPC, npc=bela.npc_id)

    assert answer.codes == ["STORE_UNAVAILABLE"] * 5
    assert set(answer.messages) == {"Redis cannot be reached; try again soon."}
    assert answer.data["npc"]["name"] == bela.name
    for name, given in everything(world, bela).items():
        kind = name[0].upper() + name[1:]
        failed = await alone.anyway(
            f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename }} }}", input=given
        )
        assert failed.codes == ["STORE_UNAVAILABLE"]
        assert failed.data == {name: None}
