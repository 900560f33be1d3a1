"""Global ids: each leads back to its row, and whatever is none is refused in words."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from resolvers.global_ids import NODES, encode
from tests.asking import Ask, schema
from tests.crowds import Place
from tests.world import World

schema()  # its types say which of them are nodes
NODE_QUERY = "query ($id: ID!) { node(id: $id) { id __typename } }"
NODES_QUERY = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize("type_name", sorted(NODES))
async def test_an_id_leads_back_to_its_row(type_name: str, crowded: Place) -> None:
    ids = crowded.ids[type_name]
    asking = Ask(crowded.stores, crowded.analyses)

    one = await asking(NODE_QUERY, id=ids[0])
    several = await asking(NODES_QUERY, ids=ids[::-1])

    assert one == {"node": {"id": ids[0], "__typename": type_name}}
    assert several == {"nodes": [{"id": one, "__typename": type_name} for one in ids[::-1]]}


@pytest.mark.parametrize("type_name", sorted(NODES))
async def test_an_id_that_nothing_has_is_null(type_name: str, crowded: Place) -> None:
    _, *key = orjson.loads(base64.urlsafe_b64decode(crowded.ids[type_name][0] + "=="))
    unknown = [encode(type_name, *key[:-1], -7 if isinstance(key[-1], int) else "nowhere")]
    if "world_id" in NODES[type_name].key:
        unknown.append(encode(type_name, *("nowhere" if one == "crowd" else one for one in key)))

    found = await Ask(crowded.stores, crowded.analyses)(NODES_QUERY, ids=unknown)

    assert found == {"nodes": [None] * len(unknown)}


async def test_the_world_in_an_id_is_no_way_to_another_server(world: World, ask: Ask) -> None:
    elsewhere = [f"{world.world_id}?host=example.com", "../main", "x&host=/tmp", "x%3Fhost=y", "", "x" * 1000]

    found = await ask(NODES_QUERY, ids=[encode("Village", one, 1) for one in elsewhere])

    assert found == {"nodes": [None] * len(elsewhere)}


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "x",
        "%%%",
        "\N{PILE OF POO}",
        forged(None),
        forged(5),
        forged({}),
        forged([]),
        forged("Player"),
        forged(["Player"]),
        forged(["Nobody", 1]),
        forged([["Player"], 1]),
        forged(["Player", "w", 1, 2]),
        forged(["Player", "w", "1"]),
        forged(["Player", "w", 1.0]),
        forged(["Player", "w", True]),
        forged(["Player", 5, 1]),
        forged(["Player", None, 1]),
        forged(["Player", "w", 2**63]),
        forged(["Player", "w\0", 1]),
        forged(["Memory", "w", "yesterday", 1]),
        forged(["Memory", "w", 7, 1]),
        forged(["Memory", "w", "0001-01-01T00:00:00+14:00", 1]),
        "WyJQbGF5ZXIi",
        forged(["Player", "w", 1])[:-3],
        "A" * 9_000,
    ],
)
async def test_a_malformed_id_is_refused(malformed: str, ask: Ask) -> None:
    one, several = await ask.anyway(NODE_QUERY, id=malformed), await ask.anyway(NODES_QUERY, ids=[malformed])

    assert one.codes == several.codes == ["BAD_USER_INPUT"]
    assert "is malformed: pass an id that this API gave." in one.messages[0]
    assert len(one.messages[0]) < 300


async def test_a_moment_without_a_zone_is_utc(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    kept = await world.memory(bela)
    naive = encode("Memory", world.world_id, kept.occurred_at.isoformat().partition("+")[0], kept.memory_id)

    found = await ask(NODE_QUERY, id=naive)

    assert found["node"]["__typename"] == "Memory"


async def test_at_most_a_hundred_nodes(ask: Ask) -> None:
    asked = [encode("World", "nowhere")]

    assert await ask(NODES_QUERY, ids=asked * 100) == {"nodes": [None] * 100}
    assert (await ask.anyway(NODES_QUERY, ids=asked * 101)).messages == ["ids must be at most 100, not 101."]
