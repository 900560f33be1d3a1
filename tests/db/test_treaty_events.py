"""Each change of a treaty's status is kept, and what may not be in force together is refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.world import Treaty, World

IN_FORCE = "status = 'active', starts_at = now()"
REDS = "INSERT INTO alliances (world_id, alliance_id, name, tag) VALUES ($1, $2, 'Reds', 'R')"
EVENTS = """
SELECT kind, by_player_id FROM treaty_events WHERE world_id = $1 AND treaty_id = $2 ORDER BY event_id
"""


async def test_each_status_becomes_an_event_of_the_treaty(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto, status="proposed", changed_by=bela.player_id)
    before = await world.version()

    await _change(world, pact, "changed_at = clock_timestamp(), changed_by = $2, " + IN_FORCE, otto.player_id)
    await _change(world, pact, "status = 'broken', broken_at = now(), broken_by = 'a'")

    assert await _events(world, pact) == [
        ("proposed", bela.player_id),
        ("active", otto.player_id),
        ("broken", None),
    ]
    assert [change.data["event"] for change in await world.changes()] == ["proposed", "active", "broken"]
    assert await world.version() == before + 2


async def test_an_offer_of_peace_is_an_event_and_other_changes_are_none(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    war = await world.treaty("war", bela, otto)

    await _change(world, war, "peace_offered_by = 'b'")
    await _change(world, war, "terms = '{\"tribute\": 100}'")
    await _change(world, war, "peace_offered_by = NULL")

    assert [kind for kind, _ in await _events(world, war)] == ["active", "peace_offered"]
    assert [change.data["event"] for change in await world.changes()] == [
        "active",
        "changed",
        "changed",
        "changed",
    ]


@pytest.mark.parametrize("swapped", [False, True])
async def test_a_second_treaty_of_a_type_in_force_is_refused(world: World, swapped: bool) -> None:
    reds, blues = await world.alliance("Reds"), await world.alliance("Blues")
    await world.treaty("confederacy", reds, blues)
    pair = (blues, reds) if swapped else (reds, blues)

    with pytest.raises(asyncpg.UniqueViolationError):
        await world.treaty("confederacy", *pair)

    await world.treaty("nap", *pair)
    await world.treaty("confederacy", *pair, status="proposed")


async def test_a_player_and_an_alliance_of_the_same_number_are_different_parties(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.run(REDS, world.world_id, bela.player_id)
    await world.treaty("nap", bela, otto)

    await world.treaty(
        "nap", bela, otto, a_player_id=None, a_alliance_id=bela.player_id
    )  # the alliance numbered as Bela is


async def test_of_two_acceptances_at_once_one_is_refused(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    offers = [await world.treaty("nap", *pair, status="proposed") for pair in ((bela, otto), (otto, bela))]

    outcomes = await asyncio.gather(
        *(_change(world, offer, IN_FORCE) for offer in offers),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "UniqueViolationError"]


async def test_a_treaty_that_ended_makes_room_for_the_next(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    first = await world.treaty("nap", bela, otto)

    await _change(world, first, "status = 'cancelled'")
    second = await world.treaty("nap", otto, bela)

    assert second != first


async def test_nobody_makes_a_treaty_with_themselves(world: World) -> None:
    bela = await world.npc("Bela")

    with pytest.raises(asyncpg.CheckViolationError):
        await world.treaty("nap", bela, bela)


async def test_treaties_are_still_readable_in_their_first_shape(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", [otto])
    await world.regards(bela, otto, trust_score=10)
    await world.treaty("nap", bela, otto)
    await world.treaty("trade_agreement", reds, bela, terms={"wood": 5})
    await world.treaty("war", otto, bela)
    await world.treaty("vassalage", bela, otto, status="proposed")

    found = await world.value(
        "SELECT jsonb_path_query_array(r.treaties_active, '$[*].type')::text FROM npc_relationships r"
        " WHERE world_id = $1",
        world.world_id,
    )

    assert found == '["NAP", "trade_agreement"]'


async def test_a_treaty_whose_time_is_over_is_not_among_those_in_force(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.regards(bela, otto, trust_score=10)
    now = datetime.now(UTC)
    await world.treaty("nap", bela, otto, starts_at=now - timedelta(2), ends_at=now - timedelta(1))
    await world.treaty("trade_agreement", otto, bela, ends_at=now + timedelta(1))

    found = await world.value(
        "SELECT jsonb_path_query_array(r.treaties_active, '$[*].type')::text FROM npc_relationships r"
        " WHERE world_id = $1",
        world.world_id,
    )

    assert found == '["trade_agreement"]'


@pytest.mark.parametrize("secret", [False, True])
async def test_the_feed_says_whether_a_treaty_is_public(world: World, *, secret: bool) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto, secret=secret)
    await _change(world, pact, "status = 'cancelled'")
    await world.run("DELETE FROM treaties WHERE world_id = $1", world.world_id)

    assert await _told_of(world, "treaty") == [not secret] * 3


async def test_the_feed_tells_a_treaty_that_becomes_secret_to_nobody_else(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto)

    await _change(world, pact, "is_public = false")

    assert await _told_of(world, "treaty") == [True, False]


async def _told_of(world: World, kind: str) -> list[bool]:
    records = await world.run(
        "SELECT is_public FROM graph_changes WHERE world_id = $1 AND kind = $2 ORDER BY seq",
        world.world_id,
        kind,
    )
    return [record["is_public"] for record in records]


async def _change(world: World, treaty: Treaty, changes: str, *values: object) -> None:
    await world.run(
        f"UPDATE treaties SET {changes} WHERE world_id = '{world.world_id}' AND treaty_id = $1",
        treaty.treaty_id,
        *values,
    )


async def _events(world: World, treaty: Treaty) -> list[tuple[str, int | None]]:
    records = await world.run(EVENTS, world.world_id, treaty.treaty_id)
    return [(record["kind"], record["by_player_id"]) for record in records]
