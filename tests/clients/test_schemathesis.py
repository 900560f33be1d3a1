"""schemathesis asks what the schema allows, and what it doesn't: no server error comes of it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.clients.tools import HERE, run
from tests.crowds import crowd
from tests.listening import listening
from tests.servers import Servers

# The same questions in every run of the tests; make fuzz asks others each time.
SECONDS, SEED = os.environ.get("FUZZ_SECONDS", "30"), os.environ.get("FUZZ_SEED", "1")
SOURCES = HERE / "fuzz"

NOBODY = """mutation { declareWar(input: {worldId: "crowd", asPlayerId: 1, against: {playerId: null}}) {
  __typename } }"""


_numbers = count(1)


@pytest.fixture
async def crowded_url(servers: Servers, worker_id: str) -> AsyncIterator[str]:
    """Where a server of a crowd listens, which may be changed."""
    name = f"fuzz_{worker_id}_{next(_numbers)}"
    main = await servers.create(name, template=f"{servers.prefix}main")
    urls = StoreUrls(main=main, worlds=servers.database(f"{name}_worlds"), redis=servers.redis)
    await crowd(urls, 4)
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        yield f"http://127.0.0.1:{port}/graphql"


async def test_it_finds_no_server_error(
    crowded_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = ("--config-file", SOURCES / "schemathesis.toml")
    limits = ("--max-time", SECONDS, "--max-failures", "5", "--continue-on-failure")
    program = Path(sys.executable).with_name("st")
    seed = ("--seed", SEED) if SEED else ()
    arguments = (*config, "run", crowded_url, *limits, *seed)
    with caplog.at_level(logging.ERROR):
        said = await run(program, *arguments, cwd=tmp_path, PYTHONPATH=str(SOURCES))
    sys.stdout.write(said)

    assert caplog.record_tuples == []


async def test_a_party_that_is_none_is_no_valid_question(crowded_url: str) -> None:
    async with httpx.AsyncClient() as client:
        [error] = (await client.post(crowded_url, json={"query": NOBODY})).json()["errors"]

    assert error.get("extensions") == {"code": "GRAPHQL_VALIDATION_FAILED"}
