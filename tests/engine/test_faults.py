"""Faults strike the same rows however they are asked for, and each in its own way."""

from __future__ import annotations

from typing import Any

import pytest

from db.main import players
from db.viewer import ADMIN
from tests.crowds import WORLD
from tests.engine.comparing import Answered, told
from tests.engine.executors import Executors
from tests.engine.faults import Fault, Kind, failing, targets_in
from tests.engine.operations import Operation
from tests.engine.putting import MARKS

pytestmark = MARKS
PLAYER = (players.BY_ID.source, players.BY_ID.key)
ONES = [f'p{number}: player(worldId: "{WORLD}", playerId: {number}) {{ name }}' for number in range(1, 10)]


async def asked(executors: Executors, text: str, *faults: Fault) -> Answered:
    with failing(faults):
        return await executors.answer(Operation(text, {}), ADMIN)


async def test_a_row_fails_whether_it_is_asked_for_alone_or_with_others(executors: Executors) -> None:
    fault = Fault(PLAYER, Kind.NOTHING, 50)

    together = await asked(executors, f"{{ {' '.join(ONES)} }}", fault)
    alone: dict[str, Any] = {}
    for one in ONES:
        alone |= (await asked(executors, f"{{ {one} }}", fault))["data"]

    assert together["data"] == alone
    assert 0 < [*alone.values()].count(None) < len(alone)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Kind.SURPRISE, ["INTERNAL"]),
        (Kind.REFUSAL, ["NOT_TODAY"]),
        (Kind.OUTAGE, ["STORE_UNAVAILABLE"]),
        (Kind.NOTHING, []),
    ],
)
@pytest.mark.parametrize("target", [PLAYER, "Query.blocs"])
async def test_each_kind_of_fault_is_told_in_its_way(
    kind: Kind, codes: list[str], target: Any, executors: Executors
) -> None:
    text = f'{{ blocs(worldId: "{WORLD}") {{ cost }} {ONES[0]} }}'

    answer = await asked(executors, text, Fault(target, kind))

    assert [one.code for one in told(answer)] == codes
    assert answer["data"]["p1" if target == PLAYER else "blocs"] is None


async def test_nothing_fails_by_itself(executors: Executors) -> None:
    assert told(await asked(executors, f"{{ {' '.join(ONES)} }}")) == []


def test_an_operation_is_struck_only_in_what_it_asks(executors: Executors) -> None:
    text = "{ world(worldId: 1) { name } node(id: 1) { ... on Relationship { trustLevel player { name } } } }"

    assert targets_in(executors.schema, text) == [
        ("worlds", ("world_id",)), "Query.node", "Relationship.trustLevel", PLAYER
    ]  # fmt: skip
