"""What the tests of the engine are given: an odd crowd, both executors over it, and a way to wait."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from resolvers.graph_worker import GraphWorker
from schema.build import build
from tests.crowds import Place
from tests.engine.executors import Executors
from tests.engine.faults import breakable
from tests.engine.odd_crowd import choices, odd_place
from tests.engine.putting import Wait
from tests.engine.values import Choices
from tests.servers import Servers


@pytest.fixture(scope="session")
async def odd(servers: Servers, worker_id: str) -> AsyncIterator[Place]:
    """A place with an odd crowd, to be read only."""
    worker = GraphWorker()
    async with odd_place(servers, f"odd_{worker_id}", worker) as place:
        yield place
    await asyncio.to_thread(worker.close)


@pytest.fixture(scope="session")
async def known(odd: Place) -> Choices:
    """What operations on it may pass."""
    return await choices(odd)


@pytest.fixture(scope="session")
async def wait(odd: Place) -> Wait:
    """Waits for what is asynchronous in a test that is not, since hypothesis knows nothing of event loops.
    The loop is that of the fixtures, which stands still while such a test runs."""
    return asyncio.get_running_loop().run_until_complete


@pytest.fixture(scope="session")
def executors(odd: Place) -> Iterator[Executors]:
    """Both executors, over a schema of their own that can be broken."""
    schema = build()._schema
    with breakable(schema):
        yield Executors.over(schema, odd)


@pytest.fixture
def quiet() -> Iterator[None]:
    """No word of what is asked and of what fails on purpose, which is much."""
    logs = [logging.getLogger(f"entente.{name}") for name in ("operations", "surprises")]
    for log in logs:
        log.disabled = True
    yield
    for log in logs:
        log.disabled = False
    gc.collect()  # coroutines in cycles are no other test's concern
