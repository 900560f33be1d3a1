"""What an act is worth follows the rules of the world, and the personality of who feels it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolvers.feelings import problems
from tests.acting import BREAK, act, events
from tests.asking import Ask
from tests.world import Npc, Player, World

DAY = 86_400
RULES = """query ($world: String!, $of: Personality) { world(worldId: $world) {
  trustRules(personality: $of) { name kind points halfLifeSeconds } } }"""
ADJUST = """mutation ($input: AdjustTrustInput!) { adjustTrust(input: $input) {
  ... on Relationship { trustEvents(first: 1) { nodes { points halfLifeSeconds } } } } }"""
SAID = {
    "trust_events": {"treaty_broken": -80, "traded_fairly": {"points": 8, "half_life_days": None}},
    "trust_events_by_personality": {
        "diplomat": {"treaty_broken": {"half_life_days": 365}, "lied_to_me": -90},
        "assassin": {"treaty_broken": {"points": -20}},
    },
}


async def say(world: World, settings: dict[str, Any]) -> None:
    """Give a world these settings."""
    await world.run(
        "UPDATE worlds SET settings = $2 WHERE world_id = $1", world.world_id, json.dumps(settings)
    )


async def rules(ask: Ask, world: World, of: str | None = None) -> dict[str, tuple[float, float | None]]:
    """The points and half-lives in days of all acts."""
    found = (await ask(RULES, world=world.world_id, of=of))["world"]["trustRules"]
    return {
        one["name"]: (one["points"], one["halfLifeSeconds"] and one["halfLifeSeconds"] / DAY) for one in found
    }


async def test_the_usual_is_as_designed(world: World, ask: Ask) -> None:
    usual = {name: points for name, (points, _) in (await rules(ask, world)).items()}

    assert usual.items() >= {
        "alliance_formed": 30, "treaty_honoured": 10, "treaty_broken": -50, "helped_in_battle": 20,
        "attacked_me": -40, "attacked_my_ally": -30, "traded_fairly": 5, "shared_intelligence": 15,
        "lied_to_me": -60, "backstabbed": -100,
    }.items()  # fmt: skip


async def test_a_world_says_otherwise_and_of_a_personality_once_more(world: World, ask: Ask) -> None:
    await say(world, SAID)

    told = {of: await rules(ask, world, of) for of in (None, "DIPLOMAT", "ASSASSIN")}

    assert told[None]["treaty_broken"] == (-80, 120)
    assert told[None]["traded_fairly"] == (8, None)
    assert told["DIPLOMAT"]["treaty_broken"] == (-80, 365)
    assert told["DIPLOMAT"]["lied_to_me"] == (-90, 60)
    assert told["ASSASSIN"]["treaty_broken"] == (-20, 120)
    assert told["ASSASSIN"]["lied_to_me"] == (-60, 60)


async def test_who_is_wronged_feels_it_in_its_own_way(world: World, ask: Ask) -> None:
    await say(world, SAID)
    bela, traitor = await world.npc("Bela", personality="diplomat"), await world.npc("Traitor")
    uma = await world.npc("Uma", personality="assassin")
    for victim in (bela, uma):
        pact = await world.treaty("nap", traitor, victim)
        await act(ask, BREAK, world, traitor, pact)

    assert await events(world, bela, traitor) == [("treaty_broken", -80)]
    assert await events(world, uma, traitor) == [("treaty_broken", -20)]
    assert await half_lives(world, bela) == [365]


async def test_an_event_keeps_what_held_when_it_was_entered(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela", personality="diplomat"), await world.npc("Otto")
    before = await entered(ask, world, bela, otto, kind="LIED_TO_ME")
    await say(world, SAID)
    after = await entered(ask, world, bela, otto, kind="LIED_TO_ME")
    by_hand = await entered(ask, world, bela, otto, kind="LIED_TO_ME", points=-1)
    fading = await entered(ask, world, bela, otto, kind="TRADED_FAIRLY", halfLifeSeconds=DAY)

    assert (before, after, by_hand, fading) == ((-60, 60 * DAY), (-90, 60 * DAY), (-1, None), (8, DAY))
    assert [points for _, points in await events(world, bela, otto)] == [-60, -90, -1, 8]


async def test_what_no_rule_speaks_of_needs_points(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    given = {"worldId": world.world_id, "npcId": bela.npc_id, "targetPlayerId": otto.player_id}

    answer = await ask.anyway(ADJUST, input=given)

    assert answer.messages == ["Pass points: no rule says what ADJUSTED is worth."]


async def entered(ask: Ask, world: World, npc: Npc, of: Player, **more: Any) -> tuple[float, float | None]:
    """The event that is entered by hand."""
    given = {"worldId": world.world_id, "npcId": npc.npc_id, "targetPlayerId": of.player_id}
    answer = await ask(ADJUST, input=given | more)
    (event,) = answer["adjustTrust"]["trustEvents"]["nodes"]
    return event["points"], event["halfLifeSeconds"]


async def half_lives(world: World, npc: Npc) -> list[float]:
    """The half-lives in an NPC's ledger, in days."""
    sql = "SELECT half_life_seconds FROM trust_events WHERE world_id = $1 AND npc_id = $2"
    return [record[0] / DAY for record in await world.run(sql, world.world_id, npc.npc_id)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (SAID, []),
        ({}, []),
        ({"trust_events": []}, ["trust_events must be an object"]),
        ({"trust_events": {"treaty_broken": "-80"}}, ["trust_events.treaty_broken must be a number"]),
        ({"trust_events": {"treaty_broken": 1001}}, ["trust_events.treaty_broken must be a number"]),
        ({"trust_events": {"treaty_broken": True}}, ["trust_events.treaty_broken must be a number"]),
        ({"trust_events": {"broke_it": -5}}, ["trust_events.broke_it is none of alliance_formed"]),
        ({"trust_events": {"treaty_broken": {"point": 1}}}, ["treaty_broken.point says nothing"]),
        ({"trust_events": {"treaty_broken": {"half_life_days": 0}}}, ["must be a number from 0.001 to"]),
        ({"trust_events_by_personality": {"coward": {}}}, ["coward is no personality: aggressive"]),
        ({"trust_events_by_personality": {"diplomat": {"x": 1}}}, ["diplomat.x is none of"]),
    ],
)
def test_what_makes_no_sense_is_named(settings: dict[str, Any], said: list[str]) -> None:
    found = problems(settings)

    assert len(found) == len(said)
    assert all(part in one for part, one in zip(said, found, strict=True))


async def test_nonsense_in_settings_changes_nothing(world: World, ask: Ask) -> None:
    usual = await rules(ask, world)
    wrong: dict[str, Any] = {"treaty_broken": {"points": "much"}, "lied_to_me": [], "x": None}
    await say(world, {"trust_events": wrong, "trust_events_by_personality": 3})

    assert await rules(ask, world) == usual
