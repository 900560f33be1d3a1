"""`entente explain` shows the plan of a query, its statements and the times."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from db.connection import Stores
from db.viewer import ADMIN
from engine.asking import Asked, RefusedError
from engine.outline import Outline
from entente.commands.explain import explain
from entente.commands.explained import show
from tests.asking import brain
from tests.world import Npc, World

QUERY = """
query Two($npcId: Int!, $world: String!) {
  npc(npcId: $npcId) {
    name
    relationships(worldId: $world) { totalCount nodes { trustScore player { name alliance { name } } } }
    player(worldId: $world) { treaties { nodes { parties { __typename ... on Player { name } } } } }
  }
}
"""


def fields(plan: Outline | None) -> list[str]:
    """Every field that a step gives."""
    assert plan is not None
    return [one for below in plan.below for one in (below.field, *fields(below))]


def asked(world: World, npc: Npc) -> Asked:
    return Asked(QUERY, None, {"npcId": npc.npc_id, "world": world.world_id})


async def test_a_plan_is_told_with_its_statements(world: World, stores: Stores) -> None:
    bela, hugo = await world.npc("Bela"), await world.player("Hugo")
    await world.trusts(bela, hugo, 7)

    found = await explain(stores, asked(world, bela), ADMIN)

    assert fields(found.plan) == ["npc", "relationships", "player", "treaties"]
    assert [one.source for one in found.statements][-1] == "treaty_parties"
    assert sorted(one.source for one in found.statements) == [
        "npc_relationships", "npc_relationships", "npcs", "players", "treaty_parties",
    ]  # fmt: skip
    assert {one.keys for one in found.statements} == {1}
    [listed] = [
        one for one in found.statements if one.source == "npc_relationships" and "count" not in one.text
    ]
    assert "LEFT JOIN LATERAL (SELECT t.name" in listed.text
    assert found.answer["data"]["npc"]["relationships"]["totalCount"] == 1
    assert found.cost["actual"] <= found.cost["requested"]


async def test_it_asks_as_somebody(world: World, stores: Stores) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 7)

    found = await explain(stores, asked(world, bela), brain(otto))

    assert found.answer["data"]["npc"]["relationships"]["totalCount"] == 0


async def test_it_can_be_looked_at(world: World, stores: Stores) -> None:
    found = await explain(stores, asked(world, await world.npc("Bela")), ADMIN)
    console = Console(record=True, width=160, file=io.StringIO())

    show(found, console, code=True, answer=True)

    text = console.export_text()
    assert "player without waiting for the row, one of players by world_id, npc_id" in text
    assert "without waiting for the row, a page of npc_relationships" in text
    assert "→ players → alliances.name" in text
    assert "def made(rows" in text
    assert '"totalCount": 0' in text


async def test_what_has_no_plan_says_so(stores: Stores) -> None:
    found = await explain(stores, Asked("{ __schema { queryType { name } } }"), ADMIN)

    assert found.plan is None
    assert found.statements == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{ nope }", "nope"),
        ("mutation { acceptTreaty(input: {}) { __typename } }", "required"),
        ('subscription { worldChanged(worldId: "w") { version } }', "queries only"),
    ],
)
async def test_what_cannot_be_explained_is_told(stores: Stores, text: str, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await explain(stores, Asked(text), ADMIN)

    assert told in refused.value.errors[0].message
