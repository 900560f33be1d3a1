"""Scalars: whole numbers up to 64 bits and moments come in exactly, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.asking import Ask
from tests.world import World

TREATY = 'query ($id: BigInt!) { treaty(worldId: "nowhere", treatyId: $id) { type } }'
SINCE = """query ($world: String!, $npc: Int!, $since: DateTime!) {
  memories(worldId: $world, npcId: $npc, since: $since) { totalCount }
}"""


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, -(2**63), "7", str(2**63 - 1), "-5"])
async def test_a_big_number_comes_as_a_number_or_as_text(number: int | str, ask: Ask) -> None:
    assert await ask(TREATY, id=number) == {"treaty": None}


@pytest.mark.parametrize(
    "number",
    [
        2**63,
        -(2**63) - 1,
        str(2**63),
        1.5,
        True,
        "",
        "x",
        "--5",
        "5" * 25,
        [5],
        "\N{ARABIC-INDIC DIGIT SEVEN}7",
    ],
)
async def test_what_is_no_big_number_is_refused(number: Any, ask: Ask) -> None:
    answer = await ask.anyway(TREATY, id=number)

    assert "BigInt must be a whole number" in answer.messages[0]


async def test_a_big_number_may_stand_in_the_text(ask: Ask) -> None:
    there = await ask('{ treaty(worldId: "nowhere", treatyId: 9223372036854775807) { type } }')
    beyond = await ask.anyway('{ treaty(worldId: "nowhere", treatyId: 9223372036854775808) { type } }')

    assert there == {"treaty": None}
    assert "BigInt must be a whole number" in beyond.messages[0]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-11-23T12:00:00Z", 1),
        ("2026-11-23T12:00:00", 1),
        ("2026-11-23T13:00:00+01:00", 1),
        ("2026-11-23", 1),
        ("2026-11-23T12:00:00.000001Z", 0),
        ("2026-11-23T12:00:00-00:01", 0),
        ("0001-01-01T00:00:00Z", 1),
        ("9999-12-31T23:59:59.999999Z", 0),
    ],
)
async def test_a_moment_is_in_utc_where_it_names_no_zone(
    since: str, found: int, world: World, ask: Ask
) -> None:
    bela = await world.npc("Bela")
    await world.memory(bela, occurred_at=datetime(2026, 11, 23, 12, tzinfo=UTC))

    answer = await ask(SINCE, world=world.world_id, npc=bela.npc_id, since=since)

    assert answer == {"memories": {"totalCount": found}}


@pytest.mark.parametrize(
    "since",
    [
        "yesterday",
        "",
        5,
        None,
        "2026-13-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "x" * 9_000,
    ],
)
async def test_what_is_no_moment_is_refused(since: Any, ask: Ask) -> None:
    answer = await ask.anyway(SINCE, world="nowhere", npc=1, since=since)

    assert "DateTime" in answer.messages[0]
    assert answer.data is None
