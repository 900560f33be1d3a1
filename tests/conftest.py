"""What every test is given: real servers, a world of its own, and the statements that were run for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import hypothesis
import pytest

from db.connection import Stores, open_stores
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from resolvers.graph_worker import GraphWorker
from tests import servers as test_servers
from tests.asking import Ask
from tests.crowds import Place, place
from tests.servers import Servers
from tests.statements import overheard, recorded
from tests.world import World

SERVERS = pytest.StashKey[Servers]()
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")

# A database answers when it answers.
hypothesis.settings.register_profile("entente", deadline=None)
hypothesis.settings.load_profile("entente")


def pytest_xdist_auto_num_workers() -> int:
    """All workers share one Postgres, and Redis has sixteen databases."""
    return min(os.cpu_count() or 1, 8)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the servers are."""
    node.workerinput["servers"] = asdict(_servers(node.config))


def _servers(config: pytest.Config) -> Servers:
    """Started when first asked for, stopped at the end of the run."""
    if SERVERS not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        config.stash[SERVERS] = stack.enter_context(test_servers.running())
    return config.stash[SERVERS]


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """The servers of this run."""
    given = getattr(pytestconfig, "workerinput", None)
    return _servers(pytestconfig) if given is None else Servers(**given["servers"])


@pytest.fixture(scope="session")
async def urls(servers: Servers, worker_id: str) -> StoreUrls:
    """Where the stores of this worker are."""
    return await servers.for_worker(0 if worker_id == "master" else int(worker_id.removeprefix("gw")))


@pytest.fixture(scope="session")
async def stores(urls: StoreUrls) -> AsyncIterator[Stores]:
    """The stores of this worker, opened as the program opens them."""
    with overheard():
        async with open_stores(urls.main, urls.worlds, urls.redis) as opened:
            yield opened


@pytest.fixture(scope="session")
async def workshop(urls: StoreUrls) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """Connections that tests build worlds with, so that these statements are not taken for the program's."""
    async with asyncpg.create_pool(urls.main, min_size=0, max_size=4) as pool:
        yield pool


@pytest.fixture
async def world(workshop: asyncpg.Pool[asyncpg.Record], urls: StoreUrls) -> World:
    """A new world, empty yet."""
    return await World.new(workshop, urls)


@pytest.fixture
def new_world(workshop: asyncpg.Pool[asyncpg.Record], urls: StoreUrls) -> Callable[[], Awaitable[World]]:
    """Makes another new world each time."""
    return lambda: World.new(workshop, urls)


@pytest.fixture(scope="session")
async def analyses(stores: Stores) -> AsyncIterator[Analyses]:
    """The analyses of this worker, with a process of their own once one is asked for."""
    async with Analyses.over(stores) as opened:
        yield opened


@pytest.fixture(scope="session")
def ask(stores: Stores, analyses: Analyses) -> Ask:
    """Puts questions to the schema."""
    return Ask(stores, analyses)


@pytest.fixture(scope="session")
async def crowded(servers: Servers, worker_id: str) -> AsyncIterator[Place]:
    """A database with four or more rows of everything that belongs to a row, to be read only."""
    worker = GraphWorker()
    async with place(servers, f"crowd_{worker_id}", 4, worker) as crowd:
        yield crowd
    await asyncio.to_thread(worker.close)


@pytest.fixture
def statements(stores: Stores) -> Iterator[list[str]]:
    """What the program runs on the main and the world databases from now on; `clear()` begins anew."""
    with recorded() as heard:
        yield heard


@pytest.fixture(scope="session")
def postgres15(servers: Servers) -> Iterator[Servers]:
    """The oldest Postgres that serves, where its programs are installed."""
    if not (POSTGRES_15 / "postgres").exists():
        missing(f"Postgres 15 is not installed in {POSTGRES_15}.")
    with test_servers.folder() as folder, test_servers.postgres(folder, POSTGRES_15) as url:
        yield Servers(url, servers.redis, servers.prefix)


@pytest.fixture(scope="session", params=["bundled", "15"])
def each_server(request: pytest.FixtureRequest) -> Servers:
    """The bundled Postgres, then the oldest that serves."""
    name = "servers" if request.param == "bundled" else "postgres15"
    served: Servers = request.getfixturevalue(name)
    return served


_numbers = count(1)


@pytest.fixture
async def database(each_server: Servers, worker_id: str) -> str:
    """The URL of an empty database, on each server in turn."""
    return await each_server.create(f"empty_{worker_id}_{next(_numbers)}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which is not ours to ship."""
    beside_the_repository = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ENTENTE_DATA", beside_the_repository))
    if not folder.is_dir():
        missing(f"The real data is not here: set ENTENTE_DATA to its folder (looked in {folder}).")
    return folder


def missing(reason: str) -> NoReturn:
    """Skip the test, except in CI, which has to have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
