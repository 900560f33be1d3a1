"""Building: what an NPC queues is begun and done, and its history says how long each took."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.viewer import ADMIN, Viewer
from tests.asking import Ask
from tests.world import Npc, Village, World

QUEUED = "queueId buildingName slot fromLevel toLevel queuedAt startedAt completesAt costWood decisionReason"
BUILT = "buildingName toLevel startedAt completedAt costWood waitTimeSeconds buildTimeSeconds decisionReason"
ACT = """mutation ($input: %sBuildingInput!) { %sBuilding(input: $input) {
    ... on %s { %s } ... on Refusal { code message } } }"""
QUEUE, START = (ACT % (one.capitalize(), one, "QueuedBuilding", QUEUED) for one in ("queue", "start"))
COMPLETE, CANCEL = (ACT % (one.capitalize(), one, "Build", BUILT) for one in ("complete", "cancel"))
LEVEL = (
    "query ($world: String!, $id: Int!) { village(worldId: $world, villageId: $id) { buildings { level } } }"
)


class Site:
    """A village whose NPC builds."""

    def __init__(self, ask: Ask, world: World, village: Village) -> None:
        self.ask, self.world, self.village = ask, world, village

    async def queue(
        self, name: str = "barracks", viewer: Viewer | Npc = ADMIN, **more: Any
    ) -> dict[str, Any]:
        """Something to build."""
        asked = {"villageId": self.village.village_id, "buildingName": name, **more}
        return await self.act(QUEUE, viewer, **asked)

    async def act(self, mutation: str, viewer: Viewer | Npc = ADMIN, **given: Any) -> dict[str, Any]:
        """What becomes of an act."""
        asked = {"worldId": self.world.world_id, **given}
        (result,) = (await self.ask(mutation, viewer=viewer, input=asked)).values()
        answer: dict[str, Any] = result
        return answer

    async def level(self) -> int:
        """The level of the only building."""
        found = await self.ask(LEVEL, world=self.world.world_id, id=self.village.village_id)
        (building,) = found["village"]["buildings"]
        return int(building["level"])


@pytest.fixture
async def bela(world: World) -> Npc:
    return await world.npc("Bela")


@pytest.fixture
async def site(world: World, ask: Ask, bela: Npc) -> Site:
    return Site(ask, world, await world.village(bela, "Home"))


async def test_from_the_queue_to_the_history(site: Site, bela: Npc, world: World) -> None:
    await world.village_has(site.village, "village_buildings", slot=19, building_name="barracks", level=3)

    queued = await site.queue(viewer=bela, costWood=120, decisionReason="Army")
    one = {"queueId": queued["queueId"]}
    await world.in_its_database("UPDATE build_queue SET queued_at = queued_at - interval '1 hour'")
    begins = datetime.fromisoformat(queued["queuedAt"]) - timedelta(hours=1, seconds=-90)
    done = begins + timedelta(seconds=600)
    started = await site.act(START, bela, **one, startedAt=begins.isoformat(), completesAt=done.isoformat())
    built = await site.act(COMPLETE, bela, **one, completedAt=done.isoformat())

    assert (queued["slot"], queued["fromLevel"], queued["toLevel"], queued["startedAt"]) == (19, 3, 4, None)
    assert (started["startedAt"], started["completesAt"]) == (begins.isoformat(), done.isoformat())
    assert built == {
        "buildingName": "barracks",
        "toLevel": 4,
        "startedAt": begins.isoformat(),
        "completedAt": done.isoformat(),
        "costWood": 120,
        "waitTimeSeconds": 90,
        "buildTimeSeconds": 600,
        "decisionReason": "Army",
    }
    assert await site.level() == 4
    assert (await site.act(COMPLETE, bela, **one))["code"] == "NOT_FOUND"


async def test_each_level_is_queued_after_the_one_before(site: Site) -> None:
    levels = [(await site.queue())["toLevel"] for _ in range(3)]
    beyond = await site.queue(toLevel=7)
    again = await site.queue(toLevel=7)
    elsewhere = await site.queue(slot=25)

    assert levels == [1, 2, 3]
    assert (beyond["fromLevel"], beyond["toLevel"]) == (3, 7)
    assert again["code"] == "ALREADY_QUEUED"
    assert elsewhere["toLevel"] == 1


async def test_what_is_given_up_was_never_completed(site: Site) -> None:
    queued = await site.queue()
    await site.act(START, queueId=queued["queueId"])
    given_up = await site.act(CANCEL, queueId=queued["queueId"])

    assert given_up["startedAt"] is not None
    assert (given_up["completedAt"], given_up["buildTimeSeconds"]) == (None, None)


async def test_steps_come_in_their_order(site: Site) -> None:
    queued = await site.queue()
    one = {"queueId": queued["queueId"]}
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).isoformat()

    assert (await site.act(COMPLETE, **one))["code"] == "NOT_STARTED"
    early = await site.ask.anyway(START, input={"worldId": site.world.world_id, **one, "startedAt": long_ago})
    assert early.messages[0].startswith("startedAt must not be before it was queued, at ")
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    future = await site.ask.anyway(START, input={"worldId": site.world.world_id, **one, "startedAt": late})
    assert future.messages == ["startedAt must not lie in the future."]
    assert (await site.act(START, **one))["startedAt"] is not None
    assert (await site.act(START, **one))["code"] == "ALREADY_STARTED"
    assert (await site.act(COMPLETE, **one))["completedAt"] is not None


async def test_two_at_once_do_not_queue_the_same(site: Site) -> None:
    done = await asyncio.gather(*(site.queue() for _ in range(6)))

    assert sorted(one["toLevel"] for one in done) == [1, 2, 3, 4, 5, 6]


async def test_a_queue_has_an_end(site: Site, bela: Npc, world: World) -> None:
    rows = "SELECT $1, $2, $3, 'wall', n - 1, n FROM generate_series(1, 100) n"
    columns = "village_id, player_id, npc_id, building_name, from_level, to_level"
    sql = f"INSERT INTO build_queue ({columns}) {rows}"
    await world.in_its_database(sql, site.village.village_id, bela.player_id, bela.npc_id)

    assert (await site.queue())["code"] == "QUEUE_FULL"


async def test_who_acts_for_a_village(site: Site, bela: Npc, world: World) -> None:
    otto, hugo = await world.npc("Otto"), await world.player("Hugo")
    humans = Site(site.ask, world, await world.village(hugo))
    queued = await site.queue(viewer=bela)

    assert (await site.queue(viewer=otto))["code"] == "NOT_YOURS"
    assert (await humans.queue(viewer=otto))["code"] == "NOT_YOURS"
    assert (await humans.queue())["code"] == "NO_NPC"
    hidden = await site.act(CANCEL, otto, queueId=queued["queueId"])
    absent = await site.act(CANCEL, otto, queueId=queued["queueId"] + 1000)
    assert hidden["code"] == absent["code"] == "NOT_FOUND"
    assert hidden["message"].replace(str(queued["queueId"]), "") == absent["message"].replace(
        str(queued["queueId"] + 1000), ""
    )
    nowhere = Site(site.ask, world, Village(999, "", bela))
    assert (await nowhere.queue())["code"] == "NOT_FOUND"
    await world.run("UPDATE worlds SET status = 'paused' WHERE world_id = $1", world.world_id)
    assert (await site.queue())["code"] == "NOT_RUNNING"


async def test_sent_again_it_is_queued_once(site: Site) -> None:
    first = await site.queue(idempotencyKey="once")
    again = await site.queue(idempotencyKey="once")

    assert first == again
    assert (await site.queue())["toLevel"] == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"slot": 0}, "slot must be between 1 and 1,000, not 0."),
        ({"toLevel": 1001}, "toLevel must be between 1 and 1,000"),
        ({"costIron": -1}, "costIron must be between 0"),
        ({"priorityScore": 1e12}, "priorityScore must be between"),
        ({"decisionReason": "x" * 10_001}, "decisionReason must have at most 10000 characters"),
        ({"buildingName": ""}, "buildingName must not be empty."),
    ],
)
async def test_what_cannot_be_is_refused(given: dict[str, Any], message: str, site: Site) -> None:
    asked = {"worldId": site.world.world_id, "villageId": site.village.village_id, "buildingName": "wall"}
    answer = await site.ask.anyway(QUEUE, input=asked | given)

    assert message in answer.messages[0]
