"""Wars: declared by one side, ended by both."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.acting import ACCEPT, MAKE_PEACE, act, events, memories, party, regard, written
from tests.asking import Ask
from tests.world import Npc, Party, Player, World

DECLARE = """mutation ($input: DeclareWarInput!) { declareWar(input: $input) {
    ... on Treaty { treatyId type status isPublic startsAt
                    proposer { ... on Player { name } ... on Alliance { name } } }
    ... on Refusal { code message } } }"""


async def declare(ask: Ask, world: World, actor: Player, against: Party, **more: Any) -> dict[str, Any]:
    """What becomes of a declaration of war."""
    given = {"worldId": world.world_id, "asPlayerId": actor.player_id, "against": party(against)}
    viewer = {"viewer": actor} if isinstance(actor, Npc) else {}
    data = await ask(DECLARE, **viewer, input=given | more)
    result: dict[str, Any] = data["declareWar"]
    return result


async def test_a_war_is_on_at_once_and_hurts_those_it_is_declared_on(world: World, ask: Ask) -> None:
    bela, otto, odo, ally = [await world.npc(name) for name in ("Bela", "Otto", "Odo", "Ally")]
    blues = await world.alliance("Blues", [odo], leader=otto)
    await world.treaty("confederacy", ally, blues)
    before = await world.version()

    war = await declare(ask, world, bela, blues)
    assert (war["type"], war["status"], war["isPublic"]) == ("WAR", "ACTIVE", True)
    assert war["proposer"] == {"name": bela.name}
    assert await world.version() == before + 1
    assert [await events(world, one, bela) for one in (otto, odo, ally)] == [
        [("war_declared", -30)],
        [("war_declared", -30)],
        [("war_declared", -10)],
    ]
    assert (await regard(world, otto, bela), await regard(world, ally, bela)) == ("enemy", "neutral")
    told = {
        "treaty_id": war["treatyId"], "type": "war", "event": "war declared", "parties": [bela.name, "Blues"],
        "by": bela.name, "result": "active",
    }  # fmt: skip
    assert await memories(world, odo) == await memories(world, bela) == [("alliance_event", told)]


async def test_peace_takes_both(world: World, ask: Ask) -> None:
    bela, ilka, otto = await world.npc("Bela"), await world.npc("Ilka"), await world.npc("Otto")
    reds = await world.alliance("Reds", leader=bela)
    await world.joins(ilka, reds, role="co-leader")
    war = (await declare(ask, world, bela, otto, declarer=party(reds)))["treatyId"]
    before = await world.version()

    offered = await act(ask, MAKE_PEACE, world, ilka, war)
    assert (offered["status"], offered["peaceOfferedBy"]) == ("ACTIVE", "A")
    assert (await act(ask, MAKE_PEACE, world, bela, war))["code"] == "ALREADY_PROPOSED"
    made = await act(ask, MAKE_PEACE, world, otto, war)
    assert made["status"] == "CANCELLED"
    assert [event["kind"] for event in made["events"]] == ["ACTIVE", "PEACE_OFFERED", "CANCELLED"]
    assert made["endsAt"] is not None
    assert await world.version() == before + 2

    assert await events(world, otto, ilka) == [("peace_made", 10)]
    assert await events(world, otto, bela) == [("war_declared", -30)]
    assert [await events(world, one, otto) for one in (bela, ilka)] == [[("peace_made", 10)]] * 2
    assert (await act(ask, MAKE_PEACE, world, otto, war))["code"] == "NOT_IN_FORCE"


async def test_peace_with_a_party_that_is_gone_needs_no_answer(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    war = await world.treaty("war", otto, bela)
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, otto.player_id)  # fmt: skip
    assert (await act(ask, MAKE_PEACE, world, bela, war))["status"] == "CANCELLED"


async def test_promises_and_war_exclude_each_other(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    pact = await world.treaty("trade_agreement", otto, bela)
    war = await world.treaty("war", bela, una)
    offered = await world.treaty("confederacy", una, bela, status="proposed")
    before = await written(world)

    refused = await declare(ask, world, bela, otto)
    assert refused["code"] == "AT_PEACE_BY_TREATY"
    assert f"trade agreement, treaty {pact.treaty_id}," in refused["message"]
    assert (await declare(ask, world, una, bela))["code"] == "ALREADY_IN_FORCE"
    assert (await act(ask, ACCEPT, world, bela, offered))["code"] == "AT_WAR"
    assert (await act(ask, MAKE_PEACE, world, bela, pact))["code"] == "NOT_A_WAR"
    assert (await act(ask, MAKE_PEACE, world, otto, war))["code"] == "NOT_YOURS"
    assert (await declare(ask, world, bela, bela))["code"] == "SAME_PARTY"
    assert await written(world) == before


async def test_what_ended_by_itself_stands_in_no_way(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    then: dict[str, Any] = {
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2026, 1, 2, tzinfo=UTC),
    }
    await world.treaty("nap", bela, otto, **then)
    await world.treaty("war", otto, bela, **then)
    assert (await declare(ask, world, bela, otto))["status"] == "ACTIVE"
    assert await events(world, otto, bela) == [("treaty_honoured", 10), ("war_declared", -30)]


async def test_of_two_who_declare_war_on_each_other_one_does(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    answers = await asyncio.gather(declare(ask, world, bela, otto), declare(ask, world, otto, bela))
    assert sorted(answer.get("code", "-") for answer in answers) == ["-", "ALREADY_IN_FORCE"]


async def test_nobody_declares_war_on_a_comrade(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [otto], leader=bela)
    before = await world.version()

    assert (await declare(ask, world, bela, otto))["code"] == "SAME_PARTY"
    assert await world.version() == before
