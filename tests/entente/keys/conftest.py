"""What tests of keys are given: stores of their own, since no server over stores with keys is open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.connection import Stores, open_stores
from entente.stores import StoreUrls
from tests.servers import Servers

REDIS_OF_KEYS = 12


@pytest.fixture(scope="session")
async def urls(servers: Servers, worker_id: str) -> StoreUrls:
    """Where the stores of these tests are."""
    main = await servers.create(f"keys_{worker_id}", template=f"{servers.prefix}main")
    return StoreUrls(
        main, servers.database(f"keys_{worker_id}_{{world_id}}"), f"{servers.redis}?db={REDIS_OF_KEYS}"
    )


@pytest.fixture(scope="session")
async def stores(urls: StoreUrls) -> AsyncIterator[Stores]:
    """These stores, opened as the program opens them."""
    async with open_stores(urls.main, urls.worlds, urls.redis) as opened:
        yield opened


@pytest.fixture(scope="session")
async def workshop(urls: StoreUrls) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """Connections that tests build worlds with."""
    async with asyncpg.create_pool(urls.main, min_size=0, max_size=4) as pool:
        yield pool
