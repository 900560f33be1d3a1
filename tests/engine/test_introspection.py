"""Questions about the schema alone are answered once, and others each time."""

from __future__ import annotations

from typing import Any

import pytest

from engine import reference
from engine.asking import Asked
from engine.service import Service
from tests.counting import Counting, Somebody

TYPE = "query Type($name: String!) { __type(name: $name) { name } }"


@pytest.fixture
def service() -> Service:
    return Counting().service()


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The variables of each operation that the reference executor has run."""
    found, execute = list[Any](), reference.execute

    async def noted(executor: Any) -> Any:
        found.append(dict(executor.variable_values.coerced))
        return await execute(executor)

    monkeypatch.setattr(reference, "execute", noted)
    return found


async def test_the_schema_is_told_once_for_all(service: Service, executed: list[Any]) -> None:
    answers = [
        await service.answer(Asked(TYPE, None, {"name": name}), Somebody())
        for name in ("Query", "Subscription", "Query", "Nobody")
    ]

    assert [one.body for one in answers] == [
        b'{"data":{"__type":{"name":"Query"}}}',
        b'{"data":{"__type":{"name":"Subscription"}}}',
        b'{"data":{"__type":{"name":"Query"}}}',
        b'{"data":{"__type":null}}',
    ]
    assert executed == [{"name": "Query"}, {"name": "Subscription"}, {"name": "Nobody"}]


@pytest.mark.parametrize("text", ["{ hello __typename }", "{ ...F } fragment F on Query { __typename }"])
async def test_other_questions_are_answered_each_time(
    text: str, service: Service, executed: list[Any]
) -> None:
    for _ in range(2):
        await service.answer(Asked(text), Somebody())

    assert len(executed) == 2
