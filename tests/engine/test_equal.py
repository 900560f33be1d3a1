"""Both executors answer alike, whatever is asked of them, by whom, and whatever fails meanwhile.

A seeded few hundred examples by default; `ENTENTE_EXAMPLES=5000` runs so many new ones.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.engine.comparing import told
from tests.engine.conftest import Wait
from tests.engine.examples import Example, compare, examples
from tests.engine.executors import Executors
from tests.engine.values import Choices

AT_ONCE = 6
WANTED = os.environ.get("ENTENTE_EXAMPLES")
THOROUGHLY = settings(
    max_examples=int(WANTED or 300),
    derandomize=WANTED is None,
    database=None,
    print_blob=WANTED is not None,
    suppress_health_check=[HealthCheck.too_slow],
)

pytestmark = [
    pytest.mark.usefixtures("quiet"),
    # graphql-core cancels fields beside one that failed before their coroutines have begun.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]


def test_both_executors_answer_alike(executors: Executors, known: Choices, wait: Wait) -> None:
    @settings(THOROUGHLY)
    @given(examples(executors.schema, known))
    def alike(example: Example) -> None:
        [right] = wait(compare(executors, example))
        if not example.faults:
            assert "INTERNAL" not in [one.code for one in told(right)], "a bug of the reference itself"

    alike()


def test_requests_that_come_at_once_are_answered_as_if_each_came_alone(
    executors: Executors, known: Choices, wait: Wait
) -> None:
    @settings(THOROUGHLY, max_examples=THOROUGHLY.max_examples // 3)
    @given(examples(executors.schema, known, most=AT_ONCE))
    def alike(example: Example) -> None:
        wait(compare(executors, example))

    alike()
