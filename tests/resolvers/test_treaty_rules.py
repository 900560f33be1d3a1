"""Rules of treaties: what keeps two from agreeing, how many there may be, and how long an offer waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acting import ACCEPT, act, party, propose
from tests.asking import Ask
from tests.world import Npc, Party, World

DECLARE = """mutation ($input: DeclareWarInput!) { declareWar(input: $input) {
    ... on Treaty { type status } ... on Refusal { code message } } }"""
ANSWER_BY = "query ($world: String!, $id: BigInt!) { treaty(worldId: $world, treatyId: $id) { answerBy } }"
STATUS = "SELECT status FROM treaties WHERE world_id = $1 AND treaty_id = $2"
EVENTS = "SELECT kind FROM treaty_events WHERE world_id = $1 AND treaty_id = $2 ORDER BY event_id"


async def declare(ask: Ask, world: World, by: Npc, against: Party, **more: Any) -> dict[str, Any]:
    """What becomes of a declaration of war."""
    given = {"worldId": world.world_id, "asPlayerId": by.player_id, "against": party(against)} | more
    result: dict[str, Any] = (await ask(DECLARE, viewer=by, input=given))["declareWar"]
    return result


async def settings(world: World, text: str) -> None:
    """Give a world these settings."""
    await world.run("UPDATE worlds SET settings = $2::jsonb WHERE world_id = $1", world.world_id, text)


# War and peace ----------------------------------------------------------------------------------------------


async def test_whose_alliances_are_at_war_can_agree_on_nothing(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    reds, blues = await world.alliance("Reds", leader=bela), await world.alliance("Blues", leader=otto)
    offered = await world.treaty("nap", bela, otto, status="proposed")
    war = await world.treaty("war", reds, blues)
    refused = await propose(ask, world, bela, otto, type="TRADE_AGREEMENT")
    assert refused["code"] == "AT_WAR"
    assert f"Their alliances are at war, treaty {war.treaty_id}" in refused["message"]
    assert (await propose(ask, world, bela, blues))["code"] == "AT_WAR"
    assert (await act(ask, ACCEPT, world, otto, offered))["code"] == "AT_WAR"
    assert (await propose(ask, world, bela, una))["status"] == "PROPOSED"


async def test_what_alliances_promised_binds_their_members(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    reds = await world.alliance("Reds", [una], leader=bela)
    blues = await world.alliance("Blues", leader=otto)
    await world.treaty("trade_agreement", reds, blues)
    assert (await declare(ask, world, una, otto))["type"] == "WAR"
    await world.run("DELETE FROM treaties WHERE world_id = $1 AND type = 'war'", world.world_id)
    pact = await world.treaty("nap", reds, blues)
    refused = await declare(ask, world, una, otto)
    assert refused["code"] == "AT_PEACE_BY_TREATY"
    assert f"Their alliances' nap, treaty {pact.treaty_id}, is in force and binds" in refused["message"]
    assert (await declare(ask, world, una, blues))["code"] == "AT_PEACE_BY_TREATY"


async def test_members_may_fight_each_other_in_a_war_of_their_alliances(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds, blues = await world.alliance("Reds", leader=bela), await world.alliance("Blues", leader=otto)
    await world.treaty("war", reds, blues)
    refused = await declare(ask, world, otto, reds, declarer=party(blues))
    assert refused["code"] == "ALREADY_IN_FORCE"
    assert (await declare(ask, world, bela, otto))["status"] == "ACTIVE"


# One overlord, so many treaties -----------------------------------------------------------------------------


async def test_a_vassal_has_one_overlord(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    kim = await world.npc("Kim")
    waiting = await world.treaty("vassalage", kim, otto, status="proposed")
    bound = await world.treaty("vassalage", bela, otto)
    serving = {"type": "VASSALAGE", "overlord": "B"}
    refused = await propose(ask, world, otto, una, **serving)
    assert refused["code"] == "HAS_OVERLORD"
    assert f"by treaty {bound.treaty_id}" in refused["message"]
    assert (await act(ask, ACCEPT, world, otto, waiting))["code"] == "HAS_OVERLORD"
    assert (await propose(ask, world, una, bela, **serving))["status"] == "PROPOSED"


async def test_each_type_has_its_own_limit(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    reds = await world.alliance("Reds", leader=bela)
    blues = await world.alliance("Blues", leader=otto)
    await settings(world, '{"max_naps": 1, "max_wars": 1}')
    await world.treaty("nap", blues, una)
    for_the_reds = {"proposer": party(reds)}
    made = await propose(ask, world, bela, blues, **for_the_reds)
    assert (await act(ask, ACCEPT, world, otto, made["treatyId"]))["message"].startswith("Blues has 1 NAPs")
    trade = await propose(ask, world, bela, blues, **for_the_reds, type="TRADE_AGREEMENT")
    assert (await act(ask, ACCEPT, world, otto, trade["treatyId"]))["status"] == "ACTIVE"
    assert (await declare(ask, world, bela, una, declarer=party(reds)))["status"] == "ACTIVE"
    zed = await world.player("Zed")
    assert (await declare(ask, world, bela, zed, declarer=party(reds)))["code"] == "TOO_MANY_TREATIES"
    assert (await declare(ask, world, bela, zed))["status"] == "ACTIVE"


# Offers that wait -------------------------------------------------------------------------------------------


async def answer_by(ask: Ask, world: World, treaty_id: int) -> datetime:
    """Until when a proposal waits."""
    found = await ask(ANSWER_BY, world=world.world_id, id=treaty_id)
    return datetime.fromisoformat(found["treaty"]["answerBy"])


async def test_a_proposal_waits_as_long_as_the_world_says_or_as_was_told(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    usual = await propose(ask, world, bela, otto)
    assert abs(await answer_by(ask, world, usual["treatyId"]) - now - timedelta(days=7)) < minute
    await settings(world, '{"proposal_days": 0.5}')
    short = await propose(ask, world, bela, otto, type="CONFEDERACY")
    assert abs(await answer_by(ask, world, short["treatyId"]) - now - timedelta(hours=12)) < minute
    told = now + timedelta(days=30)
    long = await propose(ask, world, bela, otto, type="TRADE_AGREEMENT", answerBy=told.isoformat())
    assert await answer_by(ask, world, long["treatyId"]) == told


async def test_what_nobody_answered_in_time_is_over(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    late: dict[str, Any] = {"answer_by": datetime.now(UTC) - timedelta(seconds=1)}
    old = await world.treaty("nap", bela, otto, status="proposed", **late)
    refused = await act(ask, ACCEPT, world, otto, old)
    assert refused["code"] == "TOO_LATE"
    assert "propose a new one" in refused["message"]
    assert (await propose(ask, world, otto, bela))["status"] == "PROPOSED"
    assert await world.value(STATUS, world.world_id, old.treaty_id) == "expired"
    kinds = [record["kind"] for record in await world.run(EVENTS, world.world_id, old.treaty_id)]
    assert kinds == ["proposed", "expired"]
    assert await world.trust(otto, bela) is None
