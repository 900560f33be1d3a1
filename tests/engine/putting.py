"""Putting: many examples are put to both executors, and the account of one that fails is made short."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from tests.engine.examples import Example, compare
from tests.engine.executors import Executors
from tests.engine.reducing import reduced

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
"""Waits for a coroutine, on the loop of the fixtures."""

# graphql-core cancels the fields beside one that failed, some before their coroutines have begun.
UNBEGUN = (
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore:Exception ignored in. <coroutine object:pytest.PytestUnraisableExceptionWarning",
)
MARKS = [pytest.mark.usefixtures("quiet"), pytest.mark.filterwarnings(*UNBEGUN)]
"""What a test that puts examples is marked with."""

NEW = settings(
    database=None,
    phases=[Phase.generate],  # what fails is made smaller by ourselves
    suppress_health_check=[HealthCheck.too_slow],
)
SEEDED = settings(NEW, derandomize=True)


def put(executors: Executors, asked: SearchStrategy[Example], wait: Wait, how: settings) -> None:
    """Put examples to both executors; raises the shortest account of what went wrong."""
    failed: list[Example] = []

    @how
    @given(asked)
    def alike(example: Example) -> None:
        if (wrong := went_wrong(executors, example, wait)) is not None:
            failed.append(example)
            raise wrong

    try:
        alike()
    except Exception as first:
        if not failed:
            raise
        kind = type(went_wrong(executors, failed[-1], wait))
        small = reduced(
            executors.schema, failed[-1], lambda one: type(went_wrong(executors, one, wait)) is kind
        )
        raise (went_wrong(executors, small, wait) or first) from None


def went_wrong(executors: Executors, example: Example, wait: Wait) -> Exception | None:
    """What goes wrong with an example, if anything does."""
    try:
        wait(compare(executors, example))
    except Exception as error:
        error.add_note(repr(example))
        return error
    return None
