"""What nobody should send: each is turned away with a word about what to send instead.

A request that is no GraphQL gets 400; an operation that cannot be run gets 200 and errors, as all do that
ask for application/json.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import orjson
import pytest
from graphql import get_introspection_query
from starlette.types import Message

from engine.limits import Limits
from tests.serving import Client
from tests.world import World

NESTED = b"[" * 50_000 + b"]" * 50_000
OF_US = re.compile(r"SELECT|Traceback|asyncpg|\.py\b|/home/|site-packages")

NOT_GRAPHQL = {
    "null": b"null",
    "a number": b"7",
    "a string": b'"{ __typename }"',
    "an empty list": b"[]",
    "too long a list": b"[%s]" % b",".join([b'{"query": "{ __typename }"}'] * 11),
    "a list in a list": b'[[{"query": "{ __typename }"}]]',
    "a list of numbers": b"[1, 2]",
    "nothing": b"",
    "no JSON": b"{ __typename }",
    "bad UTF-8": b'{"query": "\xff\xfe"}',
    "deep": NESTED,
    "deep variables": b'{"query": "{ __typename }", "variables": {"a": %s}}' % NESTED,
    "a giant number": b'{"query": "{ __typename }", "variables": {"a": %s}}' % (b"9" * 10_000),
    "an infinite number": b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "half a character": rb'{"query": "{ world(worldId: \"\ud800\") { name } }"}',
    "half a character in a variable": rb'{"query": "{ __typename }", "variables": {"a": "\ud800"}}',
    "no query": b"{}",
    "a null query": b'{"query": null}',
    "a query that is a number": b'{"query": 7}',
    "variables that are a list": b'{"query": "{ __typename }", "variables": []}',
    "variables that are text": b'{"query": "{ __typename }", "variables": "{}"}',
    "a name that is a number": b'{"query": "{ __typename }", "operationName": 7}',
    "a name that is a list": b'{"query": "{ __typename }", "operationName": ["A"]}',
    "extensions that are a number": b'{"query": "{ __typename }", "extensions": 7}',
    "extensions that are a list": b'{"query": "{ __typename }", "extensions": []}',
    "an id that is a number": b'{"documentId": 7}',
}

NOT_RUNNABLE = {
    "nothing": "",
    "no operation": "fragment F on Query { __typename }",
    "a type": "type World { name: String }",
    "a syntax error": "{",
    "an unknown field": "{ nope }",
    "an unknown argument": '{ world(nope: "demo") { name } }',
    "a wrong type": "{ world(worldId: 7) { name } }",
    "a missing argument": "{ world { name } }",
    "an unknown variable": "{ world(worldId: $w) { name } }",
    "two operations and no name": "query A { __typename } query B { __typename }",
    "half a character": r'{ world(worldId: "\ud800") { name } }',
    "a number of 5,000 digits": "{ npc(npcId: %s) { name } }" % ("9" * 5_000),
    "a page of 5,000 digits": "{ worlds(first: %s) { nodes { name } } }" % ("9" * 5_000),
    "circular fragments": "{ worlds { nodes { ...A } } }"
    " fragment A on World { ...B } fragment B on World { ...A }",
    "3,000 levels": "{a" * 3_000 + "}" * 3_000,
    "lists in lists": "{ worlds(first: %s) { nodes { name } } }" % ("[" * 4_000 + "]" * 4_000),
    "objects in objects": "{ worlds(first: %s) { nodes { name } } }" % ("{a: " * 3_000 + "1" + "}" * 3_000),
    "lists of lists of": "query ($a: %s) { __typename }" % ("[" * 4_000 + "Int" + "]" * 4_000),
    "too many words": "{" + "__typename " * Limits().tokens + "}",
    "the same word too often": "{ worlds { nodes {" + "name " * (Limits().tokens - 10) + "} } }",
    "unknown fragments": "{" + " ".join(f"...F{number}" for number in range(4_000)) + "}",
}

NUL = {
    "in a literal": (r'{ world(worldId: "\u0000") { name } }', {}),
    "in a literal, in braces": (r'{ world(worldId: "\u{0}") { name } }', {}),
    "in a literal, as it is": ('{ world(worldId: "\0") { name } }', {}),
    "in a variable": ("query ($w: String!) { world(worldId: $w) { name } }", {"w": "\0"}),
    "in a variable, deep": ("{ __typename }", {"x": [{"a": {"b\0": [1]}}]}),
}

DEEPER = orjson.loads(b"[" * 600 + b"]" * 600)
DEEP_IN = {
    "a variable": ("query ($n: Int) { worlds(first: $n) { totalCount } }", "Int cannot represent"),
    "one of introspection": ("query ($n: String!) { __type(name: $n) { name } }", "String cannot represent"),
    "one that nobody asked for": ("{ __typename }", None),
}
AGAIN = "... on Player { treaties(first: 0) { nodes { parties { "
PARTIES = (
    '{ world(worldId: "w") { treaties(first: 0) { nodes { parties { '
    + AGAIN * 5 + "__typename" + " } } } }" * 5 + " } } } } }"
)  # fmt: skip

FRAGMENTS = "".join(f" fragment F{n} on World {{ ...F{n + 1} ...F{n + 1} }}" for n in range(25))
SPREADING = "{ worlds { nodes { ...F0 } } }" + FRAGMENTS + " fragment F25 on World { name }"
WIDENING = "{ worlds { nodes { ...F0 } } } fragment F9 on World { name }" + "".join(
    f" fragment F{n} on World {{ players(first: 9) {{ nodes {{ world {{ ...F{n + 1} }} }} }} }}"
    for n in range(9)
)
DEEP = "{ worlds { nodes {" + " players { nodes { world {" * 7 + " name " + "} } }" * 7 + "} } }"


def has_no_data(answer: httpx.Response) -> bool:
    """Whether it is an answer that says what is wrong, and nothing of how the server is made."""
    told = answer.json()
    assert told["errors"]
    assert all(error["message"] for error in told["errors"])
    assert not OF_US.search(answer.text), answer.text
    assert "Unexpected error" not in answer.text
    return told.get("data") is None


@pytest.mark.parametrize("body", NOT_GRAPHQL.values(), ids=NOT_GRAPHQL)
async def test_what_is_no_graphql_gets_400(client: Client, body: bytes) -> None:
    answer = await client.send(body)

    assert answer.status_code == 400
    assert has_no_data(answer)


@pytest.mark.parametrize(("query", "told"), DEEP_IN.values(), ids=DEEP_IN)
async def test_what_nests_very_deep_is_told_or_ignored(client: Client, query: str, told: str | None) -> None:
    answer = await client.post({"query": query, "variables": {"n": DEEPER}})

    assert answer.status_code == 200
    assert "Unexpected error" not in answer.text
    assert told is None or told in answer.text


async def test_parties_within_parties_are_answered_soon(client: Client) -> None:
    async with asyncio.timeout(2):
        answer = await client.ask(PARTIES)

    assert "data" in answer or answer["errors"][0]["extensions"]["code"] == "TOO_LARGE"


@pytest.mark.parametrize("query", NOT_RUNNABLE.values(), ids=NOT_RUNNABLE)
async def test_what_cannot_be_run_gets_errors(client: Client, statements: list[str], query: str) -> None:
    answer = await client.post({"query": query})

    assert answer.status_code == 200
    assert has_no_data(answer)
    assert "data" not in answer.json()
    assert statements == []


@pytest.mark.parametrize(("query", "variables"), NUL.values(), ids=NUL)
async def test_nul_is_turned_away(
    client: Client, statements: list[str], query: str, variables: dict[str, Any]
) -> None:
    answer = await client.post({"query": query, "variables": variables})

    assert has_no_data(answer)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert statements == []


async def test_a_subscription_gets_no_single_answer(client: Client, world: World) -> None:
    query = "subscription ($w: String!) { worldChanged(worldId: $w) { version } }"
    answer = await client.post({"query": query, "variables": {"w": world.world_id}})

    assert answer.status_code == 200
    assert has_no_data(answer)
    assert answer.json()["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_HERE"


async def test_nul_within_json_is_turned_away(client: Client, world: World) -> None:
    npc = await world.npc("Bela")
    remember = "mutation ($input: RecordMemoryInput!) { recordMemory(input: $input) { __typename } }"
    told = {
        "worldId": world.world_id,
        "npcId": npc.npc_id,
        "memoryType": "BATTLE",
        "eventData": {"a": ["\0"]},
    }

    answer = await client.ask(remember, input=told)

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await world.value("SELECT count(*) FROM npc_memory WHERE world_id = $1", world.world_id) == 0


async def test_what_is_stored_deep_is_answered_from_deeper_still(client: Client, world: World) -> None:
    npc = await world.npc("Bela")
    deepest: dict[str, Any] = {}
    for _ in range(248):
        deepest = {"a": deepest}
    await world.memory(npc, event_data=deepest)
    query = (
        "query ($w: String!, $n: Int!) { npc(npcId: $n) { memories(worldId: $w) { nodes { eventData } } } }"
    )

    answer = await client.ask(query, w=world.world_id, n=npc.npc_id)

    assert answer == {"data": {"npc": {"memories": {"nodes": [{"eventData": deepest}]}}}}


async def test_what_is_not_asked_for_is_ignored(client: Client) -> None:
    answer = await client.post({"query": "{ __typename }", "id": "1", "nope": [1]})

    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_body_may_have_a_megabyte(client: Client) -> None:
    answer = await client.send(b'{"query": "{ __typename } #%s"}' % (b"#" * 999_000))

    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_larger_body_gets_413(client: Client) -> None:
    answer = await client.send(b" " * 1_000_001)

    assert answer.status_code == 413
    assert has_no_data(answer)


async def test_a_larger_body_gets_413_when_it_comes_in_pieces(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    assert (await client.send(pieces())).status_code == 413


async def test_a_request_that_breaks_off_is_no_bug(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "path": "/graphql", "method": "POST", "headers": headers, "query_string": b""}
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await client.app(scope, receive, send)

    assert sent == []
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/graphql",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_another_content_type_gets_415(client: Client, kind: str) -> None:
    answer = await client.send(b'{"query": "{ __typename }"}', kind)

    assert answer.status_code == 415
    assert has_no_data(answer)


async def test_a_zipped_body_gets_415(client: Client) -> None:
    zipped = gzip.compress(b'{"query": "{ __typename }"}')
    answer = await client.http.post(
        "/graphql", content=zipped, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )

    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert has_no_data(answer)


@pytest.mark.parametrize("size", ["first: 100", "last: 100"])
async def test_a_product_of_pages_is_too_large(client: Client, statements: list[str], size: str) -> None:
    members = f"alliance {{ members({size}) {{ nodes"
    answer = await client.ask(
        f"{{ worlds {{ nodes {{ players({size}) {{ nodes {{ {members} {{ {members} {{ name" + " }" * 11
    )

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TOO_LARGE"]
    assert "pass a smaller first" in answer["errors"][0]["message"]
    assert statements == []


@pytest.mark.parametrize("query", [DEEP, WIDENING], ids=["deep", "deep through fragments"])
async def test_deep_nesting_is_too_large(client: Client, statements: list[str], query: str) -> None:
    answer = await client.ask(query)

    assert answer["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    assert "levels deep" in answer["errors"][0]["message"]
    assert statements == []


async def test_fragments_that_spread_fragments_take_no_time(client: Client) -> None:
    began = time.perf_counter()
    answer = await client.ask(SPREADING)

    assert "fields, fragments spread" in answer["errors"][0]["message"]
    assert time.perf_counter() - began < 1


async def test_aliases_are_one_statement(client: Client, statements: list[str]) -> None:
    answer = await client.ask("{" + " ".join(f"a{n}: npc(npcId: {n}) {{ name }}" for n in range(1, 21)) + "}")

    assert len(answer["data"]) == 20
    assert len(statements) == 1


@pytest.mark.parametrize("within", ["%s", "worlds { nodes { %s } }"], ids=["at the top", "below"])
async def test_hundreds_of_aliases_are_too_many(client: Client, statements: list[str], within: str) -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(1000))
    answer = await client.ask("{" + within % aliases + "}")

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TOO_LARGE"]
    assert statements == []


async def test_the_largest_introspection_is_answered(client: Client) -> None:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    answer = await client.ask(query)

    assert "errors" not in answer
    assert len(answer["data"]["__schema"]["types"]) > 50


# A bug ----------------------------------------------------------------------------------------------------


async def fails(*_: Any) -> None:
    raise ValueError("SELECT secret FROM npcs")


async def test_a_bug_is_told_to_the_log_alone(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("db.batches.records", fails)

    answer = await client.post({"query": '{ world(worldId: "w1") { name } }'})

    assert answer.status_code == 200
    assert answer.json()["data"] == {"world": None}
    [error] = answer.json()["errors"]
    assert error["message"] == "Unexpected error."
    assert error["path"] == ["world"]
    assert not OF_US.search(answer.text)
    [surprise] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error["extensions"]["requestId"] in surprise.getMessage()
    assert surprise.exc_info is not None
    assert str(surprise.exc_info[1]) == "SELECT secret FROM npcs"
