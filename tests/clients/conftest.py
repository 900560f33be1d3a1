"""What every client is given: a server that listens, and a world with a little life in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.clients.tools import SCHEMA
from tests.listening import listening
from tests.world import World

MANY = 25


@pytest.fixture(scope="module")
async def url(urls: StoreUrls) -> AsyncIterator[str]:
    """Where an open server listens."""
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        yield f"http://127.0.0.1:{port}/graphql"


@pytest.fixture
async def facts(url: str, world: World) -> dict[str, Any]:
    """A world in which Bela trusts Otto a little and has a pact with him, and many others live."""
    bela, otto = await world.npc("Bela", population=900), await world.player("Otto", population=800)
    for number in range(MANY):
        await world.player(f"Farmer {number}")
    north = await world.alliance("North", [bela, otto], leader=bela)
    pact = await world.treaty("nap", bela, otto)
    await world.trusts(bela, otto, 10)
    return {
        "url": url,
        "worldId": world.world_id,
        "npcId": bela.npc_id,
        "belaId": bela.player_id,
        "ottoId": otto.player_id,
        "allianceId": north.alliance_id,
        "treatyId": pact.treaty_id,
        "players": MANY + 2,
    }


@pytest.fixture
def watching() -> None:
    """Skips a test until something can be watched."""
    if "type Subscription {" not in SCHEMA.read_text():
        pytest.skip("Nothing can be watched yet: the schema has no subscription.")


@pytest.fixture
async def persisting(url: str) -> None:
    """Skips a test until a question may be asked by its hash."""
    asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=asked)
    if "PersistedQueryNotFound" not in answer.text:
        pytest.skip("Questions cannot be asked by their hashes yet.")


@pytest.fixture
async def batches(url: str) -> bool:
    """Whether several questions may share a request."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=[{"query": "{ __typename }"}])
    return answer.status_code == 200
