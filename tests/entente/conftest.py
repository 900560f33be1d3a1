"""What tests of the front door are given: the application, open, over the stores of this worker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entente.stores import StoreUrls
from tests.serving import Client, served


@pytest.fixture(scope="session")
async def client(urls: StoreUrls) -> AsyncIterator[Client]:
    """Puts requests to an open server."""
    async with served(urls) as opened:
        yield opened
