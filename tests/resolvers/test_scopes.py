"""What is shown of the worlds of others, and of the minds of others: nothing, on any path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from db.viewer import ADMIN, Role, Viewer
from engine.permissions import ONLY
from resolvers.global_ids import encode
from tests.asking import Ask, brain, schema
from tests.world import Npc, World

NewWorld = Callable[[], Awaitable[World]]
HOW_IT_THINKS = """
    personality behaviorTemplate { aggression more } llmTemperature decisionCacheTtl strategicUpdateFrequency
    active paused createdAt lastActive lastDecision totalDecisionsMade llmCallsMade battlesFought
    villagesFounded version notes
"""
FOREIGN = """
query ($foreign: String!, $npc: Int!, $name: String!, $player: Int!, $ids: [ID!]!) {
    world(worldId: $foreign) { name players { totalCount } }
    worlds(first: 100) { totalCount nodes { worldId } }
    npc(npcId: $npc) { name }
    named: npc(name: $name) { name }
    npcs(first: 100) { totalCount nodes { name } }
    player(worldId: $foreign, playerId: $player) { name }
    players(worldId: $foreign) { totalCount nodes { name } }
    alliances(worldId: $foreign) { totalCount }
    treaties(worldId: $foreign) { totalCount nodes { type } }
    nodes(ids: $ids) { __typename }
}
"""
DECIDE = """
mutation ($world: String!, $npc: Int!) {
    recordMemory(input: {worldId: $world, npcId: $npc, memoryType: TRADE, eventData: {}}) {
        ... on Refusal { code message }
    }
}
"""


def here(role: Role, world: World, npc: Npc | None = None) -> Viewer:
    return Viewer(role, npc.npc_id if npc else None, frozenset([world.world_id]))


async def questions(home: World, foreign: World) -> tuple[Npc, dict[str, Any]]:
    mine = await home.npc("Bela")
    other, otto = await foreign.npc("Cili"), await foreign.player("Otto")
    await foreign.treaty("nap", other, otto)
    village = await foreign.village(otto)
    ids = [
        encode("World", foreign.world_id),
        encode("Npc", other.npc_id),
        encode("Player", foreign.world_id, otto.player_id),
        encode("NpcWorldState", foreign.world_id, other.npc_id),
        encode("Village", foreign.world_id, village.village_id),
    ]
    values = {"foreign": foreign.world_id, "npc": other.npc_id, "name": other.name, "player": otto.player_id}
    return mine, {**values, "ids": ids}


@pytest.mark.parametrize("role", [Role.GAME, Role.BRAIN, Role.VIEWER])
async def test_of_another_world_nothing_is_shown(
    role: Role, world: World, new_world: NewWorld, ask: Ask
) -> None:
    mine, values = await questions(world, await new_world())

    found = await ask(FOREIGN, viewer=here(role, world, mine if role is Role.BRAIN else None), **values)

    assert found == {
        "world": None,
        "worlds": {"totalCount": 1, "nodes": [{"worldId": world.world_id}]},
        "npc": None,
        "named": None,
        "npcs": {"totalCount": 1, "nodes": [{"name": mine.name}]},
        "player": None,
        "players": {"totalCount": 0, "nodes": []},
        "alliances": {"totalCount": 0},
        "treaties": {"totalCount": 0, "nodes": []},
        "nodes": [None] * len(values["ids"]),
    }


async def test_who_sees_every_world_sees_it(world: World, new_world: NewWorld, ask: Ask) -> None:
    foreign = await new_world()
    _, values = await questions(world, foreign)

    found = await ask(FOREIGN, **values)

    assert found["world"] == {"name": foreign.world_id, "players": {"totalCount": 2}}
    assert found["npc"] == found["named"] == {"name": values["name"]}
    assert found["treaties"]["totalCount"] == 1
    assert [one and one["__typename"] for one in found["nodes"]] == [
        "World", "Npc", "Player", "NpcWorldState", "Village"
    ]  # fmt: skip


async def test_an_npc_of_several_worlds_is_shown_in_those_one_sees(
    world: World, new_world: NewWorld, ask: Ask
) -> None:
    mine, foreign = await world.npc("Bela"), await new_world()
    await foreign.player("Bela", npc_id=mine.npc_id)
    query = "query ($npc: Int!) { npc(npcId: $npc) { players { worldId } } }"

    assert await ask(query, viewer=here(Role.VIEWER, world), npc=mine.npc_id) == {
        "npc": {"players": [{"worldId": world.world_id}]}
    }
    assert len((await ask(query, npc=mine.npc_id))["npc"]["players"]) == 2


async def test_a_brain_knows_its_npc_before_it_plays_anywhere(ask: Ask, world: World) -> None:
    bela = await world.npc("Bela")
    nowhere = Viewer(Role.BRAIN, bela.npc_id, frozenset())
    query = "query ($npc: Int!) { npc(npcId: $npc) { name personality players { name } } }"

    found = await ask(query, viewer=nowhere, npc=bela.npc_id)

    assert found == {"npc": {"name": bela.name, "personality": "BALANCED", "players": []}}


async def test_nobody_acts_in_another_world(world: World, new_world: NewWorld, ask: Ask) -> None:
    foreign = await new_world()
    cili = await foreign.npc("Cili")
    values = {"world": foreign.world_id, "npc": cili.npc_id}
    not_there = {"code": "NOT_FOUND", "message": f"There is no world '{foreign.world_id}': see `worlds`."}

    for viewer in (here(Role.GAME, world), here(Role.BRAIN, world, cili)):
        assert await ask(DECIDE, viewer=viewer, **values) == {"recordMemory": not_there}
    assert await ask(DECIDE, viewer=here(Role.GAME, foreign), **values) == {"recordMemory": {}}


async def test_conclusions_about_another_world_are_not_told(
    world: World, new_world: NewWorld, ask: Ask
) -> None:
    foreign = await new_world()
    cili, otto = await foreign.npc("Cili"), await foreign.player("Otto")
    await foreign.trusts(cili, otto, 40)
    query = """query ($world: String!, $truster: Int!, $trusted: [Int!]!, $npc: Int!) {
        trust(worldId: $world, trusterPlayerId: $truster, trustedPlayerIds: $trusted) { stated }
        blocs(worldId: $world) { version }
        diplomacyContext(worldId: $world, npcId: $npc) { version }
    }"""
    values = {"world": foreign.world_id, "truster": cili.player_id, "npc": cili.npc_id}

    found = await ask(query, viewer=here(Role.GAME, world), trusted=[otto.player_id], **values)
    assert found == {"trust": [None], "blocs": None, "diplomacyContext": None}

    found = await ask(query, viewer=here(Role.GAME, foreign), trusted=[otto.player_id], **values)
    assert None not in (*found["trust"], found["blocs"], found["diplomacyContext"])


# How an NPC thinks ------------------------------------------------------------------------------------------


async def test_how_an_npc_thinks_is_its_own(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await world.run("UPDATE npcs SET notes = 'Watch him', last_decision = $2 WHERE id = $1", bela.npc_id, at)
    query = f"query ($npc: Int!) {{ npc(npcId: $npc) {{ {HOW_IT_THINKS} }} }}"

    for knows in (brain(bela), ADMIN, here(Role.GAME, world)):
        assert None not in (await ask(query, viewer=knows, npc=bela.npc_id))["npc"].values()
    assert set((await ask(query, viewer=otto, npc=bela.npc_id))["npc"].values()) == {None}
    refused = await ask.anyway(query, viewer=here(Role.VIEWER, world), npc=bela.npc_id)
    assert refused.data is None
    assert set(refused.codes) == {"FORBIDDEN"}


async def test_it_is_its_own_on_every_path(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Blues", [bela], leader=bela)
    await world.trusts(otto, bela, 5)
    minds = "npc { name personality behaviorTemplate { aggression } }"
    query = f"""query ($world: String!, $otto: Int!, $id: ID!) {{
        world(worldId: $world) {{ npcs {{ nodes {{ name personality }} }} }}
        players(worldId: $world, orderBy: PLAYER_ID) {{ nodes {{ {minds} }} }}
        npc(npcId: $otto) {{ relationships(worldId: $world) {{ nodes {{ player {{ {minds} }} {minds} }} }} }}
        alliances(worldId: $world) {{ nodes {{ npcLeader {{ personality version }} leader {{ {minds} }} }} }}
        node(id: $id) {{ ... on Npc {{ personality notes }} }}
    }}"""
    values = {"world": world.world_id, "otto": otto.npc_id, "id": encode("Npc", bela.npc_id)}

    found = await ask(query, viewer=brain(otto), **values)

    hidden = {"name": bela.name, "personality": None, "behaviorTemplate": None}
    own = {"name": otto.name, "personality": "BALANCED", "behaviorTemplate": {"aggression": 0.5}}
    assert found["world"]["npcs"]["nodes"] == [
        {"name": bela.name, "personality": None}, {"name": otto.name, "personality": "BALANCED"}
    ]  # fmt: skip
    assert [one["npc"] for one in found["players"]["nodes"]] == [hidden, own]
    assert found["npc"]["relationships"]["nodes"] == [{"player": {"npc": hidden}, "npc": own}]
    assert found["alliances"]["nodes"] == [
        {"npcLeader": {"personality": None, "version": None}, "leader": {"npc": hidden}}
    ]
    assert found["node"] == {"personality": None, "notes": None}


@pytest.mark.parametrize(
    ("asked", "told"),
    [("personality: ASSASSIN", "The filter personality"), ("orderBy: LAST_ACTIVE", "The order LAST_ACTIVE")],
)
async def test_nobody_learns_of_it_by_filters_and_orders(
    asked: str, told: str, world: World, ask: Ask
) -> None:
    bela = await world.npc("Bela", personality="assassin")
    query = f"query ($world: String!) {{ world(worldId: $world) {{ npcs({asked}) {{ nodes {{ name }} }} }} }}"

    refused = await ask.anyway(query, viewer=brain(bela), world=world.world_id)
    assert refused.codes == ["FORBIDDEN"]
    assert refused.messages[0].startswith(told)

    allowed = await ask(query, viewer=here(Role.GAME, world), world=world.world_id)
    assert allowed == {"world": {"npcs": {"nodes": [{"name": bela.name}]}}}


# Roles ------------------------------------------------------------------------------------------------------


def test_a_web_tool_changes_nothing() -> None:
    mutation = schema()._schema.mutation_type
    assert mutation is not None

    assert [name for name, field in mutation.fields.items() if Role.VIEWER in field.extensions[ONLY]] == []


@pytest.mark.parametrize(
    "asked",
    [
        "npc(npcId: 1) { memories(worldId: $world) { totalCount } }",
        "world(worldId: $world) { ...Rest } } fragment Rest on World { memories { totalCount }",
        "nodes(ids: []) { ... on Npc { memories(worldId: $world) { totalCount } } }",
        "player(worldId: $world, playerId: 1) { ... { npc { ... on Npc { m: memories(worldId: $world) "
        "{ totalCount } } } } }",
    ],
)
async def test_a_field_that_one_may_never_read_says_so(asked: str, world: World, ask: Ask) -> None:
    query = f'query ($world: String! = "{world.world_id}") {{ {asked} }}'

    refused = await ask.anyway(query, viewer=here(Role.VIEWER, world))

    assert refused.data is None
    (error,) = refused.errors
    coordinate = "World.memories" if "Rest" in asked else "Npc.memories"
    told = f"{coordinate} may be asked with a key of these roles alone: admin, brain, game."
    assert error["message"] == told
    assert error["extensions"] == {"code": "FORBIDDEN", "coordinate": coordinate}
    assert error["locations"]
    await ask(query)


async def test_it_is_said_before_anything_is_done(world: World, ask: Ask, statements: list[str]) -> None:
    bela = await world.npc("Bela")
    values = {"world": world.world_id, "npc": bela.npc_id}

    refused = await ask.anyway(DECIDE, viewer=here(Role.VIEWER, world), **values)

    assert refused.codes == ["FORBIDDEN"]
    assert statements == []
