"""Metrics: recorded in bulk for one's own NPCs, and read as series in which gaps show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db import migrations
from db.connection import Stores, open_stores
from db.timeseries import hours
from db.viewer import Role, Viewer
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from tests.asking import Ask
from tests.servers import Servers
from tests.world import Npc, World

RECORD = """mutation ($input: RecordMetricsInput!) { recordMetrics(input: $input) {
    ... on RecordedMetrics { accepted refused { place code message } }
    ... on Refusal { code message } } }"""
SERIES = """query ($npc: Int!, $world: String!, $from: DateTime!, $to: DateTime,
                   $bucket: MetricsBucket! = HOUR, $first: Int! = 200) {
    npc(npcId: $npc) { metrics(worldId: $world, from: $from, to: $to, bucket: $bucket, first: $first) {
        startsAt samples wood woodProduction woodProduced rank diplomaticScore } } }"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


def told(moment: datetime) -> str:
    return moment.isoformat()


async def record(ask: Ask, viewer: Npc | Viewer, world: World, *samples: dict[str, Any]) -> dict[str, Any]:
    """What becomes of samples."""
    given = {"worldId": world.world_id, "samples": list(samples)}
    result: dict[str, Any] = (await ask(RECORD, viewer=viewer, input=given))["recordMetrics"]
    return result


async def series(ask: Ask, viewer: Npc | Viewer, world: World, npc: Npc, **more: Any) -> list[dict[str, Any]]:
    """The points of a series, by default of four hours from noon."""
    given = {"from": told(NOON), "to": told(NOON + timedelta(hours=4))} | more
    data = await ask(SERIES, viewer=viewer, npc=npc.npc_id, world=world.world_id, **given)
    points: list[dict[str, Any]] = data["npc"]["metrics"]
    return points


async def test_a_series_has_a_point_for_each_bucket_and_nulls_in_its_gaps(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    done = await record(ask, bela, world,
        {"npcId": bela.npc_id, "time": told(NOON + timedelta(minutes=30)), "wood": 100, "woodProduction": 60},
        {"npcId": bela.npc_id, "time": told(NOON + timedelta(minutes=45)), "wood": 300, "woodProduction": 60},
        {"npcId": bela.npc_id, "time": told(NOON + timedelta(hours=3)), "rank": 4, "diplomaticScore": 0.25},
    )  # fmt: skip
    assert done == {"accepted": 3, "refused": []}
    nothing = dict.fromkeys(("wood", "woodProduction", "woodProduced", "rank", "diplomaticScore"))

    first, *gap, last = await series(ask, bela, world, bela)

    assert first == nothing | {"startsAt": told(NOON), "samples": 2, "wood": 200.0, "woodProduction": 60.0,
                               "woodProduced": 75.0}  # fmt: skip
    assert gap == [nothing | {"startsAt": told(NOON + timedelta(hours=one)), "samples": 0} for one in (1, 2)]
    assert last == nothing | {"startsAt": told(NOON + timedelta(hours=3)), "samples": 1, "rank": 4.0,
                              "diplomaticScore": 0.25}  # fmt: skip


@pytest.mark.parametrize("stored", [False, True])
async def test_buckets_are_of_any_length(world: World, ask: Ask, stores: Stores, *, stored: bool) -> None:
    """The Sunday before, and the Monday, in steps of ten minutes."""
    bela = await world.npc("Bela")
    steps = [NOON - timedelta(hours=24) + timedelta(minutes=10 * n) for n in range(1, 145)]
    await record(ask, bela, world, *({"npcId": bela.npc_id, "time": told(at), "woodProduction": 60,
                                      "wood": n} for n, at in enumerate(steps)))  # fmt: skip
    if stored:
        async with stores.metrics.acquire() as conn:
            await hours.store(conn, NOON + timedelta(days=1))

    async def asked(bucket: str, begin: datetime, end: datetime) -> list[tuple[str, int, float | None]]:
        points = await series(ask, bela, world, bela, **{"from": told(begin), "to": told(end)}, bucket=bucket)
        return [(one["startsAt"], one["samples"], one["woodProduced"]) for one in points]

    sunday, monday = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    days = [(told(sunday), 71, 760.0), (told(monday), 73, 730.0)]  # the first sample of all covers an hour
    assert await asked("DAY", sunday, NOON) == days
    weeks = [(told(monday - timedelta(days=7)), 71, 760.0), (told(monday), 73, 730.0)]
    assert await asked("WEEK", sunday, NOON) == weeks
    a_minute = timedelta(minutes=1)
    assert await asked("MINUTE", NOON - a_minute, NOON + a_minute) == [
        (told(NOON - a_minute), 0, None), (told(NOON), 1, 10.0)]  # fmt: skip
    assert await asked("QUARTER_HOUR", NOON - timedelta(minutes=20), NOON) == [
        (told(NOON - timedelta(minutes=30)), 2, 20.0),
        (told(NOON - timedelta(minutes=15)), 1, 10.0)]  # fmt: skip
    assert await asked("HOUR", NOON, NOON + a_minute) == [(told(NOON), 1, 10.0)]


async def test_a_series_is_the_npcs_own(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.measured(bela, NOON, wood=5)
    assert await series(ask, otto, world, bela) == []
    given = {"npc": bela.npc_id, "world": world.world_id, "from": told(NOON)}
    answer = await ask.anyway(SERIES, viewer=Viewer(Role.VIEWER), **given)
    assert answer.codes == ["FORBIDDEN"]
    assert (await series(ask, Viewer(Role.GAME), world, bela))[0]["wood"] == 5
    samples = """query ($n: Int!, $w: String!) {
        npc(npcId: $n) { metricsSamples(worldId: $w) { nodes { wood } } } }"""
    for viewer, seen in ((bela, [{"wood": 5}]), (otto, [])):
        found = await ask(samples, viewer=viewer, n=bela.npc_id, w=world.world_id)
        assert found["npc"]["metricsSamples"]["nodes"] == seen


async def test_series_of_many_npcs_are_one_statement(world: World, ask: Ask, statements: list[str]) -> None:
    for number in range(4):
        await world.measured(await world.npc(f"N{number}"), NOON, wood=number)
    query = """query ($w: String!, $from: DateTime!, $to: DateTime!) { world(worldId: $w) {
        npcs { nodes { name metrics(worldId: $w, from: $from, to: $to) { wood } } } } }"""
    statements.clear()
    an_hour: dict[str, Any] = {"from": told(NOON), "to": told(NOON + timedelta(hours=1))}
    found = await ask(query, w=world.world_id, **an_hour)
    assert [one["metrics"] for one in found["world"]["npcs"]["nodes"]] == [[{"wood": n}] for n in range(4)]
    assert len([one for one in statements if "npc_metrics" in one]) == 1


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"first": 0}, "first must be between 1 and 1000"),
        ({"first": 1001}, "first must be between 1 and 1000"),
        ({"to": told(NOON)}, "from must be earlier than to"),
        ({"from": "0001-01-01"}, "from must lie between"),
        ({"first": 3}, "There are 4 buckets of HOUR"),
        ({"bucket": "MINUTE"}, "There are 240 buckets of MINUTE"),
        ({"from": "0002-01-01", "first": 1000}, "take longer buckets"),
    ],
)
async def test_a_range_that_cannot_be_shown_is_told(
    world: World, ask: Ask, bad: dict[str, Any], says: str
) -> None:
    bela = await world.npc("Bela")
    given: dict[str, Any] = {"from": told(NOON), "to": told(NOON + timedelta(hours=4))} | bad
    answer = await ask.anyway(SERIES, npc=bela.npc_id, world=world.world_id, **given)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert says in answer.messages[0]


async def test_the_bucket_that_holds_the_first_moment_counts_too(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    half_past: dict[str, Any] = {
        "from": told(NOON + timedelta(minutes=30)),
        "to": told(NOON + timedelta(minutes=90)),
    }
    assert len(await series(ask, bela, world, bela, **half_past)) == 2
    answer = await ask.anyway(SERIES, npc=bela.npc_id, world=world.world_id, **half_past, first=1)
    assert "There are 2 buckets" in answer.messages[0]


async def test_each_sample_is_refused_on_its_own(world: World, ask: Ask) -> None:
    bela, otto, away = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Away")
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, away.player_id)  # fmt: skip
    before = await world.version()
    future = told(datetime.now(UTC) + timedelta(hours=1))
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"npcId": 999_999}, "NOT_FOUND", "NPC 999999 does not play"),
        ({"npcId": away.npc_id}, "GONE", "has left"),
        ({"npcId": bela.npc_id, "wood": -1}, "BAD_INPUT", "wood must be 0 or more, not -1"),
        ({"npcId": bela.npc_id, "offensivePower": -5}, "BAD_INPUT", "offensivePower must be 0 or more"),
        ({"npcId": bela.npc_id, "rank": 0}, "BAD_INPUT", "rank must be 1 or more"),
        ({"npcId": bela.npc_id, "time": future}, "BAD_INPUT", "time must not lie in the future"),
        ({"npcId": bela.npc_id, "time": "0001-01-01"}, "BAD_INPUT", "before the year 2"),
    ]  # fmt: skip
    good = {"npcId": otto.npc_id, "wheatProduction": -40, "wood": 2**62}

    done = await record(ask, Viewer(Role.GAME), world, *(one for one, _, _ in bad), good)

    assert done["accepted"] == 1
    for place, (refused, (_, code, says)) in enumerate(zip(done["refused"], bad, strict=True)):
        assert (refused["place"], refused["code"]) == (place, code)
        assert says in refused["message"]
    rows = await world.run("SELECT npc_id, wood, time > now() - interval '1 minute' FROM npc_metrics"
                           " WHERE world_id = $1", world.world_id)  # fmt: skip
    assert [tuple(row) for row in rows] == [(otto.npc_id, 2**62, True)]
    assert await world.version() == before


async def test_a_brain_records_for_itself_alone(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    done = await record(ask, bela, world, *({"npcId": one.npc_id, "wood": 1} for one in (otto, bela)))
    assert done["accepted"] == 1
    assert [(one["place"], one["code"]) for one in done["refused"]] == [(0, "NOT_YOURS")]
    given = {"worldId": world.world_id, "samples": [{"npcId": bela.npc_id, "wood": 1}]}
    assert (await ask.anyway(RECORD, viewer=Viewer(Role.VIEWER), input=given)).codes == ["FORBIDDEN"]


async def test_the_same_call_under_its_key_is_answered_again(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    samples = [{"npcId": bela.npc_id, "wood": 1}, {"npcId": bela.npc_id, "wood": -1}]
    given = {"worldId": world.world_id, "samples": samples, "idempotencyKey": "tick 7"}
    first, again = [await ask(RECORD, viewer=bela, input=given) for _ in range(2)]
    assert first == again
    assert first["recordMetrics"]["accepted"] == 1
    count = "SELECT count(*) FROM npc_metrics WHERE world_id = $1"
    assert await world.value(count, world.world_id) == 1


async def test_thousands_come_in_one_call(world: World, ask: Ask) -> None:
    npcs = [await world.npc(f"N{number}") for number in range(5)]
    samples = [
        {"npcId": npc.npc_id, "time": told(NOON + timedelta(minutes=n)), "wood": n, "woodProduction": 60}
        for n in range(1000)
        for npc in npcs
    ]
    assert await record(ask, Viewer(Role.GAME), world, *samples) == {"accepted": 5000, "refused": []}
    given = {"worldId": world.world_id, "samples": [*samples, samples[0]]}
    assert (await ask.anyway(RECORD, input=given)).codes == ["TOO_LARGE"]
    day = {"from": told(NOON), "to": told(NOON + timedelta(hours=12)), "bucket": "DAY"}
    assert [one["samples"] for one in await series(ask, npcs[0], world, npcs[0], **day)] == [720]


async def test_a_world_that_is_not_there_is_a_refusal(world: World, ask: Ask) -> None:
    answer = await ask(RECORD, input={"worldId": "nowhere", "samples": []})
    assert answer["recordMetrics"]["code"] == "NOT_FOUND"
    assert await record(ask, Viewer(Role.ADMIN), world) == {"accepted": 0, "refused": []}


async def test_metrics_can_have_a_database_of_their_own(
    world: World, urls: StoreUrls, servers: Servers, analyses: Analyses
) -> None:
    bela = await world.npc("Bela")
    apart = await servers.create(f"apart_{world.world_id}")
    await migrations.migrate(apart, "metrics")
    async with open_stores(urls.main, urls.worlds, urls.redis, metrics_url=apart) as stores:
        ask = Ask(stores, analyses)
        done = await record(ask, bela, world, {"npcId": bela.npc_id, "time": told(NOON), "wood": 7})
        assert done == {"accepted": 1, "refused": []}
        assert (await series(ask, bela, world, bela))[0]["wood"] == 7
    assert await world.value("SELECT count(*) FROM npc_metrics WHERE world_id = $1", world.world_id) == 0


async def test_metrics_that_are_out_of_reach_fail_alone(
    world: World, urls: StoreUrls, analyses: Analyses
) -> None:
    bela = await world.npc("Bela")
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with open_stores(urls.main, urls.worlds, urls.redis, metrics_url=nowhere) as stores:
        ask = Ask(stores, analyses)
        query = """query ($n: Int!, $w: String!) { npc(npcId: $n) { name
            metricsSamples(worldId: $w) { nodes { wood } } } other: npc(npcId: $n) { name } }"""
        answer = await ask.anyway(query, n=bela.npc_id, w=world.world_id)
        assert answer.data["other"] == {"name": bela.name}
        assert answer.data["npc"] == {"name": bela.name, "metricsSamples": None}
        assert answer.messages == ["The metrics database cannot be reached; try again soon."]
        given = {"worldId": world.world_id, "samples": [{"npcId": bela.npc_id, "wood": 1}]}
        answer = await ask.anyway(RECORD, input=given)
        assert answer.messages == ["The metrics database cannot be reached; try again soon."]
