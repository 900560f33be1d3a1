"""Both executors answer alike, whatever is asked of them, by whom, and whatever fails meanwhile.

A seeded few hundred examples by default; `ENTENTE_EXAMPLES=5000` runs so many new ones.
"""

from __future__ import annotations

import os
from uuid import uuid4

from hypothesis import settings

from db.main.worlds import WorldVersion
from tests.crowds import WORLD
from tests.engine.examples import events, examples
from tests.engine.executors import Executors
from tests.engine.putting import MARKS, NEW, SEEDED, Wait, put
from tests.engine.values import Choices

AT_ONCE = 6
WANTED = int(os.environ.get("ENTENTE_EXAMPLES", "0"))
COUNT = WANTED or 300
THOROUGHLY = NEW if WANTED else SEEDED

pytestmark = MARKS


def test_both_executors_answer_alike(executors: Executors, known: Choices, wait: Wait) -> None:
    put(executors, examples(executors.schema, known), wait, settings(THOROUGHLY, max_examples=COUNT))

    counted = executors.service.counters
    assert counted.plans_compiled > 5 * counted.plans_failed, "the reference was compared with itself"


def test_requests_that_come_at_once_are_answered_as_if_each_came_alone(
    executors: Executors, known: Choices, wait: Wait
) -> None:
    asked = examples(executors.schema, known, most=AT_ONCE)

    put(executors, asked, wait, settings(THOROUGHLY, max_examples=COUNT // 3))


def test_events_of_subscriptions_are_answered_alike(executors: Executors, known: Choices, wait: Wait) -> None:
    events_of = [WorldVersion(world, uuid4(), 7) for world in (WORLD, f"{WORLD}2")]
    asked = events(executors.schema, known, "worldChanged", events_of, most=AT_ONCE)

    put(executors, asked, wait, settings(THOROUGHLY, max_examples=COUNT // 3))
