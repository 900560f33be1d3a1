"""Exports as jobs: begun by a mutation, asked for until they are done, fetched by admins, cleared away."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import orjson

from db.connection import Stores
from entente.stores import StoreUrls
from resolvers.exports import KEPT, MOST_KEPT, ExportJob, Exports, ExportStatus
from tests.serving import Client, served
from tests.waiting import becomes
from tests.world import World

NewWorld = Callable[[], Awaitable[World]]
KEY = "s3cret-of-us-all"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
BEGIN = """mutation ($world: String!) { exportWorld(input: {worldId: $world}) {
    ... on ExportJob { exportId worldId status path } ... on Refusal { code } } }"""
ASK = "query ($id: ID!) { exportJob(exportId: $id) { status path problem rows table finishedAt } }"


async def a_world(world: World) -> World:
    await world.village(await world.player("Zed"))
    return world


async def test_an_export_is_begun_asked_for_and_fetched(world: World, client: Client) -> None:
    await a_world(world)
    begun = (await client.ask(BEGIN, world=world.world_id))["data"]["exportWorld"]
    assert (begun["worldId"], begun["path"]) == (world.world_id, None)

    async def is_done() -> bool:
        job = (await client.ask(ASK, id=begun["exportId"]))["data"]["exportJob"]
        assert job["problem"] is None
        return bool(job["status"] == "DONE")

    await becomes(is_done)
    job = (await client.ask(ASK, id=begun["exportId"]))["data"]["exportJob"]
    answer = await client.get(job["path"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/gzip")
    lines = [orjson.loads(line) for line in gzip.decompress(answer.content).splitlines()]
    assert (lines[0]["world_id"], lines[-1]["end"]) == (world.world_id, True)
    assert (await client.get("/exports/other.jsonl.gz")).status_code == 404
    assert (await client.get(f"/exports/{begun['exportId']}")).status_code == 404
    assert (await client.ask(ASK, id="other"))["data"] == {"exportJob": None}
    nowhere = await client.ask(BEGIN, world="nowhere")
    assert nowhere["data"]["exportWorld"] == {"code": "NOT_FOUND"}


async def test_only_an_admin_fetches_it(world: World, urls: StoreUrls) -> None:
    await a_world(world)
    async with served(urls, admin_key=KEY) as locked:
        body = {"query": BEGIN, "variables": {"world": world.world_id}}
        begun = (await locked.post(body, **AUTHORIZATION)).json()["data"]["exportWorld"]
        path = f"/exports/{begun['exportId']}.jsonl.gz"

        async def is_there() -> bool:
            return (await locked.get(path, headers=AUTHORIZATION)).status_code == 200

        await becomes(is_there)
        assert (await locked.get(path)).status_code == 401


async def done(exports: Exports, world: World, now: datetime) -> ExportJob:
    job = exports.begin(world.world_id, now)
    assert job is not None
    await becomes(lambda: job.status is not ExportStatus.RUNNING)
    return job


async def test_one_world_at_a_time(stores: Stores, world: World, new_world: NewWorld) -> None:
    await a_world(world)
    now = datetime.now(UTC)
    async with Exports.over(stores) as exports:
        job = exports.begin(world.world_id, now)
        assert job is not None
        assert exports.begin(world.world_id, now) is job
        assert exports.begin((await new_world()).world_id, now) is None
        await becomes(lambda: job.status is ExportStatus.DONE)


async def test_what_is_kept_is_bounded_and_cleared_away(stores: Stores, world: World) -> None:
    await a_world(world)
    now = datetime.now(UTC)
    async with Exports.over(stores) as exports:
        jobs = [await done(exports, world, now) for _ in range(MOST_KEPT + 2)]
        kept = [exports.file(job.export_id, now) for job in jobs]
        assert kept[:2] == [None, None]
        paths = [path for path in kept if path is not None]
        assert len(paths) == MOST_KEPT
        later = datetime.now(UTC) + KEPT + timedelta(seconds=1)
        assert exports.find(jobs[-1].export_id, later) is None
        assert [path for path in paths if path.exists()] == []
        folder = exports.folder
    assert not folder.exists()


async def test_an_export_that_fails_says_why(stores: Stores, world: World) -> None:
    async with Exports.over(stores) as exports:  # the world has no database of its own yet
        job = await done(exports, world, datetime.now(UTC))
        assert job.status is ExportStatus.FAILED
        assert "cannot be reached" in (job.problem or "")
        assert exports.file(job.export_id, datetime.now(UTC)) is None
