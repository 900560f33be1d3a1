"""Treaties: proposed, answered, broken; who may, what the rules say, and what it does to trust and memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.connection import open_stores
from db.viewer import Role, Viewer
from entente.stores import StoreUrls
from tests.acting import (
    ACCEPT,
    BREAK,
    DECLINE,
    PROPOSE,
    act,
    events,
    memories,
    party,
    propose,
    regard,
    written,
)
from tests.asking import Ask
from tests.world import Alliance, Npc, Player, Treaty, World

FREE = "SELECT FROM worlds WHERE world_id = $1 FOR UPDATE SKIP LOCKED"
IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


# The life of a treaty ---------------------------------------------------------------------------------------


async def test_a_proposal_binds_nobody_until_it_is_accepted(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()

    made = await propose(ask, world, bela, otto, terms={"notice_hours": 24})
    assert made == {
        "treatyId": made["treatyId"],
        "type": "NAP",
        "status": "PROPOSED",
        "isPublic": True,
        "terms": {"notice_hours": 24},
        "startsAt": None,
        "endsAt": None,
        "overlord": None,
        "proposedBy": {"playerId": bela.player_id},
        "parties": [{"name": bela.name}, {"name": otto.name}],
    }
    assert await world.trust(otto, bela) is None
    assert await world.version() == before + 1

    signed = await act(ask, ACCEPT, world, otto, made["treatyId"])
    assert (signed["status"], signed["endsAt"]) == ("ACTIVE", None)
    assert signed["startsAt"] is not None
    assert signed["events"] == [
        {"kind": "PROPOSED", "by": {"playerId": bela.player_id}},
        {"kind": "ACTIVE", "by": {"playerId": otto.player_id}},
    ]
    assert await world.trust(bela, otto) == await world.trust(otto, bela) == 10
    assert await world.version() == before + 2
    told = {
        "treaty_id": made["treatyId"], "type": "nap", "event": "treaty signed", "by": otto.name,
        "parties": [bela.name, otto.name], "result": "active",
    }  # fmt: skip
    assert await memories(world, bela) == await memories(world, otto) == [("treaty_signed", told)]


@pytest.mark.parametrize(
    ("kind", "points", "seen_by_a", "seen_by_b"),
    [
        ("CONFEDERACY", 30, "ally", "ally"),
        ("NAP", 10, "neutral", "neutral"),
        ("TRADE_AGREEMENT", 10, "trading_partner", "trading_partner"),
        ("VASSALAGE", 15, "overlord", "vassal"),
    ],
)
async def test_each_treaty_makes_its_own_friends(
    world: World, ask: Ask, kind: str, points: int, seen_by_a: str, seen_by_b: str
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    more = {"overlord": "B"} if kind == "VASSALAGE" else {}
    made = await propose(ask, world, bela, otto, type=kind, **more)
    await act(ask, ACCEPT, world, otto, made["treatyId"])

    assert await events(world, bela, otto) == await events(world, otto, bela) == [("alliance_formed", points)]
    assert (await regard(world, bela, otto), await regard(world, otto, bela)) == (seen_by_a, seen_by_b)

    await act(ask, BREAK, world, bela, made["treatyId"])
    assert await regard(world, otto, bela) == "neutral"


async def test_a_broken_pact_costs_trust_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto)
    before = await world.version()

    first = await act(ask, BREAK, world, bela, pact)
    again = await act(ask, BREAK, world, bela, pact)

    assert (first["status"], first["brokenBy"]) == ("BROKEN", "A")
    assert again == {"code": "NOT_IN_FORCE", "message": "This treaty is broken."}
    assert await world.trust(otto, bela) == -50
    assert await world.trust(bela, otto) is None
    assert await world.version() == before + 1
    assert [kind for kind, _ in await memories(world, otto)] == ["treaty_broken"]
    assert [kind for kind, _ in await memories(world, bela)] == ["treaty_broken"]


async def test_declining_is_for_the_other_side_and_withdrawing_for_the_proposer(
    world: World, ask: Ask
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    first = await propose(ask, world, bela, otto)
    assert (await act(ask, ACCEPT, world, bela, first["treatyId"]))["code"] == "NOT_YOURS"
    assert (await act(ask, DECLINE, world, otto, first["treatyId"]))["status"] == "DECLINED"
    assert (await act(ask, ACCEPT, world, otto, first["treatyId"]))["code"] == "NOT_PROPOSED"

    second = await propose(ask, world, bela, otto)
    assert (await act(ask, DECLINE, world, bela, second["treatyId"]))["status"] == "CANCELLED"
    assert (await act(ask, DECLINE, world, otto, second["treatyId"]))["code"] == "NOT_PROPOSED"
    assert await world.trust(otto, bela) is None


async def test_a_treaty_may_end_at_a_time_or_after_a_time(world: World, ask: Ask) -> None:
    bela, otto, zed = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Zed")
    for_an_hour = await propose(ask, world, bela, otto, durationSeconds=3600)
    signed = await act(ask, ACCEPT, world, otto, for_an_hour["treatyId"])
    lasts = datetime.fromisoformat(signed["endsAt"]) - datetime.fromisoformat(signed["startsAt"])
    assert lasts == timedelta(hours=1)

    until = await propose(ask, world, bela, zed, endsAt=IN_AN_HOUR)
    assert (await act(ask, ACCEPT, world, zed, until["treatyId"]))["endsAt"] == IN_AN_HOUR


async def test_what_is_past_its_end_is_not_in_force(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    past: dict[str, Any] = {
        "starts_at": datetime.now(UTC) - timedelta(days=2),
        "ends_at": datetime.now(UTC) - timedelta(days=1),
    }
    old = await world.treaty("nap", bela, otto, **past)
    assert (await act(ask, BREAK, world, bela, old))["code"] == "NOT_IN_FORCE"

    new = await propose(ask, world, otto, bela)
    assert (await act(ask, ACCEPT, world, bela, new["treatyId"]))["status"] == "ACTIVE"
    assert await events(world, bela, otto) == [("treaty_honoured", 10), ("alliance_formed", 10)]
    status = await world.value("SELECT status FROM treaties WHERE treaty_id = $1", old.treaty_id)
    assert status == "expired"

    late = await world.treaty("confederacy", bela, otto, status="proposed", ends_at=past["ends_at"])
    assert (await act(ask, ACCEPT, world, otto, late))["code"] == "TOO_LATE"


async def test_one_operation_may_propose_and_accept(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    treaty = await world.treaty("nap", bela, otto, status="proposed")
    document = """mutation ($accept: AcceptTreatyInput!, $end: BreakTreatyInput!) {
        one: acceptTreaty(input: $accept) { ... on Treaty { status } }
        two: breakTreaty(input: $end) { ... on Treaty { status events { kind by { playerId } } } } }"""
    given = {"worldId": world.world_id, "asPlayerId": otto.player_id, "treatyId": treaty.treaty_id}
    data = await ask(document, accept=given, end=given)
    assert data["one"] == {"status": "ACTIVE"}
    by = {"playerId": otto.player_id}
    assert data["two"]["events"][1:] == [{"kind": "ACTIVE", "by": by}, {"kind": "BROKEN", "by": by}]


# Alliances as parties ---------------------------------------------------------------------------------------


async def test_leaders_bind_their_alliances(world: World, ask: Ask) -> None:
    bela, ilka, otto, odo, una = [await world.npc(name) for name in ("Bela", "Ilka", "Otto", "Odo", "Una")]
    reds = await world.alliance("Reds", [ilka], leader=bela)
    blues = await world.alliance("Blues", [odo], leader=otto)
    mine = {"proposer": party(reds), "type": "CONFEDERACY"}

    assert (await propose(ask, world, ilka, blues, **mine))["code"] == "NOT_YOURS"
    assert (await propose(ask, world, una, blues, **mine))["code"] == "NOT_YOURS"
    made = await propose(ask, world, bela, blues, **mine)
    assert (await act(ask, ACCEPT, world, odo, made["treatyId"]))["code"] == "NOT_YOURS"
    assert (await act(ask, ACCEPT, world, otto, made["treatyId"]))["status"] == "ACTIVE"

    assert [await world.trust(one, otto) for one in (bela, ilka)] == [30, 30]
    assert [await world.trust(one, bela) for one in (otto, odo)] == [30, 30]
    assert await world.trust(una, bela) is None
    assert [await regard(world, one, bela) for one in (otto, odo)] == ["ally", "ally"]


async def test_breaking_hurts_the_bound_and_a_little_their_friends(world: World, ask: Ask) -> None:
    bela, otto, odo, ally, una = [await world.npc(name) for name in ("Bela", "Otto", "Odo", "Ally", "Una")]
    reds = await world.alliance("Reds", leader=bela)
    blues = await world.alliance("Blues", [odo], leader=otto)
    greens = await world.alliance("Greens", leader=ally)
    await world.treaty("confederacy", blues, greens)
    await world.treaty("confederacy", reds, greens)
    await world.treaty("nap", una, greens)
    pact = await world.treaty("nap", blues, reds)

    broken = await act(ask, BREAK, world, bela, pact)
    assert broken["brokenBy"] == "B"
    assert [await world.trust(one, bela) for one in (otto, odo, ally, una)] == [-50, -50, -15, None]
    note = await world.value("SELECT note FROM trust_events WHERE npc_id = $1", ally.npc_id)
    assert note == "Broke a treaty with a friend of ours."


async def test_a_secret_betrayal_is_known_to_the_betrayed_alone(world: World, ask: Ask) -> None:
    bela, otto, mate = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Mate")
    await world.alliance("Blues", [mate], leader=otto)
    secret = await world.treaty("nap", bela, otto, secret=True)
    await act(ask, BREAK, world, bela, secret)
    assert await world.trust(otto, bela) == -50
    assert await world.trust(mate, bela) is None
    assert await memories(world, mate) == []

    public = await world.treaty("nap", bela, otto)
    await act(ask, BREAK, world, bela, public)
    assert await world.trust(mate, bela) == -15


async def test_the_statements_do_not_grow_with_the_members(
    world: World, ask: Ask, statements: list[str]
) -> None:
    costs = []
    for size in (1, 12):
        bela, otto = await world.npc(f"Bela{size}"), await world.npc(f"Otto{size}")
        members = [await world.npc(f"M{size}x{number}") for number in range(size)]
        reds = await world.alliance(f"Reds{size}", members, leader=bela)
        pact = await world.treaty("nap", reds, otto, status="proposed")
        statements.clear()
        assert (await act(ask, ACCEPT, world, otto, pact))["status"] == "ACTIVE"
        costs.append(len(statements))
        assert [await world.trust(one, otto) for one in members] == [10] * size
    assert costs[0] == costs[1]
    assert costs[0] <= 15


# When the rules say no --------------------------------------------------------------------------------------


async def test_a_refused_act_leaves_nothing(world: World, ask: Ask) -> None:
    bela, otto, gone = await world.npc("Bela"), await world.npc("Otto"), await world.player("Gone")
    await world.run("UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = $2",
                    world.world_id, gone.player_id)  # fmt: skip
    reds = await world.alliance("Reds", leader=otto)
    fallen = await world.alliance("Fallen", disbanded_at=datetime.now(UTC))
    await world.treaty("trade_agreement", bela, otto)
    await world.treaty("confederacy", bela, otto, status="proposed")
    war = await world.treaty("war", bela, reds)
    offered = await world.treaty("nap", reds, bela, status="proposed")
    before = await written(world)

    refused = {
        "SAME_PARTY": await propose(ask, world, bela, bela),
        "NOT_FOUND": await propose(ask, world, bela, Player(999, "Nobody")),
        "NOT_YOURS": await propose(ask, world, otto, bela, viewer=bela),
        "GONE": await propose(ask, world, bela, gone),
        "ALREADY_IN_FORCE": await propose(ask, world, otto, bela, type="TRADE_AGREEMENT"),
        "ALREADY_PROPOSED": await propose(ask, world, otto, bela, type="CONFEDERACY"),
        "AT_WAR": await propose(ask, world, bela, reds),
        "IS_A_WAR": await act(ask, BREAK, world, bela, war),
    }
    assert {code: answer["code"] for code, answer in refused.items()} == {code: code for code in refused}
    assert all(len(answer["message"]) > 10 for answer in refused.values())
    assert (await propose(ask, world, gone, bela))["code"] == "GONE"
    assert (await propose(ask, world, bela, fallen))["code"] == "GONE"
    assert (await propose(ask, world, otto, reds))["code"] == "SAME_PARTY"
    assert (await propose(ask, world, otto, otto, proposer=party(reds)))["code"] == "SAME_PARTY"
    assert (await propose(ask, world, bela, Alliance(999, "None")))["code"] == "NOT_FOUND"
    assert (await act(ask, ACCEPT, world, bela, offered))["code"] == "AT_WAR"
    assert (await act(ask, ACCEPT, world, bela, 999_999_999))["code"] == "NOT_FOUND"
    nowhere = World(world.pool, world.urls, "nowhere")
    assert (await propose(ask, nowhere, bela, otto))["code"] == "NOT_FOUND"
    assert await written(world) == before


async def test_nobody_acts_in_a_world_that_is_over(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.run("UPDATE worlds SET status = 'ended' WHERE world_id = $1", world.world_id)
    assert (await propose(ask, world, bela, otto))["code"] == "NOT_RUNNING"


async def test_an_alliance_has_three_confederacies_at_most(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    reds = await world.alliance("Reds", leader=bela)
    mine = {"proposer": party(reds), "type": "CONFEDERACY"}
    players = [await world.npc(f"P{number}") for number in range(4)]
    offers = [(await propose(ask, world, bela, player, **mine))["treatyId"] for player in players]
    answers = [
        await act(ask, ACCEPT, world, player, offer) for player, offer in zip(players, offers, strict=True)
    ]
    assert [answer.get("status") for answer in answers] == ["ACTIVE"] * 3 + [None]
    assert answers[3]["code"] == "TOO_MANY_TREATIES"

    more = await world.npc("More")
    assert (await propose(ask, world, bela, more, **mine))["code"] == "TOO_MANY_TREATIES"
    await world.run(
        """UPDATE worlds SET settings = '{"max_confederacies": 4}' WHERE world_id = $1""", world.world_id
    )
    assert (await act(ask, ACCEPT, world, players[3], offers[3]))["status"] == "ACTIVE"


async def test_a_world_weighs_as_it_likes(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.run(
        """UPDATE worlds SET settings = '{"trust_events": {"treaty_broken": -80, "nap_signed": 0, "x": "y"},
           "max_confederacies": "many"}' WHERE world_id = $1""",
        world.world_id,
    )
    made = await propose(ask, world, bela, otto)
    await act(ask, ACCEPT, world, otto, made["treatyId"])
    await act(ask, BREAK, world, otto, made["treatyId"])
    assert await events(world, bela, otto) == [("treaty_broken", -80)]


async def test_a_brain_acts_for_its_own_npc(world: World, ask: Ask) -> None:
    bela, otto, human = await world.npc("Bela"), await world.npc("Otto"), await world.player("Human")
    assert (await propose(ask, world, human, otto, viewer=bela))["code"] == "NOT_YOURS"
    assert (await propose(ask, world, human, otto, viewer=Viewer(Role.GAME)))["status"] == "PROPOSED"


async def test_a_secret_treaty_of_others_is_not_there(world: World, ask: Ask) -> None:
    bela, otto, una = await world.npc("Bela"), await world.npc("Otto"), await world.npc("Una")
    secret, public = (
        await world.treaty("nap", bela, otto, secret=True),
        await world.treaty("nap", otto, bela, status="proposed"),
    )
    unseen, unknown = (
        await act(ask, BREAK, world, una, secret),
        await act(ask, BREAK, world, una, 999_999_999),
    )
    assert unseen["code"] == unknown["code"] == "NOT_FOUND"
    assert unseen["message"].replace(str(secret.treaty_id), "999999999") == unknown["message"]
    assert (await act(ask, BREAK, world, una, public))["code"] == "NOT_YOURS"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"type": "WAR"}, "declareWar"),
        ({"type": "VASSALAGE"}, "overlord"),
        ({"overlord": "A"}, "overlord"),
        ({"terms": [1, 2]}, "terms must be an object"),
        ({"terms": {"long": "x" * 33_000}}, "terms must be at most 32768 bytes"),
        ({"terms": {"n": 2**70}}, "terms must be JSON"),
        ({"terms": {"duration_seconds": 5}}, "durationSeconds"),
        ({"terms": {"nul": "\0"}}, "NUL"),
        ({"durationSeconds": 0}, "durationSeconds must be between 1"),
        ({"durationSeconds": 60, "endsAt": IN_AN_HOUR}, "either"),
        ({"endsAt": "2020-01-01T00:00:00Z"}, "endsAt must be later than"),
        ({"endsAt": "9999-12-31T23:59:59Z"}, "endsAt must lie between"),
        ({"partner": {"playerId": 1, "allianceId": 1}}, "exactly one"),
        ({"partner": {}}, "exactly one"),
        ({"worldId": "w" * 60}, "worldId must have at most 50"),
    ],
)
async def test_bad_input_is_told_what_to_send(world: World, ask: Ask, bad: dict[str, Any], says: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    given = {"worldId": world.world_id, "asPlayerId": bela.player_id, "partner": party(otto), "type": "NAP"}
    answer = await ask.anyway(PROPOSE, input=given | bad)
    assert says in answer.messages[0]
    assert answer.codes[0] in ("BAD_USER_INPUT", "GRAPHQL")
    assert await world.value("SELECT count(*) FROM treaties WHERE world_id = $1", world.world_id) == 0


# Many at once -----------------------------------------------------------------------------------------------


async def test_of_twenty_who_accept_at_once_one_does(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await propose(ask, world, bela, otto)
    before = await world.version()
    answers = await asyncio.gather(*(act(ask, ACCEPT, world, otto, made["treatyId"]) for _ in range(20)))
    assert sorted(answer.get("code", "-") for answer in answers) == ["-"] + ["NOT_PROPOSED"] * 19
    assert await events(world, bela, otto) == [("alliance_formed", 10)]
    assert await world.version() == before + 1


async def test_processes_that_race_keep_the_limit(world: World, ask: Ask, urls: StoreUrls) -> None:
    """Threads with loops of their own share nothing but the database, as servers do."""
    bela = await world.npc("Bela")
    reds = await world.alliance("Reds", leader=bela)
    players = [await world.npc(f"P{number}") for number in range(8)]
    offers = [await world.treaty("confederacy", reds, one, status="proposed") for one in players]

    async def accept(player: Npc, offer: Treaty) -> dict[str, Any]:
        async with open_stores(urls.main, urls.worlds, urls.redis) as stores:
            return await act(Ask(stores, ask.analyses), ACCEPT, world, player, offer)

    def elsewhere(player: Npc, offer: Treaty) -> dict[str, Any]:
        return asyncio.run(accept(player, offer))

    racing = (asyncio.to_thread(elsewhere, *one) for one in zip(players, offers, strict=True))
    answers = await asyncio.gather(*racing)
    codes = sorted(answer.get("code", "-") for answer in answers)
    assert codes == ["-"] * 3 + ["TOO_MANY_TREATIES"] * 5


async def test_a_program_that_locks_in_another_order_is_waited_for(world: World, ask: Ask) -> None:
    """It holds the treaty and then wants the world, which we hold while we want the treaty."""
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pact = await world.treaty("nap", bela, otto)
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SET LOCAL deadlock_timeout = '10s'")  # Postgres ends whoever notices first
        await other.execute("SELECT FROM treaties WHERE treaty_id = $1 FOR UPDATE", pact.treaty_id)
        breaking = asyncio.create_task(act(ask, BREAK, world, bela, pact))
        while await world.run(FREE, world.world_id):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await other.execute("UPDATE treaties SET status = 'cancelled' WHERE treaty_id = $1", pact.treaty_id)
    assert (await breaking)["code"] == "NOT_IN_FORCE"
    assert await world.trust(otto, bela) is None


async def test_a_treaty_that_another_program_puts_in_force_meanwhile_is_seen(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await propose(ask, world, bela, otto)
    async with world.pool.acquire() as other, other.transaction():
        await other.execute(
            "INSERT INTO treaties (world_id, type, status, a_player_id, b_player_id, starts_at) "
            "VALUES ($1, 'nap', 'active', $2, $3, now())",
            world.world_id, otto.player_id, bela.player_id,
        )  # fmt: skip
        accepting = asyncio.create_task(act(ask, ACCEPT, world, otto, made["treatyId"]))
        await asyncio.sleep(0.2)
    assert (await accepting)["code"] == "ALREADY_IN_FORCE"
