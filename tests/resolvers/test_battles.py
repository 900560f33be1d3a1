"""Battles: recorded once for each NPC in them, with what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acting import events, memories, written
from tests.asking import Ask
from tests.recording import BATTLE, beside, fought, held, tell
from tests.world import World


async def test_a_battle_is_remembered_by_both_and_costs_the_attacker_trust(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()

    told = await tell(
        ask,
        BATTLE,
        world,
        **fought(bela, otto, battleId=7, isRaid=True),
        participants=[
            beside(
                bela, "ATTACKER", resourcesGained=500, myTroopsSent={"axe": 9}, myTroopsSurvived={"axe": 7}
            ),
            beside(otto, "DEFENDER", resourcesLost=500),
        ],
    )

    shown = [
        (one["npc"]["npcId"], one["battleType"], one["npcRole"], one["result"]) for one in told["battles"]
    ]
    assert shown == [
        (bela.npc_id, "RAID", "ATTACKER", "VICTORY"),
        (otto.npc_id, "DEFENSE", "DEFENDER", "DEFEAT"),
    ]
    assert await events(world, otto, bela) == [("attacked_me", -40)]
    assert await events(world, bela, otto) == []
    mine, his = await held(world, bela, otto), await held(world, otto, bela)
    assert mine is not None
    assert his is not None
    assert (mine["battles_won_against"], mine["resources_raided_from"], mine["last_interaction_type"]) == (
        1, 500, "raid",
    )  # fmt: skip
    assert (his["battles_lost_against"], his["resources_lost_to"], his["total_interactions"]) == (1, 500, 1)
    [(kind, remembered)] = await memories(world, bela)
    assert (kind, remembered["result"], remembered["my_losses"]) == ("battle", "victory", {"axe": 2})
    assert [kind for kind, _ in await memories(world, otto)] == ["battle"]
    fights = await world.run("SELECT battles_fought FROM npcs WHERE id = ANY($1)", [bela.npc_id, otto.npc_id])
    assert [record[0] for record in fights] == [1, 1]
    assert await world.version() == before + 1


async def test_those_who_fight_together_trust_each_other_more(world: World, ask: Ask) -> None:
    bela, cili, dora = [await world.npc(name) for name in ("Bela", "Cili", "Dora")]
    otto, emma = await world.npc("Otto"), await world.npc("Emma")

    told = await tell(
        ask,
        BATTLE,
        world,
        **fought(bela, otto, outcome="DEFENDER_WON"),
        participants=[beside(cili, "ATTACKER"), beside(dora, "ATTACKER"), beside(emma, "REINFORCEMENT")],
    )

    assert sorted(one["result"] for one in told["battles"]) == ["DEFEAT"] * 3 + ["VICTORY"] * 2
    assert await events(world, bela, cili) == await events(world, bela, dora) == [("helped_in_battle", 20)]
    assert await events(world, cili, bela) == []
    assert await events(world, otto, emma) == [("helped_in_battle", 20)]
    assert await events(world, otto, dora) == [("attacked_me", -40)]
    assert await events(world, emma, bela) == [("attacked_my_ally", -30)]


async def test_the_leader_of_the_alliance_hears_of_an_attack_on_its_own(world: World, ask: Ask) -> None:
    lead, otto, mate = [await world.npc(name) for name in ("Lead", "Otto", "Mate")]
    bela = await world.player("Bela")
    await world.alliance("Reds", [otto, mate], leader=lead)

    await tell(ask, BATTLE, world, **fought(bela, otto))

    assert await events(world, lead, bela) == [("attacked_my_ally", -30)]
    assert await events(world, mate, bela) == []
    assert await memories(world, lead) == []


async def test_to_strike_while_bound_by_a_treaty_is_worse(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds", [bela])
    await world.treaty("nap", otto, reds)

    await tell(ask, BATTLE, world, **fought(bela, otto))
    await tell(ask, BATTLE, world, **fought(otto, bela))

    assert await events(world, otto, bela) == [("backstabbed", -100)]
    assert await events(world, bela, otto) == [("backstabbed", -100)]


async def test_a_battle_told_again_counts_nothing_twice(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    first = await tell(ask, BATTLE, world, viewer=otto, **fought(bela, otto, battleId=7))
    assert [one["npc"]["npcId"] for one in first["battles"]] == [otto.npc_id]

    second = await tell(ask, BATTLE, world, **fought(bela, otto, battleId=7))
    assert [one["npc"]["npcId"] for one in second["battles"]] == [bela.npc_id]

    before = await written(world)
    third = await tell(ask, BATTLE, world, **fought(bela, otto, battleId=7))
    assert third["code"] == "ALREADY_RECORDED"
    assert await written(world) == before
    assert await events(world, otto, bela) == [("attacked_me", -40)]


async def test_a_brain_tells_of_its_own_npc_alone(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]
    before = await written(world)

    others = await tell(ask, BATTLE, world, viewer=cili, **fought(bela, otto))
    named = await tell(
        ask, BATTLE, world, viewer=bela, **fought(bela, otto), participants=[beside(otto, "DEFENDER")]
    )
    nobody = await tell(ask, BATTLE, world, **fought(await world.player("A"), await world.player("B")))

    assert [one["code"] for one in (others, named, nobody)] == [
        "NOT_CONCERNED", "NOT_YOURS", "NOT_CONCERNED",
    ]  # fmt: skip
    assert (await written(world))[1:] == before[1:]


async def test_nobody_fights_on_the_wrong_side(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]
    wrong = (beside(bela, "REINFORCEMENT"), beside(otto, "ATTACKER"), beside(cili, "DEFENDER"))

    told = [await tell(ask, BATTLE, world, **fought(bela, otto), participants=[one]) for one in wrong]

    assert [one["code"] for one in told] == ["BAD_INPUT"] * 3
    assert "must be ATTACKER or REINFORCEMENT" in told[2]["message"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"defenderPlayerId": 1}, "must differ"),
        ({"occurredAt": "2126-01-01T00:00:00Z"}, "must not lie in the future"),
        (
            {"participants": [{"npcId": 1, "role": "ATTACKER", "resourcesGained": -1}]},
            "resourcesGained must be",
        ),
        ({"participants": [{"npcId": 1, "role": "ATTACKER", "myTroopsSent": [1]}]}, "myTroopsSent must be"),
        ({"participants": [{"npcId": 1, "role": "ATTACKER", "predictionAccuracy": 2}]}, "predictionAccuracy"),
        ({"participants": [{"npcId": 1, "role": "ATTACKER"}] * 2}, "each NPC once"),
        ({"participants": [{"npcId": n, "role": "ATTACKER"} for n in range(51)]}, "at most 50"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    given = {"worldId": world.world_id, "attackerPlayerId": 1, "defenderPlayerId": 2, "outcome": "DRAW"}
    answer = await ask.anyway(BATTLE % "__typename", input=given | bad)

    assert says in answer.messages[0]
    assert answer.codes == ["BAD_USER_INPUT"]
