"""Trades: recorded for each NPC in them; fairness is repaid with trust."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import events, memories, written
from tests.asking import Ask
from tests.recording import TRADE, held, tell, traded
from tests.world import World


async def test_a_fair_trade_is_two_records_and_trust_on_both_sides(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 50)

    told = await tell(ask, TRADE, world, **traded(bela, otto, requestedAmount=80, marketRate=1.0))

    mine, his = told["trades"]
    assert (mine["tradeType"], mine["offeredResource"], mine["requestedAmount"]) == (
        "OFFER_CREATED",
        "WOOD",
        80,
    )
    assert (mine["exchangeRate"], mine["profitMargin"], mine["partnerTrustworthiness"]) == (
        0.8,
        pytest.approx(-0.2),
        0.75,
    )
    assert (his["tradeType"], his["offeredResource"], his["offeredAmount"]) == ("OFFER_ACCEPTED", "CLAY", 80)
    assert (his["exchangeRate"], his["partnerTrustworthiness"]) == (1.25, None)
    assert (await events(world, bela, otto))[1:] == [("traded_fairly", 5)]
    assert await events(world, otto, bela) == [("traded_fairly", 5)]
    assert [kind for kind, _ in await memories(world, otto)] == ["trade"]
    counted = await held(world, otto, bela)
    assert counted is not None
    assert (counted["total_interactions"], counted["last_interaction_type"]) == (1, "trade")


async def test_who_gets_too_little_trusts_nobody_more(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")

    await tell(ask, TRADE, world, **traded(bela, otto, requestedAmount=70))

    assert await events(world, bela, otto) == []
    assert await events(world, otto, bela) == [("traded_fairly", 5)]


async def test_an_offer_leaves_nothing_until_it_is_taken(world: World, ask: Ask) -> None:
    bela, human = await world.npc("Bela"), await world.player("Human")
    offer = traded(bela, None, tradeId=7, status="PENDING")

    [waiting] = (await tell(ask, TRADE, world, **offer))["trades"]
    assert (waiting["tradeStatus"], waiting["partner"], waiting["completedAt"]) == ("PENDING", None, None)
    assert await memories(world, bela) == []
    assert (await tell(ask, TRADE, world, **offer))["code"] == "ALREADY_RECORDED"

    [done] = (await tell(ask, TRADE, world, **traded(bela, human, tradeId=7)))["trades"]
    assert (done["recordId"], done["tradeStatus"]) == (waiting["recordId"], "COMPLETED")
    assert done["partner"] == {"playerId": human.player_id}
    assert done["completedAt"] is not None
    assert await events(world, bela, human) == [("traded_fairly", 5)]

    before = await written(world)
    again = await tell(ask, TRADE, world, **traded(bela, human, tradeId=7))
    assert again["code"] == "ALREADY_RECORDED"
    assert await written(world) == before


async def test_a_gift_pleases_who_gets_it(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    gift = {"requestedResource": None, "requestedAmount": 0, "tradeType": "MERCHANT_SENT"}

    told = await tell(ask, TRADE, world, **traded(bela, otto, **gift))

    assert [one["tradeType"] for one in told["trades"]] == ["MERCHANT_SENT", "MERCHANT_SENT"]
    assert await events(world, otto, bela) == [("traded_fairly", 5)]
    assert await events(world, bela, otto) == []


async def test_a_brain_records_its_own_side(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]

    told = await tell(ask, TRADE, world, viewer=otto, **traded(bela, otto))
    foreign = await tell(ask, TRADE, world, viewer=cili, **traded(bela, otto))

    assert [one["npc"]["npcId"] for one in told["trades"]] == [otto.npc_id]
    assert await events(world, bela, otto) == []
    assert foreign["code"] == "NOT_CONCERNED"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"partnerPlayerId": 1}, "must differ"),
        ({"partnerPlayerId": None}, "Pass partnerPlayerId"),
        ({"offeredResource": None}, "Pass offeredResource"),
        ({"requestedAmount": -1}, "requestedAmount must be"),
        ({"requestedAmount": 2**62}, "requestedAmount must be"),
        ({"marketRate": 0}, "marketRate must be"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    given = {"worldId": world.world_id, **traded(bela, otto)}
    answer = await ask.anyway(TRADE % "__typename", input=given | bad)

    assert says in answer.messages[0]
