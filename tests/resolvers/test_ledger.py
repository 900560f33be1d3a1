"""The ledger explains a score exactly, and tells what it was over time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import Ask
from tests.world import Npc, World

NewWorld = Callable[[], Awaitable[World]]
START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = 86_400.0

EXPLAIN = """query ($world: String!, $npc: Int!, $first: Int = 20) {
  npc(npcId: $npc) { relationships(worldId: $world, first: 100) { nodes {
    trustScore trustAt player { name }
    modifiers(first: $first) { kind label points eventKind events firstAt lastAt event { points } } } } } }"""
COURSE = """query ($world: String!, $npc: Int!, $since: DateTime, $until: DateTime, $moments: Int = 3) {
  npc(npcId: $npc) { relationships(worldId: $world) { nodes {
    trustHistory(since: $since, until: $until, moments: $moments) { at trustScore trustLevel } } } } }"""


async def explained(ask: Ask, world: World, npc: Npc, **more: Any) -> list[dict[str, Any]]:
    """The relationships of an NPC, each with what its score is made of."""
    answer = await ask(EXPLAIN, world=world.world_id, npc=npc.npc_id, **more)
    found: list[dict[str, Any]] = answer["npc"]["relationships"]["nodes"]
    return found


def day(number: float) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=number)


async def test_the_weightiest_events_are_told_one_by_one(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, -60, kind="lied_to_me", occurred_at=day(0), half_life_seconds=10 * DAY)
    for number in range(3):
        await world.trusts(bela, otto, 5, kind="traded_fairly", occurred_at=day(number))
    await world.trusts(bela, otto, 20, kind="helped_in_battle", occurred_at=day(10), note="At the ford.")

    (found,) = await explained(ask, world, bela, first=2)

    assert (found["trustScore"], found["trustAt"]) == (5, "2025-01-11T00:00:00+00:00")
    lines = [(line["kind"], line["label"], line["points"], line["events"]) for line in found["modifiers"]]
    assert lines == [
        ("EVENT", "Lied to me.", -30, 1),
        ("EVENT", "At the ford.", 20, 1),
        ("EVENTS", "Traded fairly, 3 times.", 15, 3),
        ("ROUNDING", "Rounded to a whole number.", 0, 0),
        ("LIMIT", "Kept within −100 and 100.", 0, 0),
    ]
    first, _, several = found["modifiers"][:3]
    assert first["event"] == {"points": -60}
    assert (several["firstAt"], several["lastAt"]) == (
        "2025-01-01T00:00:00+00:00",
        "2025-01-03T00:00:00+00:00",
    )


async def test_what_goes_beyond_the_limit_has_a_line(world: World, ask: Ask) -> None:
    bela, otto, ida = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Ida")
    for _ in range(2):
        await world.trusts(bela, otto, 80)
        await world.trusts(bela, ida, -50.25)

    loved, hated = await explained(ask, world, bela)

    assert [line["points"] for line in loved["modifiers"]] == [80, 80, 0, -60]
    assert [line["points"] for line in hated["modifiers"]] == [-50.25, -50.25, -0.5, 1]


events = st.fixed_dictionaries(
    {
        "points": st.one_of(st.integers(-100, 100), st.floats(-1000, 1000, allow_nan=False)),
        "kind": st.sampled_from(["traded_fairly", "attacked_me", "adjusted"]),
        "occurred_at": st.integers(0, 400).map(lambda tenths: day(tenths / 10)),
        "half_life_seconds": st.one_of(st.none(), st.floats(0.1, 60).map(lambda days: days * DAY)),
    }
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(events, min_size=1, max_size=12), first=st.integers(0, 12), order=st.randoms())
async def test_the_lines_sum_to_the_score_exactly(
    new_world: NewWorld, ask: Ask, happened: list[dict[str, Any]], first: int, order: Any
) -> None:
    world = await new_world()
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    for one in happened:
        await world.trusts(bela, otto, **one)

    (found,) = await explained(ask, world, bela, first=first)

    points = [line["points"] for line in found["modifiers"]]
    order.shuffle(points)
    assert sum(points) == found["trustScore"]
    *lines, rounding, limit = found["modifiers"]
    assert sum(line["kind"] == "EVENT" for line in lines) <= first
    assert abs(rounding["points"]) <= 0.5 + (len(lines) + 1) / 128
    assert limit["points"] == 0 or abs(found["trustScore"]) == 100


async def test_many_relationships_are_explained_in_one_statement(
    world: World, ask: Ask, statements: list[str]
) -> None:
    bela = await world.npc("Bela")
    for name in ("Otto", "Ida", "Uma"):
        await world.trusts(bela, await world.player(name), 10)
    statements.clear()

    found = await explained(ask, world, bela)

    assert [sum(line["points"] for line in one["modifiers"]) for one in found] == [10, 10, 10]
    assert sum("trust_events" in one for one in statements) == 2  # what counts, and the events it links to


async def test_a_score_has_a_course(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 80, occurred_at=day(0), half_life_seconds=10 * DAY)
    await world.trusts(bela, otto, -50, occurred_at=day(15), expires_at=day(18))

    scores = await course(ask, world, bela, since=day(-10), until=day(20), moments=7)

    assert scores == [0, 0, 80, 57, 40, -22, 20]
    assert await course(ask, world, bela, until=day(10), moments=1) == [40]


async def test_the_course_begins_when_they_met_and_ends_now(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(
        bela, otto, 64, occurred_at=datetime.now(UTC) - timedelta(20), half_life_seconds=10 * DAY
    )

    assert await course(ask, world, bela) == [64, 32, 16]


async def course(ask: Ask, world: World, npc: Npc, **more: Any) -> list[int]:
    """The scores over time of the one relationship of an NPC."""
    given: dict[str, Any] = {
        name: one.isoformat() if isinstance(one, datetime) else one for name, one in more.items()
    }
    answer = await ask(COURSE, world=world.world_id, npc=npc.npc_id, **given)
    (found,) = answer["npc"]["relationships"]["nodes"]
    return [at["trustScore"] for at in found["trustHistory"]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"since": "2025-02-01T00:00:00Z", "until": "2025-01-01T00:00:00Z"}, "since must not be later"),
        ({"moments": 201}, "moments must be between 1 and 200"),
        ({"moments": 0}, "moments must be between 1 and 200"),
        ({"since": "0001-01-01T00:00:00Z"}, "since must lie between the years"),
    ],
)
async def test_a_course_that_makes_no_sense_is_refused(
    world: World, ask: Ask, wrong: dict[str, Any], said: str
) -> None:
    bela, otto = await world.npc("Bela"), await world.player("Otto")
    await world.trusts(bela, otto, 1)

    answer = await ask.anyway(COURSE, world=world.world_id, npc=bela.npc_id, **wrong)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert said in answer.messages[0]
