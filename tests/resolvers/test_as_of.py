"""What is answered about a past moment goes by what had been recorded by then, and never changes."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from db.connection import Stores
from entente.commands.import_trust import import_trust
from tests.acting import BREAK, act
from tests.asking import Ask
from tests.world import Alliance, Npc, Player, World

DAY = timedelta(days=1)
PAGE = "first: 10 asOf: $at"
ALL = """query ($world: String!, $at: DateTime) {
  relationships(worldId: $world orderBy: DISTRUST PAGE) { totalCount nodes {
    id trustScore trustAt trustLevel relationshipType asOf createdAt updatedAt totalInteractions knownVillages
    resourcesRaidedFrom messagesSent modifiers { label points } trustHistory(moments: 3) { at trustScore } } }
  treaties(worldId: $world orderBy: OLDEST PAGE) { totalCount edges { cursor node {
    id type status isInForce terms endsAt brokenAt brokenBy changedAt asOf } } }
  open: treaties(worldId: $world orderBy: OLDEST inForce: true PAGE) { totalCount }
  changes(worldId: $world PAGE) { totalCount nodes { kind event version data recordedAt } }
  alliances(worldId: $world orderBy: ALLIANCE_ID) { nodes {
    members(orderBy: PLAYER_ID PAGE) { totalCount nodes { playerId } }
    memberships(PAGE) { nodes { id role joinedAt leftAt asOf } }
    treaties(orderBy: OLDEST PAGE) { nodes { id status } } } }
  players(worldId: $world orderBy: PLAYER_ID) { nodes {
    relationships(PAGE) { nodes { id trustScore } } trustedBy(PAGE) { nodes { id trustScore } }
    treaties(orderBy: OLDEST PAGE) { nodes { id status } } memberships(PAGE) { id role leftAt } } }
}""".replace("PAGE", PAGE)
SCORES = """query ($world: String!, $at: DateTime) {
  relationships(worldId: $world asOf: $at) { nodes { trustScore relationshipType messagesSent asOf } } }"""
AGAIN = """query ($ids: [ID!]!) { nodes(ids: $ids) { id
  ... on Relationship { trustScore asOf } ... on Treaty { status asOf } ... on Membership { role asOf } } }"""
MOMENT = "SELECT clock_timestamp()"


async def now(world: World) -> datetime:
    """The moment by the clock of the store."""
    moment: datetime = await world.value(MOMENT)
    return moment


async def told(ask: Ask, world: World, at: datetime | None, query: str = ALL, **more: Any) -> Any:
    """What is answered about a moment."""
    return await ask(query, world=world.world_id, at=at and at.isoformat(), **more)


async def peopled(world: World) -> tuple[Npc, Npc, Alliance]:
    """A world in which something has happened."""
    bela, otto, ida = [await world.npc(name) for name in ("Bela", "Otto", "Ida")]
    foes = await world.alliance("Foes", [otto, ida], leader=otto)
    await world.trusts(bela, otto, 40, half_life_seconds=DAY.total_seconds())
    await world.regards(bela, otto, relationship_type="ally", messages_sent=3)
    await world.trusts(otto, bela, -5)
    await world.treaty("confederacy", bela, foes)
    await world.treaty("nap", bela, otto, status="proposed")
    return bela, otto, foes


async def test_no_later_change_correction_or_import_reaches_an_answer_about_the_past(
    world: World, ask: Ask, stores: Stores, tmp_path: Path
) -> None:
    bela, otto, foes = await peopled(world)
    uma = await world.player("Uma")
    at = await now(world)
    first = await told(ask, world, at)

    await world.trusts(bela, otto, -70, occurred_at=at - DAY)  # a late report
    await world.regards(bela, otto, trust_score=99)  # set from outside
    await world.regards(bela, otto, relationship_type="enemy", messages_sent=9, created_at=at - 9 * DAY)
    await world.trusts(bela, uma, 1)
    await world.leaves(otto)
    await world.joins(uma, foes, "co-leader")
    pact = await world.treaty("nap", otto, uma)
    await act(ask, BREAK, world, otto, pact)
    await correct(world, uma, at)
    await removed(world, otto, uma)
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(f"{bela.name},{otto.name},10,{at.timestamp() - 99:.0f}\n")
    await import_trust(stores, ratings, world.world_id)

    again, differs = await told(ask, world, at), await told(ask, world, await now(world))
    assert orjson.dumps(again) == orjson.dumps(first)
    assert all(
        differs[part] != first[part]
        for part in ("relationships", "treaties", "alliances", "players", "changes")
    )


async def correct(world: World, uma: Player, at: datetime) -> None:
    """Whoever has the tables at hand may change what they say."""
    for sql, *values in (
        ("UPDATE alliance_members SET joined_at = $2, role = 'member' WHERE world_id = $1", at - 2 * DAY),
        (
            "UPDATE alliance_members SET player_id = $2 WHERE world_id = $1 AND left_at IS NOT NULL",
            uma.player_id,
        ),
        ("UPDATE players SET population = 7 * player_id WHERE world_id = $1",),
        ("""UPDATE treaties SET terms = '{"x": 1}', is_public = false WHERE world_id = $1""",),
    ):
        await world.run(sql, world.world_id, *values)


async def removed(world: World, otto: Npc, uma: Player) -> None:
    """And remove it."""
    for sql, *values in (
        ("DELETE FROM treaties WHERE world_id = $1 AND type = 'confederacy'",),
        ("DELETE FROM npc_relationships WHERE world_id = $1 AND npc_id = $2", otto.npc_id),
        (
            "DELETE FROM alliance_members WHERE world_id = $1 AND left_at IS NULL AND player_id <> $2",
            uma.player_id,
        ),
    ):
        await world.run(sql, world.world_id, *values)


async def test_the_past_is_as_it_was(world: World, ask: Ask) -> None:
    before = await now(world)
    bela, otto, _ = await peopled(world)
    at = await now(world)
    await world.trusts(bela, otto, 9)
    await world.regards(bela, otto, relationship_type="enemy")

    past, of_now = await told(ask, world, at, SCORES), await told(ask, world, None, SCORES)

    assert past["relationships"]["nodes"] == [
        {"trustScore": 40, "relationshipType": "ALLY", "messagesSent": None, "asOf": at.isoformat()},
        {"trustScore": -5, "relationshipType": "NEUTRAL", "messagesSent": None, "asOf": at.isoformat()},
    ]
    assert of_now["relationships"]["nodes"] == [
        {"trustScore": 49, "relationshipType": "ENEMY", "messagesSent": 3, "asOf": None},
        {"trustScore": -5, "relationshipType": "NEUTRAL", "messagesSent": 0, "asOf": None},
    ]
    assert (await told(ask, world, before, SCORES))["relationships"]["nodes"] == []


async def test_trust_of_a_moment_has_faded_to_it(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    ago = await now(world) - 20 * DAY
    columns = {"half_life_seconds": 10 * DAY.total_seconds(), "occurred_at": ago, "recorded_at": ago}
    await world.trusts(bela, otto, 80, **columns)
    await world.run("ALTER TABLE relationship_events DISABLE TRIGGER append_only")
    await world.run(
        "UPDATE relationship_events SET recorded_at = $2 WHERE world_id = $1", world.world_id, ago
    )
    await world.run("ALTER TABLE relationship_events ENABLE TRIGGER append_only")

    scores = [await told(ask, world, ago + days * DAY, SCORES) for days in (0, 10, 19.999)]

    assert [one["relationships"]["nodes"][0]["trustScore"] for one in scores] == [80, 40, 20]


async def test_what_it_is_made_of_sums_to_it(world: World, ask: Ask) -> None:
    bela, otto, _ = await peopled(world)
    at = await now(world)
    await world.trusts(bela, otto, 30, occurred_at=at - 3 * DAY)

    answer = await told(ask, world, at)

    for one in answer["relationships"]["nodes"]:
        assert sum(line["points"] for line in one["modifiers"]) == one["trustScore"]
        assert one["trustHistory"][-1] == {"at": at.isoformat(), "trustScore": one["trustScore"]}


async def test_a_row_of_the_past_is_found_again_by_its_id(world: World, ask: Ask) -> None:
    bela, otto, _ = await peopled(world)
    at = await now(world)
    past = await told(ask, world, at)
    await world.trusts(bela, otto, 9)

    of_now = await told(ask, world, None)
    ids = [*ids_in(past), *ids_in(of_now)]
    found = (await ask(AGAIN, ids=ids))["nodes"]

    assert len(set(ids)) == len(ids) == len([one for one in found if one])
    assert [one["id"] for one in found] == ids
    half = len(ids) // 2
    assert {one["asOf"] for one in found[:half]} == {at.isoformat()}
    assert {one["asOf"] for one in found[half:]} == {None}
    assert found[1]["trustScore"] == 40


def ids_in(answer: Any) -> list[str]:
    """The ids of the relationships, the treaties and the memberships."""
    found = [one["id"] for one in answer["relationships"]["nodes"]]
    found += [one["node"]["id"] for one in answer["treaties"]["edges"]]
    return found + [
        one["id"] for alliance in answer["alliances"]["nodes"] for one in alliance["memberships"]["nodes"]
    ]


async def test_pages_go_on_in_the_past(world: World, ask: Ask) -> None:
    bela, *others = [await world.npc(name) for name in ("Bela", "Otto", "Ida", "Uma")]
    for points, other in enumerate(others):
        await world.trusts(bela, other, points)
    at = await now(world)
    await world.trusts(bela, others[0], 50)
    page = """query ($world: String!, $at: DateTime, $after: String) {
      relationships(worldId: $world asOf: $at first: 2 after: $after) {
        nodes { trustScore } pageInfo { hasNextPage endCursor } } }"""

    first = (await told(ask, world, at, page))["relationships"]
    second = (await told(ask, world, at, page, after=first["pageInfo"]["endCursor"]))["relationships"]

    pages = [[one["trustScore"] for one in each["nodes"]] for each in (first, second)]
    assert (pages, second["pageInfo"]["hasNextPage"]) == ([[2, 1], [0]], False)


async def test_a_brain_sees_of_the_past_what_is_its_own(world: World, ask: Ask) -> None:
    bela, otto, foes = await peopled(world)
    await world.treaty("nap", otto, foes, secret=True)
    at = await now(world)

    seen = await told(ask, world, at, viewer=bela)
    all_of_it = await told(ask, world, at)

    assert [one["trustScore"] for one in seen["relationships"]["nodes"]] == [40]
    assert seen["treaties"]["totalCount"] == all_of_it["treaties"]["totalCount"] - 1


async def test_a_moment_to_come_is_refused(world: World, ask: Ask) -> None:
    at = await now(world) + timedelta(minutes=1)

    answer = await ask.anyway(SCORES, world=world.world_id, at=at.isoformat())

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.messages == ["asOf must be a moment that has passed: leave it out to ask for now."]


async def test_who_asks_waits_for_what_is_being_written(world: World, ask: Ask) -> None:
    bela, otto, _ = await peopled(world)
    async with world.transaction() as conn:
        await conn.execute(
            "INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points) "
            "VALUES ($1, $2, $3, 'adjusted', 7)",
            world.world_id, bela.npc_id, otto.player_id,
        )  # fmt: skip
        at = await now(world)
        waiting = asyncio.create_task(told(ask, world, at, SCORES))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done

    assert (await waiting)["relationships"]["nodes"][0]["trustScore"] == 47


async def test_what_is_written_for_too_long_is_told(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.recording.TRIES", 2)
    before = await now(world)
    async with world.transaction() as conn:
        await conn.execute("LOCK TABLE trust_events IN ROW EXCLUSIVE MODE")
        answer = await ask.anyway(SCORES, world=world.world_id, at=(await now(world)).isoformat())
        earlier = await told(ask, world, before, SCORES)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "still being written" in answer.messages[0]
    assert earlier["relationships"]["nodes"] == []


async def test_lists_of_a_moment_are_read_together(world: World, ask: Ask, statements: list[str]) -> None:
    await peopled(world)
    query = """query ($world: String!, $at: DateTime) { players(worldId: $world) { nodes {
      trustedBy(asOf: $at) { nodes { trustScore player { name } } } } } }"""
    at = await now(world)
    statements.clear()

    await told(ask, world, at, query)
    await now(world)  # what was run last is heard a moment later

    players, settled, past = statements
    assert ("players" in players, "pg_locks" in settled, "relationship_events" in past) == (True, True, True)
