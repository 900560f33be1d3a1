"""Generated operations are valid, and have everything in them that an operation may have."""

from __future__ import annotations

from functools import cache

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from tests.asking import schema
from tests.engine.operations import Operation, operations, payloads
from tests.engine.values import Choices

GRAPHQL: GraphQLSchema = schema()._schema
QUICKLY = settings(
    derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200
)
PARTS = (
    "...F", "... on", "... {", "... @", "@skip(if: $", "@include(if: false", "a: ", "__type(", "null", " = ",
    "Boolean!", "last: ", "after: ", "first: -1", "partner", "]", "query Other", "orderBy: ", "on Node",
)  # fmt: skip


@cache
def drawn() -> list[Operation]:
    """Some operations, the same in every run."""
    return examples(operations(GRAPHQL, Choices(values={"worldId": ["w"]})))


def examples(strategy: SearchStrategy[Operation]) -> list[Operation]:
    """What is drawn, the simplest first."""
    found: list[Operation] = []

    @settings(QUICKLY)
    @given(strategy)
    def keep(operation: Operation) -> None:
        found.append(operation)

    keep()
    return found


def test_every_generated_operation_is_valid() -> None:
    for operation in drawn():
        assert validate(GRAPHQL, parse(operation.text)) == [], operation


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_language_is_drawn(part: str) -> None:
    assert any(part in one.text for one in drawn())


def test_the_simplest_operation_is_short() -> None:
    assert len(drawn()[0].text) < 60


def test_an_event_of_a_subscription_is_selected_like_any_object() -> None:
    events = build_schema("""
        type Query { now: Int }
        type Subscription { changes(first: Int): Change! }
        type Change { kind: String! next: Change }
    """)
    for operation in examples(payloads(events, Choices(), "changes")):
        assert "subscription" in operation.text
        assert validate(events, parse(operation.text)) == [], operation
