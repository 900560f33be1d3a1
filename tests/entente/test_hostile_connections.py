"""What nobody should send, over connections of its own: each is answered soon, and meanwhile others are.

No answer is a 500, and none tells how the server is made.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from entente.transport import protocol
from tests.listening import connected, listening

KEY = "a key that nobody guesses"
SOON = 2
OF_US = re.compile(rb"SELECT|Traceback|asyncpg|\.py\b|/home/|site-packages|Did you mean", re.IGNORECASE)
TYPE = b'{"query": "{ __typename }"}'
NESTED = b"[" * 50_000 + b"]" * 50_000
CIRCLE = "{ worlds { nodes { ...A } } } fragment A on World { ...B } fragment B on World { ...A }"
NESTING = "{ worlds { nodes { ...F0 } } } fragment F25 on World { name }" + "".join(
    f" fragment F{n} on World {{ ...F{n + 1} ...F{n + 1} }}" for n in range(25)
)


def request(body: bytes, *headers: bytes, method: bytes = b"POST") -> bytes:
    """A request as its bytes; its length is told unless a header does."""
    told = (
        b"" if any(b"content-length" in one.lower() for one in headers) else b"Content-Length: %d" % len(body)
    )
    kind = (
        b"" if any(b"content-type" in one.lower() for one in headers) else b"Content-Type: application/json"
    )
    key = b"Authorization: Bearer " + KEY.encode()
    lines = [method + b" /graphql HTTP/1.1", b"Host: localhost", key, kind, told, *headers]
    return b"\r\n".join(one for one in lines if one) + b"\r\n\r\n" + body


def operation(query: str, **variables: Any) -> bytes:
    """A request with this query."""
    return request(json.dumps({"query": query, "variables": variables}).encode())


ATTACKS: dict[str, tuple[bytes, int]] = {
    "null": (request(b"null"), 400),
    "a string": (request(b'"{ __typename }"'), 400),
    "a number": (request(b"7"), 400),
    "bad UTF-8": (request(b'{"query": "\xff\xfe"}'), 400),
    "10,000 digits": (request(b'{"query": "{ __typename }", "variables": {"a": %s}}' % (b"9" * 10_000)), 400),
    "10,000 digits in the query": (operation("{ npc(npcId: %s) { name } }" % ("9" * 10_000)), 200),
    "50,000 deep": (request(NESTED), 400),
    "variables 50,000 deep": (request(b'{"query": "{ __typename }", "variables": {"a": %s}}' % NESTED), 400),
    "a query 50,000 deep": (operation("{a" * 50_000 + "}" * 50_000), 200),
    "half a character": (request(rb'{"query": "{ world(worldId: \"\ud800\") { name } }"}'), 400),
    "gzip": (request(gzip.compress(TYPE), b"Content-Encoding: gzip"), 415),
    "10 MB": (request(b'{"query": "%s"}' % (b"#" * 10_000_000)), 413),
    "10 MB in pieces": (
        request(
            b"2000\r\n%s\r\n" % (b" " * 0x2000) * 1280 + b"0\r\n\r\n", b"Transfer-Encoding: chunked"
        ).replace(b"Content-Length", b"X-Length"),
        413,
    ),
    "a length that is far too long": (request(b"", b"Content-Length: 99999999999999"), 413),
    "1,000 aliases": (operation("{" + " ".join(f"a{n}: __typename" for n in range(1000)) + "}"), 200),
    "10,000 duplicate fields": (operation("{" + " __typename" * 10_000 + "}"), 200),
    "25 nested fragments": (operation(NESTING), 200),
    "circular fragments": (operation(CIRCLE), 200),
    "a form of text": (request(TYPE, b"Content-Type: text/plain"), 415),
    "a form": (request(b"query={__typename}", b"Content-Type: application/x-www-form-urlencoded"), 415),
    "a form in parts": (request(TYPE, b"Content-Type: multipart/form-data; boundary=x"), 415),
    "a page from elsewhere": (request(TYPE, b"Origin: https://evil.example"), 403),
    "two lengths": (request(TYPE, b"Content-Length: 27", b"Content-Length: 3"), 400),
    "a length that is none": (request(TYPE, b"Content-Length: -1"), 400),
    "a length and pieces": (request(TYPE, b"Content-Length: 27", b"Transfer-Encoding: chunked"), 400),
    "two keys": (request(TYPE, b"Authorization: Bearer nope"), 401),
    "a header that never ends": (request(TYPE, b"X-Long: " + b"x" * 2_000_000), 431),
    "an address that never ends": (b"GET /graphql?query=" + b"x" * 2_000_000, 431),
    "a mistyped name": (operation("{ worldz { nodes { nam } } }"), 200),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
async def port(urls: StoreUrls) -> AsyncIterator[int]:
    """Where a server with a key listens."""
    settings = Settings(state=Path("/nowhere"), admin_key=KEY, body_timeout=1)
    async with listening(create_app(settings, urls)) as where:
        yield where


async def status(port: int, sent: bytes) -> tuple[int, bytes]:
    """What comes back for these bytes."""
    async with connected(port) as (reader, writer):
        sending = asyncio.create_task(_send(writer, sent))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5 * SOON)
        length = re.search(rb"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        sending.cancel()
        return int(head.split()[1]), body


async def _send(writer: asyncio.StreamWriter, sent: bytes) -> None:
    try:
        writer.write(sent)
        await writer.drain()
    except ConnectionError:
        pass  # refused before it was all said


async def ask(port: int) -> float:
    """How long an honest client waits."""
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        key = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        answer = await http.post("/graphql", content=TYPE, headers=key)
    assert answer.json() == {"data": {"__typename": "Query"}}
    return time.perf_counter() - began


@pytest.mark.parametrize(("sent", "expected"), ATTACKS.values(), ids=ATTACKS)
async def test_it_is_answered_soon_while_others_are(port: int, sent: bytes, expected: int) -> None:
    began = time.perf_counter()
    (code, body), waited = await asyncio.gather(status(port, sent), ask(port))

    assert code == expected
    assert not OF_US.search(body), body[:500]
    assert time.perf_counter() - began < SOON
    assert waited < SOON


async def test_too_short_a_body_is_waited_for_only_so_long(port: int) -> None:
    code, body = await status(port, request(TYPE, b"Content-Length: 28"))

    assert code == 408
    assert b"BODY_TIMEOUT" in body


async def test_what_follows_too_long_a_body_is_not_taken_for_a_question(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(request(TYPE + b"GET / HTTP", b"Content-Length: 27"))
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(b"\r\n\r\n")
        assert b"HTTP/1.1 400" in await asyncio.wait_for(reader.read(), SOON)


@pytest.mark.parametrize(
    "begun", [b"", b"POST /graphql HTTP/1.1\r\nHost: loc"], ids=["nothing", "half a head"]
)
async def test_a_head_that_never_ends_is_waited_for_only_so_long(
    port: int, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    async with connected(port) as (reader, writer):
        writer.write(begun)

        assert await asyncio.wait_for(reader.read(), SOON) == b""


async def test_a_connection_that_is_used_is_kept(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(request(TYPE))
            assert (await reader.readuntil(b"}}")).endswith(b'{"data":{"__typename":"Query"}}')
            await asyncio.sleep(0.3)


async def test_hundreds_that_never_finish_keep_nobody_waiting(port: int) -> None:
    open_ended = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for number, (_, writer) in enumerate(open_ended):
        writer.write(request(b"{", b"Content-Length: 100") if number % 2 else b"POST /gra")

    assert await ask(port) < SOON
    for _, writer in open_ended:
        writer.close()
