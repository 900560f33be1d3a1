"""Pages from elsewhere: which may ask, and what the others cannot make a browser do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entente.commands.serve import serve
from entente.settings import Settings, SettingsError
from entente.stores import StoreUrls
from tests.serving import HOME, Client, served

FRIEND, STRANGER = "https://tools.example", "https://evil.example"
ASK = "/graphql?query={__typename}"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture(scope="module")
async def friendly(urls: StoreUrls) -> AsyncIterator[Client]:
    """An open server that pages of one other origin may ask."""
    async with served(urls, allowed_origins=(FRIEND,)) as opened:
        yield opened


@pytest.mark.parametrize("origin", [FRIEND, HOME])
async def test_pages_of_friends_and_our_own_may_ask(friendly: Client, origin: str) -> None:
    posted = await friendly.post({"query": "{ __typename }"}, Origin=origin)
    got = await friendly.get(ASK, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})

    assert (posted.status_code, got.status_code) == (200, 200)
    assert posted.headers["access-control-allow-origin"] == origin
    assert "Origin" in got.headers.get_list("vary", split_commas=True)


@pytest.mark.parametrize("origin", [STRANGER, "null", "", "http://127.0.0.1:8001", f"{FRIEND}.evil.example"])
async def test_pages_of_strangers_may_not(friendly: Client, origin: str) -> None:
    for answer in [
        await friendly.post({"query": "{ __typename }"}, Origin=origin),
        await friendly.get(ASK, headers={"Origin": origin}),
        await friendly.http.options("/graphql", headers={"Origin": origin}),
    ]:
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "ORIGIN_NOT_ALLOWED"
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_that_is_refused_reads_why_nowhere_but_a_friend_does(friendly: Client) -> None:
    answer = await friendly.post({"query": 7}, Origin=FRIEND)

    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == FRIEND


async def test_a_preflight_tells_what_may_be_sent(friendly: Client) -> None:
    asked = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-apollo-operation-name",
    }
    answer = await friendly.http.options("/graphql", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert answer.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]
    assert answer.headers["access-control-max-age"] == "600"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Accept": "text/html, */*"},
        {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
        {"User-Agent": "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko"},
    ],
)
async def test_no_page_makes_a_browser_ask_an_open_server(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get(ASK, headers={"User-Agent": CHROME, **headers})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "curl/8.5.0", "Accept": "*/*"},
        {"User-Agent": "node", "Sec-Fetch-Mode": "cors"},
        {"User-Agent": CHROME, "Sec-Fetch-Site": "none"},
        {"User-Agent": CHROME, "Sec-Fetch-Site": "same-origin"},
        {"User-Agent": CHROME, "Sec-Fetch-Site": "cross-site", "GraphQL-Require-Preflight": "1"},
        {"User-Agent": CHROME, "Content-Type": "application/json"},
    ],
)
async def test_people_and_programs_may_ask_by_get(client: Client, headers: dict[str, str]) -> None:
    assert (await client.get(ASK, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
async def test_a_form_of_a_page_from_elsewhere_is_refused(client: Client, kind: str) -> None:
    form = {"Content-Type": kind, "Origin": STRANGER, "Sec-Fetch-Site": "cross-site"}
    old = {"Content-Type": kind}
    body = b'{"query": "mutation { __typename }"}'

    assert (await client.http.post("/graphql", content=body, headers=form)).status_code == 403
    assert (await client.http.post("/graphql", content=body, headers=old)).status_code == 415


def test_an_open_server_is_not_for_every_page() -> None:
    with pytest.raises(SettingsError, match="needs a key"):
        serve(Settings(state=Path("/nowhere"), allowed_origins=("*",)), demo=False)


async def test_a_server_with_a_key_may_be_for_every_page(urls: StoreUrls) -> None:
    async with served(urls, admin_key="a key that nobody guesses", allowed_origins=("*",)) as locked:
        key = {"Authorization": "Bearer a key that nobody guesses"}
        answer = await locked.post({"query": "{ __typename }"}, Origin=STRANGER, **key)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == STRANGER
