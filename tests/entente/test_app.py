"""The application over HTTP: what it answers where, and which requests it takes."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote

from entente.stores import StoreUrls
from tests.serving import Client, served
from tests.world import World

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NOBODY = "unix:///nowhere/valkey.sock"


async def test_a_question_is_answered(client: Client, world: World) -> None:
    bela = await world.player("Bela")
    query = "query ($w: String!) { players(worldId: $w) { nodes { name } } }"

    answer = await client.ask(query, w=world.world_id)

    assert answer == {"data": {"players": {"nodes": [{"name": bela.name}]}}}


async def test_a_query_may_come_by_get(client: Client, world: World) -> None:
    query = quote("query A($w: String!) { world(worldId: $w) { worldId } } query B { __typename }")
    variables = quote(f'{{"w": "{world.world_id}"}}')
    answer = await client.get(f"/graphql?query={query}&variables={variables}&operationName=A")

    assert answer.json() == {"data": {"world": {"worldId": world.world_id}}}


async def test_a_browser_gets_the_page_and_its_query_an_answer(client: Client) -> None:
    page = await client.get(headers=BROWSER)
    answer = await client.get("/graphql?query={__typename}", headers=BROWSER)

    assert "Entente" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_the_root_leads_to_graphiql(client: Client) -> None:
    answer = await client.get("/")

    assert answer.status_code == 307
    assert answer.headers["location"] == "graphql"


async def test_unknown_addresses_get_404(client: Client) -> None:
    assert (await client.get("/nope")).status_code == 404


async def test_it_is_alive_and_ready(client: Client) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    ready = await client.get("/readyz")

    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "database": "up", "redis": "up"}


async def test_without_redis_it_is_ready_all_the_same(urls: StoreUrls) -> None:
    async with served(dataclasses.replace(urls, redis=NOBODY)) as client:
        ready = await client.get("/readyz")

    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "database": "up", "redis": "down"}


async def test_without_its_database_it_is_alive_but_not_ready(urls: StoreUrls) -> None:
    async with served(dataclasses.replace(urls, main="postgresql://nobody@127.0.0.1:1/nothing")) as client:
        ready, alive = await client.get("/readyz"), await client.get("/healthz")
        answer = await client.ask("{ worlds { nodes { name } } }")

    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "database": "down", "redis": "up"}
    assert alive.status_code == 200
    assert answer["errors"][0]["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert "127.0.0.1" not in str(answer)
