"""GraphQL over a WebSocket, against a server that listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

import tests.sockets
from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening
from tests.sockets import INIT, Socket, connected
from tests.world import World

KEY = "a key that nobody guesses"
ELSEWHERE = "https://tools.example"


@pytest.fixture(scope="module")
async def url(urls: StoreUrls) -> AsyncIterator[str]:
    """Where an open server listens."""
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@pytest.fixture(scope="module")
async def locked(urls: StoreUrls) -> AsyncIterator[str]:
    """Where a server with a key listens."""
    settings = Settings(state=Path("/nowhere"), admin_key=KEY, allowed_origins=(ELSEWHERE,))
    async with listening(create_app(settings, urls)) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Socket]:
    """A socket that is ready for operations."""
    async with tests.sockets.opened(url) as made:
        yield made


async def test_operations_share_a_socket_and_see_what_changed_between(opened: Socket, world: World) -> None:
    query = "query ($w: String!) { world(worldId: $w) { players { totalCount } } }"
    before = await opened.ask(query, w=world.world_id)
    await world.player("Bela")
    after = await opened.ask(query, w=world.world_id)

    assert before == {"data": {"world": {"players": {"totalCount": 0}}}}
    assert after == {"data": {"world": {"players": {"totalCount": 1}}}}


async def test_a_mutation_is_seen_by_the_next_query(opened: Socket, world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.player("Otto")
    adjust = "mutation ($input: AdjustTrustInput!) { adjustTrust(input: $input) { __typename } }"
    gift = {"worldId": world.world_id, "npcId": bela.npc_id, "targetPlayerId": otto.player_id, "points": 10}
    query = """query ($w: String!, $npc: Int!) {
      npc(npcId: $npc) { relationships(worldId: $w) { nodes { trustScore } } } }"""
    asked = {"w": world.world_id, "npc": bela.npc_id}

    before = await opened.ask(query, **asked)
    assert "errors" not in await opened.ask(adjust, input=gift)
    after = await opened.ask(query, **asked)

    assert before["data"]["npc"]["relationships"]["nodes"] == []
    assert after["data"]["npc"]["relationships"]["nodes"] == [{"trustScore": 10}]


async def test_errors_come_back_and_the_socket_stays(opened: Socket) -> None:
    [syntax] = await opened.ask("{ nope }")
    assert "Cannot query field 'nope'" in syntax["message"]
    [nul] = await opened.ask(r'{ world(worldId: "\u0000") { name } }')
    assert nul["extensions"] == {"code": "BAD_USER_INPUT"}
    [unknown] = await opened.ask('subscription { worldChanged(worldId: "nowhere") { name } }')
    assert unknown["message"] == "There is no world 'nowhere'."

    assert await opened.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_a_syntax_error_ends_its_own_operation(opened: Socket) -> None:
    [syntax] = await opened.ask("{")

    assert syntax["message"].startswith("Syntax Error")
    assert await opened.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_a_bug_is_masked_here_too(opened: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("SELECT secret FROM npcs")

    monkeypatch.setattr("resolvers.source.Rows.fetch", fails)

    answer = await opened.ask('{ world(worldId: "w1") { name } }')

    assert [error["message"] for error in answer["errors"]] == ["Unexpected error."]
    assert "secret" not in str(answer)


MESSAGES = {
    "null": None,
    "a number": 7,
    "text": "connection_init",
    "a list": [INIT],
    "nothing": {},
    "a type that is a number": {"type": 7},
    "a type that is a list": {"type": ["subscribe"]},
    "an unknown type": {"type": "start"},
    "no payload": {"type": "subscribe", "id": "1"},
    "no id": {"type": "subscribe", "payload": {"query": "{ __typename }"}},
    "an id that is a list": {"type": "subscribe", "id": [], "payload": {"query": "{ __typename }"}},
    "a payload that is null": {"type": "subscribe", "id": "1", "payload": None},
    "a query that is null": {"type": "subscribe", "id": "1", "payload": {"query": None}},
    "variables that are a list": {
        "type": "subscribe",
        "id": "1",
        "payload": {"query": "{a}", "variables": []},
    },
    "a name that is a number": {
        "type": "subscribe",
        "id": "1",
        "payload": {"query": "{a}", "operationName": 7},
    },
    "a complete that is a list": {"type": "complete", "id": []},
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
async def test_what_is_no_message_closes_the_socket(
    opened: Socket, message: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await opened.send(message)

    assert await opened.closes() == 4400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("text", ["", "{", "[" * 50_000, '{"type": "\\ud800"}', b"\x00\xff"], ids=range(5))
async def test_what_is_no_json_closes_the_socket(opened: Socket, text: str | bytes) -> None:
    await opened.connection.send(text)

    assert await opened.closes() == 4400


async def test_nobody_asks_before_saying_who_they_are(url: str) -> None:
    async with connected(url) as made:
        await made.send({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})

        assert await made.closes() == 4401


async def test_another_protocol_is_refused(url: str) -> None:
    async with connect(url) as connection:
        assert await Socket(connection).closes() == 4406


# Who may open one ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [{"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer {KEY}"}])
async def test_the_key_may_come_with_connection_init(locked: str, payload: dict[str, str]) -> None:
    async with connected(locked) as made:
        await made.send({**INIT, "payload": payload})

        assert await made.receive() == {"type": "connection_ack"}
        assert await made.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_the_key_may_come_with_the_handshake(locked: str) -> None:
    async with connected(locked, additional_headers={"Authorization": f"Bearer {KEY}"}) as made:
        await made.send(INIT)

        assert await made.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer nope"}, {"Authorization": [KEY]}])
async def test_without_the_key_there_is_no_socket(locked: str, payload: Any) -> None:
    async with connected(locked) as made:
        await made.send(INIT if payload is None else {**INIT, "payload": payload})

        assert await made.closes() == 4403


async def test_pages_of_other_origins_are_refused(url: str, locked: str) -> None:
    for where in [url, locked]:
        with pytest.raises(InvalidStatus) as refused:
            async with connected(where, origin=Origin("https://evil.example")):
                pass
        assert refused.value.response.status_code == 403


async def test_our_own_page_and_allowed_origins_are_let_in(url: str, locked: str) -> None:
    home = Origin(url.removesuffix("/graphql").replace("ws:", "http:"))
    for where, origin in [(url, home), (locked, Origin(ELSEWHERE))]:
        async with connected(where, origin=origin):
            pass


async def test_an_open_server_refuses_other_names(url: str) -> None:
    port = urlsplit(url).port
    with pytest.raises(InvalidStatus) as refused:
        async with connected(f"ws://entente.example:{port}/graphql", host="127.0.0.1", port=port):
            pass
    assert refused.value.response.status_code == 400
