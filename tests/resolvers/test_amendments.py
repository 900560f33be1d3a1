"""Amendments: treaties in force that end or last longer in agreement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acting import BREAK, act, done, events, memories, regard
from tests.asking import Ask
from tests.world import Npc, Treaty, World

AMENDED = """... on Treaty { status endsAt offer offeredBy offeredEndsAt events { kind by { playerId } } }
    ... on Refusal { code message }"""
CANCEL = f"mutation ($input: CancelTreatyInput!) {{ cancelTreaty(input: $input) {{ {AMENDED} }} }}"
PROLONG = f"mutation ($input: ProlongTreatyInput!) {{ prolongTreaty(input: $input) {{ {AMENDED} }} }}"
NOW = datetime.now(UTC).replace(microsecond=0)
TOMORROW, NEXT_WEEK, NEXT_MONTH = (NOW + timedelta(days=days) for days in (1, 7, 30))


async def amend(
    ask: Ask, mutation: str, world: World, by: Npc, treaty: Treaty, ends_at: datetime | None = None
) -> dict[str, Any]:
    """What becomes of an offer, or of the answer to one."""
    given = {"worldId": world.world_id, "asPlayerId": by.player_id, "treatyId": treaty.treaty_id}
    more = {} if ends_at is None else {"endsAt": ends_at.isoformat()}
    return await done(ask, mutation, by, **given, **more)


async def test_a_treaty_ends_in_agreement_and_costs_no_trust(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.regards(bela, otto, relationship_type="ally")
    pact = await world.treaty("confederacy", bela, otto)
    offered = await amend(ask, CANCEL, world, bela, pact)
    assert (offered["status"], offered["offer"], offered["offeredBy"]) == ("ACTIVE", "END", "A")
    assert offered["events"][-1] == {"kind": "END_OFFERED", "by": {"playerId": bela.player_id}}
    assert (await amend(ask, CANCEL, world, bela, pact))["code"] == "ALREADY_PROPOSED"

    over = await amend(ask, CANCEL, world, otto, pact)
    assert (over["status"], over["offer"], over["offeredBy"]) == ("CANCELLED", None, None)
    assert over["endsAt"] is not None
    assert over["events"][-1] == {"kind": "CANCELLED", "by": {"playerId": otto.player_id}}
    assert await events(world, bela, otto) == await events(world, otto, bela) == []
    assert await regard(world, bela, otto) == "neutral"
    assert [told["event"] for _, told in await memories(world, bela)] == ["treaty ended in agreement"]
    assert (await amend(ask, CANCEL, world, bela, pact))["code"] == "NOT_IN_FORCE"


async def test_a_treaty_is_prolonged_by_the_same_word_of_both(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto, ends_at=TOMORROW)
    offered = await amend(ask, PROLONG, world, bela, pact, NEXT_WEEK)
    assert (offered["offer"], offered["offeredBy"]) == ("PROLONG", "A")
    assert (offered["endsAt"], offered["offeredEndsAt"]) == (TOMORROW.isoformat(), NEXT_WEEK.isoformat())
    assert (await amend(ask, PROLONG, world, bela, pact, NEXT_WEEK))["code"] == "ALREADY_PROPOSED"

    countered = await amend(ask, PROLONG, world, otto, pact, NEXT_MONTH)
    assert (countered["offeredBy"], countered["offeredEndsAt"]) == ("B", NEXT_MONTH.isoformat())
    agreed = await amend(ask, PROLONG, world, bela, pact, NEXT_MONTH)
    assert (agreed["endsAt"], agreed["offer"]) == (NEXT_MONTH.isoformat(), None)
    kinds = [one["kind"] for one in agreed["events"]]
    assert kinds == ["ACTIVE", "PROLONGING_OFFERED", "PROLONGING_OFFERED", "PROLONGED"]
    assert await events(world, bela, otto) == await events(world, otto, bela) == [("treaty_honoured", 5)]

    await amend(ask, PROLONG, world, bela, pact)
    assert (await amend(ask, PROLONG, world, otto, pact))["endsAt"] is None


async def test_a_treaty_that_is_broken_leaves_no_offer(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto, ends_at=TOMORROW)
    await amend(ask, PROLONG, world, bela, pact, NEXT_WEEK)
    await act(ask, BREAK, world, otto, pact)
    offer = "SELECT num_nonnulls(offer, offered_by, offered_ends_at) FROM treaties WHERE treaty_id = $1"
    assert await world.value(offer, pact.treaty_id) == 0


async def test_what_cannot_be_amended(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    war, endless = await world.treaty("war", bela, otto), await world.treaty("nap", bela, una)
    dated = await world.treaty("trade_agreement", bela, una, ends_at=NEXT_WEEK)
    offered = await world.treaty("confederacy", bela, una, status="proposed")
    for mutation, by, treaty, code in (
        (CANCEL, bela, war, "IS_A_WAR"),
        (PROLONG, bela, war, "IS_A_WAR"),
        (PROLONG, bela, endless, "NOTHING_TO_PROLONG"),
        (PROLONG, una, dated, "NOTHING_TO_PROLONG"),
        (CANCEL, bela, offered, "NOT_IN_FORCE"),
        (CANCEL, otto, endless, "NOT_YOURS"),
    ):
        assert (await amend(ask, mutation, world, by, treaty, *_tomorrow(mutation)))["code"] == code


def _tomorrow(mutation: str) -> list[datetime]:
    return [TOMORROW] if mutation is PROLONG else []


async def test_with_one_who_is_gone_a_treaty_ends_at_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto, ends_at=TOMORROW)
    await world.run("UPDATE players SET gone_at = now() WHERE player_id = $1 AND world_id = $2",
                    otto.player_id, world.world_id)  # fmt: skip
    assert (await amend(ask, PROLONG, world, bela, pact, NEXT_WEEK))["code"] == "GONE"
    assert (await amend(ask, CANCEL, world, bela, pact))["status"] == "CANCELLED"


async def test_leaders_end_what_their_alliances_agreed(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    reds = await world.alliance("Reds", [una], leader=bela)
    pact = await world.treaty("nap", reds, otto)
    assert (await amend(ask, CANCEL, world, una, pact))["code"] == "NOT_YOURS"
    assert (await amend(ask, CANCEL, world, otto, pact))["offeredBy"] == "B"
    assert (await amend(ask, CANCEL, world, bela, pact))["status"] == "CANCELLED"
    assert [told["event"] for _, told in await memories(world, una)] == ["treaty ended in agreement"]
