"""GraphQL over HTTP: media types, methods, statuses, batches, and answers that a client has already."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from entente.stores import StoreUrls
from entente.transport.negotiation import JSON, RESPONSE, accepted, is_json
from tests.serving import Client, served
from tests.world import World

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
TYPE = {"query": "{ __typename }"}
IS_QUERY = {"data": {"__typename": "Query"}}
REQUEST_ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "syntax": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "validation": ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    "variables": ({"query": "query ($a: Int!) { npc(npcId: $a) { name } }"}, "GRAPHQL"),
    "operation": ({"query": "query A { __typename }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
    "no name": ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
    "size": ({"query": '{ players(worldId: "w", first: 100000) { nodes { name } } }'}, "TOO_LARGE"),
}


def codes(answer: httpx.Response) -> list[str]:
    """The codes of the errors."""
    return [one.get("extensions", {}).get("code", "GRAPHQL") for one in answer.json()["errors"]]


# Media types ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "media"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"APPLICATION/JSON ; Charset=UTF-8", JSON),
        (b"application/graphql-response+json", RESPONSE),
        (b"application/graphql-response+json, application/json", RESPONSE),
        (b"application/json, application/graphql-response+json", JSON),
        (b"application/json;q=0.9, application/graphql-response+json", RESPONSE),
        (b"application/json, application/graphql-response+json;q=0.9", JSON),
        (b"application/graphql-response+json, */*", RESPONSE),
        (b"*/*, application/graphql-response+json;q=0.5", JSON),
        (b"application/json;q=0, */*", RESPONSE),
        (b"application/json;q=0, application/*;q=0.1", RESPONSE),
        (b"text/html, application/xhtml+xml, */*;q=0.8", JSON),
        (b"text/html", None),
        (b"text/event-stream", None),
        (b"application/json;q=0", None),
        (b"application/json;q=2", None),
        (b"application/json;q=nan", None),
        (b"application/json;charset=latin-1", None),
        (b"*/*;q=0", None),
        (b"\xff,,;;=,q=", None),
    ],
)
def test_the_answer_has_the_type_that_the_client_likes_best(header: bytes | None, media: str | None) -> None:
    assert accepted(header).media == media
    assert accepted(header).by_status == (media == RESPONSE)


def test_events_and_pages_are_asked_for_by_name() -> None:
    assert accepted(b"application/json, text/event-stream").events
    assert not accepted(b"*/*").events
    assert accepted(BROWSER.encode()).page
    assert not accepted(b"text/*, */*").page
    assert not accepted(b"text/html;q=0, */*").page


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"application/json", True),
        (b'Application/JSON; Charset="UTF-8"', True),
        (b"application/json; version=1", True),
        (b"application/json; charset=utf-16", False),
        (b"application/json-seq", False),
        (b"text/plain; application/json", False),
        (b"", False),
    ],
)
def test_bodies_are_json_in_utf_8(sent: bytes, read: bool) -> None:
    assert is_json(sent) == read


@pytest.mark.parametrize("media", [JSON, RESPONSE])
async def test_the_answer_says_which_type_it_has(client: Client, media: str) -> None:
    answer = await client.post(TYPE, Accept=media)

    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.json() == IS_QUERY


async def test_what_nobody_can_write_gets_406(client: Client) -> None:
    answer = await client.post(TYPE, Accept="text/csv")

    assert (answer.status_code, codes(answer)) == (406, ["NOT_ACCEPTABLE"])
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_whoever_takes_anything_gets_no_page(client: Client) -> None:
    answer = await client.get(headers={"Accept": "*/*"})

    assert (answer.status_code, codes(answer)) == (400, ["BAD_REQUEST"])


# Statuses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
async def test_an_error_of_the_request_has_the_status_of_its_type(
    client: Client, body: dict[str, Any], code: str
) -> None:
    old, new = await client.post(body, Accept=JSON), await client.post(body, Accept=RESPONSE)

    assert (old.status_code, new.status_code) == (200, 400)
    assert old.json() == new.json()
    assert codes(old) == [code]
    assert "data" not in old.json()


async def test_an_error_of_a_field_is_an_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("resolvers.loaders.fetch", fails)
    answer = await client.post({"query": '{ world(worldId: "w1") { name } }'}, Accept=RESPONSE)

    assert answer.status_code == 200
    assert answer.json()["data"] == {"world": None}


@pytest.mark.parametrize("media", [JSON, RESPONSE])
async def test_a_body_that_asks_nothing_gets_400(client: Client, media: str) -> None:
    for body in [{}, {"query": None}, {"query": 7}, [], [[]], 7]:
        answer = await client.post(body, Accept=media)

        assert (answer.status_code, codes(answer)) == (400, ["BAD_REQUEST"]), body
        assert answer.headers["content-type"].startswith(media)


async def test_a_bug_of_the_transport_is_masked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("SELECT secret")

    monkeypatch.setattr(client.app.service, "answer", fails)
    answer = await client.post(TYPE)

    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL"])
    assert "secret" not in answer.text


# Methods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "QUERY"])
async def test_other_methods_get_405(client: Client, method: str) -> None:
    answer = await client.http.request(method, "/graphql")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


async def test_options_are_told(client: Client) -> None:
    answer = await client.http.options("/graphql")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("media", [JSON, RESPONSE])
async def test_a_mutation_may_not_come_by_get(client: Client, media: str) -> None:
    answer = await client.get("/graphql?query=mutation{__typename}", headers={"Accept": media})

    assert (answer.status_code, codes(answer)) == (405, ["NOT_A_QUERY"])
    assert answer.headers["allow"] == "POST"


async def test_head_is_a_get_without_its_body(client: Client) -> None:
    got = await client.get("/graphql?query={__typename}")
    head = await client.http.head("/graphql?query={__typename}")

    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "query=%ff",
        "query={__typename}&query={__typename}",
        "query={__typename}&variables=[]",
        "query={__typename}&variables={",
        "query={__typename}&variables=7",
        "query={__typename}&extensions=%22a%22",
        "&".join(f"a{number}=1" for number in range(30)),
    ],
)
async def test_parameters_that_make_no_sense_get_400(client: Client, parameters: str) -> None:
    answer = await client.get(f"/graphql?{parameters}")

    assert (answer.status_code, codes(answer)) == (400, ["BAD_REQUEST"])


async def test_empty_parameters_are_none(client: Client) -> None:
    answer = await client.get("/graphql?query={__typename}&operationName=&variables=&extensions=&documentId=")

    assert answer.json() == IS_QUERY


# Answers that a client has already ------------------------------------------------------------------------


async def test_an_answer_that_the_client_has_is_not_sent_again(client: Client, world: World) -> None:
    query = quote(f'{{ world(worldId: "{world.world_id}") {{ players {{ totalCount }} }} }}')
    first = await client.get(f"/graphql?query={query}")
    tag = first.headers["etag"]
    again = await client.get(f"/graphql?query={query}", headers={"If-None-Match": f'"x", W/{tag}'})
    await world.player("Bela")
    changed = await client.get(f"/graphql?query={query}", headers={"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert "content-type" not in again.headers
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_an_answer_of_another_type_has_another_tag(client: Client) -> None:
    tags = {
        (await client.get("/graphql?query={__typename}", headers={"Accept": media})).headers["etag"]
        for media in (JSON, RESPONSE)
    }

    assert len(tags) == 2


async def test_answers_are_kept_by_nobody_between(client: Client) -> None:
    answer = await client.get("/graphql?query={__typename}")

    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Accept, Authorization"


# Batches --------------------------------------------------------------------------------------------------


async def test_a_batch_is_answered_in_its_order(client: Client) -> None:
    answer = await client.post([{"query": f"{{ a{number}: __typename }}"} for number in range(5)] + [{}])

    told = answer.json()
    assert answer.status_code == 200
    assert told[:5] == [{"data": {f"a{number}": "Query"}} for number in range(5)]
    assert [one["extensions"]["code"] for one in told[5]["errors"]] == ["BAD_REQUEST"]


async def test_a_batch_has_a_limit(urls: StoreUrls) -> None:
    async with served(urls, batch_limit=2) as client:
        assert (await client.post([TYPE, TYPE])).json() == [IS_QUERY, IS_QUERY]
        answer = await client.post([TYPE, TYPE, TYPE])

    assert (answer.status_code, codes(answer)) == (400, ["BAD_REQUEST"])
    assert "2 is the limit" in json.dumps(answer.json())


async def test_a_body_has_a_limit(urls: StoreUrls) -> None:
    async with served(urls, body_limit=50) as client:
        assert (await client.post(TYPE)).status_code == 200
        assert (await client.post({"query": "#" * 50})).status_code == 413


# Suggestions ----------------------------------------------------------------------------------------------


async def test_a_locked_server_suggests_no_names(client: Client, urls: StoreUrls) -> None:
    asked = {"query": "{ world(worldI: 1) { nam } worldz { name } }"}
    opened = await client.post(asked)
    async with served(urls, admin_key="a key that nobody guesses") as server:
        locked = await server.post(asked, Authorization="Bearer a key that nobody guesses")

    assert "Did you mean" in opened.text
    assert "Did you mean" not in locked.text
    assert len(codes(locked)) > 1
