"""Budgets: how much a key may ask for in a minute, paid in advance and given back where it was too much."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.connection import Stores
from db.hot import budgets
from db.viewer import Role
from entente.app import create_app
from entente.commands.keys import Made, Wish, create
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening
from tests.world import World

PLAYERS = "query ($w: String!, $n: Int!) { players(worldId: $w, first: $n) { nodes { name } } }"
COST = {"cost": "report"}
NEW = {"Accept": "application/graphql-response+json"}


@pytest.fixture(scope="module")
async def http(urls: StoreUrls) -> AsyncIterator[httpx.AsyncClient]:
    """A server whose keys may have budgets."""
    app = create_app(Settings(state=Path("/nowhere"), admin_key="a key that nobody guesses"), urls)
    async with listening(app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


async def asked(http: httpx.AsyncClient, made: Made, world: World, first: int, **more: Any) -> httpx.Response:
    body = {"query": PLAYERS, "variables": {"w": world.world_id, "n": first}, **more}
    return await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {made.key}", **NEW})


async def test_what_was_paid_too_much_is_given_back(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    await world.player("Bela")
    made = await create(stores, Wish(role=Role.VIEWER, budget=10_000))

    cost = (await asked(http, made, world, 100, extensions=COST)).json()["extensions"]["cost"]

    assert cost["requested"] > 100
    assert cost["actual"] < 10
    assert cost["budget"]["perMinute"] == 10_000
    assert 10_000 - 10 <= cost["budget"]["left"] <= 10_000
    level = (await budgets.pour(stores.redis, made.kept.key_id, 10_000, 0)).level
    assert 0 <= level <= cost["actual"]


async def test_who_has_spent_it_is_told_how_long_to_wait(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=Role.VIEWER, budget=60))
    assert (await budgets.pour(stores.redis, made.kept.key_id, 60, 60)).taken

    refused = await asked(http, made, world, 20)

    assert refused.status_code == 429
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "BUDGET_EXCEEDED"
    assert 15 <= error["extensions"]["retryAfter"] <= 25
    assert "of your 60 a minute are left: wait" in error["message"]


async def test_what_costs_more_than_a_budget_is_never_done(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=Role.VIEWER, budget=50))

    refused = await asked(http, made, world, 100)

    assert refused.status_code == 429
    assert refused.json()["errors"][0]["message"].endswith("your budget is 50 a minute: ask for less.")
    assert (await asked(http, made, world, 10)).status_code == 200


async def test_keys_without_a_budget_ask_as_much_as_they_like(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=Role.VIEWER))

    cost = (await asked(http, made, world, 100, extensions=COST)).json()["extensions"]["cost"]

    assert "budget" not in cost


async def test_the_bucket_leaks(stores: Stores) -> None:
    made = await create(stores, Wish(role=Role.VIEWER, budget=1_000_000))
    full = await budgets.pour(stores.redis, made.kept.key_id, 1_000_000, 1_000_000)
    assert full.taken
    assert not (await budgets.pour(stores.redis, made.kept.key_id, 1_000_000, 999_999)).taken

    later = await budgets.pour(stores.redis, made.kept.key_id, 1_000_000, 0)

    assert later.level < full.level
    assert 0 < await stores.redis.ttl(budgets.key(made.kept.key_id)) <= budgets.MINUTE
