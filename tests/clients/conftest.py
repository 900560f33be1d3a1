"""What every client is given: a server that listens, and a world with a little life in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
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
