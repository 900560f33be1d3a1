"""Who is let in: with a key, those who send it; without one, this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entente.access import Access
from entente.commands.serve import serve
from entente.pages import manifest
from entente.settings import Settings, SettingsError
from entente.stores import StoreUrls
from tests.serving import Client, served

KEY = "a key that nobody guesses"
ELSEWHERE = "https://tools.example"
QUERY = {"query": "{ __typename }"}
BROWSER = {"Accept": "text/html"}
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


@pytest.fixture(scope="module")
async def locked(urls: StoreUrls) -> AsyncIterator[Client]:
    """A server with a key, which pages of one other origin may ask."""
    async with served(urls, admin_key=KEY, allowed_origins=(ELSEWHERE,)) as opened:
        yield opened


@pytest.mark.parametrize("sent", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY}"])
async def test_the_key_opens(locked: Client, sent: str) -> None:
    answer = await locked.post(QUERY, Authorization=sent)

    assert answer.status_code == 200
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer nope", KEY, f"Basic {KEY}", f"Bearer {KEY}x"])
async def test_anything_else_gets_401(locked: Client, sent: str | None) -> None:
    answer = await locked.post(QUERY, **({} if sent is None else {"Authorization": sent}))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["errors"][0]["message"]
    assert KEY not in answer.text


async def test_bytes_that_are_no_text_get_401(locked: Client) -> None:
    answer = await locked.http.post("/graphql", json=QUERY, headers={b"Authorization": b"Bearer \xff\xfe"})

    assert answer.status_code == 401


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_key_beyond_ascii_opens_too(coding: str) -> None:
    access = Access("Schlüssel")

    assert access.find("Bearer " + "Schlüssel".encode(coding).decode("latin-1")) is not None
    assert access.find("Bearer Schlussel") is None


async def test_health_pages_and_assets_need_no_key(locked: Client) -> None:
    asset = next(name for name in manifest() if name.startswith("assets/"))
    paths = ["/healthz", "/readyz", f"/static/{asset}", "/"]

    assert [(await locked.get(path)).status_code for path in paths] == [200, 200, 200, 307]
    assert (await locked.get(headers=BROWSER)).status_code == 200


async def test_a_query_of_a_browser_needs_the_key(locked: Client) -> None:
    assert (await locked.get("/graphql?query={__typename}", headers=BROWSER)).status_code == 401


async def test_a_locked_server_answers_under_any_name(locked: Client) -> None:
    assert (await locked.get("/healthz", headers={"Host": "entente.example"})).status_code == 200


async def test_an_open_server_takes_any_key(client: Client) -> None:
    assert (await client.post(QUERY, Authorization="Bearer nope")).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]", "[::1]:8000"])
async def test_an_open_server_answers_at_home(client: Client, host: str) -> None:
    assert (await client.post(QUERY, Host=host)).status_code == 200


@pytest.mark.parametrize("host", ["entente.example", "127.0.0.1.entente.example", "localhost.example:80", ""])
async def test_an_open_server_refuses_other_names(client: Client, host: str) -> None:
    answer = await client.post(QUERY, Host=host)

    assert answer.status_code == 400
    assert "host" in answer.text


async def test_a_page_that_is_allowed_may_ask(locked: Client) -> None:
    allowed = await locked.http.options("/graphql", headers={"Origin": ELSEWHERE, **PREFLIGHT})
    answer = await locked.post(QUERY, Origin=ELSEWHERE, Authorization=f"Bearer {KEY}")
    refused = await locked.post(QUERY, Origin=ELSEWHERE)

    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == ELSEWHERE
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == ELSEWHERE
    assert refused.headers["access-control-allow-origin"] == ELSEWHERE


async def test_another_page_may_not(locked: Client, client: Client) -> None:
    for server in [locked, client]:
        sent = {"Origin": "https://evil.example", **PREFLIGHT}
        refused = await server.http.options("/graphql", headers=sent)

        assert refused.status_code == 403
        assert refused.json()["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "entente.example", "127.0.0.1.example"])  # noqa: S104
async def test_an_open_server_listens_on_this_machine_only(host: str, database: str, urls: StoreUrls) -> None:
    settings = Settings(state=Path("/nowhere"), host=host, database_url=database, redis_url=urls.redis)

    with pytest.raises(SettingsError, match="set ENTENTE_ADMIN_KEY or ENTENTE_ADMIN_KEY_FILE, or HOST=127"):
        await asyncio.to_thread(serve, settings, demo=False)
