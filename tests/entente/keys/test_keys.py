"""Keys: who they let in, and that they let nobody in once they are revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import tests.sockets
from db.connection import Stores
from db.viewer import Role
from entente.access import Access
from entente.app import Application, create_app
from entente.commands.keys import KeyRefusedError, Made, Wish, create, every, line, revoke
from entente.keyring import Keyring, hash_of
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening
from tests.waiting import becomes
from tests.world import World

WHO = "query ($npc: Int!) { npc(npcId: $npc) { name personality } worlds(first: 100) { nodes { worldId } } }"
WITHIN_SECONDS = 5
ADMIN_KEY = "a key that nobody guesses"


@pytest.fixture(scope="module")
async def port(urls: StoreUrls) -> AsyncIterator[int]:
    """Where a server listens that has keys."""
    async with listening(create_app(Settings(state=Path("/nowhere"), admin_key=ADMIN_KEY), urls)) as port:
        yield port


@pytest.fixture
async def http(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


async def asked(http: httpx.AsyncClient, made: Made, query: str = WHO, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {made.key}"})


async def test_a_brain_is_let_in_as_its_npc(http: httpx.AsyncClient, stores: Stores, world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await create(stores, Wish(role=Role.BRAIN, npc_id=bela.npc_id))

    mine = (await asked(http, made, npc=bela.npc_id)).json()["data"]
    other = (await asked(http, made, npc=otto.npc_id)).json()["data"]

    assert mine["npc"] == {"name": bela.name, "personality": "BALANCED"}
    assert other["npc"] == {"name": otto.name, "personality": None}
    assert mine["worlds"]["nodes"] == [{"worldId": world.world_id}]
    assert made.kept.label == f"brain of {bela.name}"


@pytest.mark.parametrize("role", [Role.GAME, Role.VIEWER])
async def test_a_key_may_be_for_some_worlds(
    role: Role, http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=role, worlds=(world.world_id,)))

    answer = await asked(http, made, "{ worlds(first: 100) { nodes { worldId } } }")

    assert answer.json() == {"data": {"worlds": {"nodes": [{"worldId": world.world_id}]}}}


async def test_only_a_hash_is_kept(stores: Stores, world: World) -> None:
    made = await create(stores, Wish(role=Role.GAME))

    (kept,) = await world.run("SELECT * FROM api_keys WHERE id = $1", made.kept.key_id)
    assert kept["key_hash"] == hash_of(made.key)
    assert made.key not in str(dict(kept))
    assert len(made.key) > 50
    assert made.kept.hint == made.key[: len("ent_game_") + 4] + "…"


async def test_of_a_revoked_key_nobody_is_let_in(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=Role.GAME))
    assert (await asked(http, made, "{ __typename }")).status_code == 200

    await revoke(stores, made.kept.key_id)

    async def is_shut_out() -> bool:
        return (await asked(http, made, "{ __typename }")).status_code == 401

    async with asyncio.timeout(WITHIN_SECONDS):
        await becomes(is_shut_out)


async def test_who_thinks_for_one_that_is_retired_is_let_in_no_more(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    hers, his = [await create(stores, Wish(role=Role.BRAIN, npc_id=npc.npc_id)) for npc in (bela, otto)]
    admin = await create(stores, Wish(role=Role.ADMIN))
    retire = "mutation ($npc: Int!) { retireNpc(input: {npcId: $npc}) { ... on Npc { active } } }"

    done = await asked(http, admin, retire, npc=bela.npc_id)

    assert done.json() == {"data": {"retireNpc": {"active": False}}}

    async def is_shut_out() -> bool:
        return (await asked(http, hers, "{ __typename }")).status_code == 401

    async with asyncio.timeout(WITHIN_SECONDS):
        await becomes(is_shut_out)
    assert (await asked(http, his, "{ __typename }")).status_code == 200


async def test_an_expired_key_lets_nobody_in(http: httpx.AsyncClient, stores: Stores, world: World) -> None:
    made = await create(stores, Wish(role=Role.GAME, days=1))
    await world.run("UPDATE api_keys SET expires_at = $2 WHERE id = $1", made.kept.key_id, datetime.now(UTC))

    assert (await asked(http, made, "{ __typename }")).status_code == 401


async def test_a_socket_is_closed_when_its_key_is_revoked(port: int, stores: Stores, world: World) -> None:
    made = await create(stores, Wish(role=Role.VIEWER, worlds=(world.world_id,)))
    query = "subscription ($world: String!) { worldChanged(worldId: $world) { version } }"
    url = f"ws://127.0.0.1:{port}/graphql"

    async with tests.sockets.connected(url) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {made.key}"}})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.subscribe("1", query, world=world.world_id)
        assert (await socket.receive())["type"] == "next"

        await revoke(stores, made.kept.key_id)
        async with asyncio.timeout(WITHIN_SECONDS):
            assert await socket.closes() == 4403


async def test_a_stream_of_events_ends_when_its_key_is_revoked(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    made = await create(stores, Wish(role=Role.VIEWER))
    query = "subscription ($world: String!) { worldChanged(worldId: $world) { version } }"
    body = {"query": query, "variables": {"world": world.world_id}}
    headers = {"Authorization": f"Bearer {made.key}", "Accept": "text/event-stream"}

    async with http.stream("POST", "/graphql", json=body, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "event: next"
        await revoke(stores, made.kept.key_id)
        async with asyncio.timeout(WITHIN_SECONDS):
            assert "event: complete" not in [told async for told in lines]


async def test_the_key_of_another_socket_is_none_of_ours(port: int, stores: Stores, world: World) -> None:
    kept, lost = [await create(stores, Wish(role=Role.VIEWER)) for _ in range(2)]
    url = f"ws://127.0.0.1:{port}/graphql"
    headers = {"Authorization": f"Bearer {kept.key}"}

    async with (
        tests.sockets.opened(url, additional_headers=headers) as mine,
        tests.sockets.opened(url, additional_headers={"Authorization": f"Bearer {lost.key}"}) as theirs,
    ):
        await revoke(stores, lost.kept.key_id)
        async with asyncio.timeout(WITHIN_SECONDS):
            assert await theirs.closes() == 4403
        assert await mine.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_a_brain_finds_the_worlds_it_enters(
    http: httpx.AsyncClient, stores: Stores, world: World
) -> None:
    bela = await world.npc("Bela")
    await world.run("DELETE FROM players WHERE npc_id = $1", bela.npc_id)
    made = await create(stores, Wish(role=Role.BRAIN, npc_id=bela.npc_id))
    assert (await asked(http, made, npc=bela.npc_id)).json()["data"]["worlds"]["nodes"] == []

    await world.player("Bela", npc_id=bela.npc_id)

    async def is_shown() -> bool:
        return bool((await asked(http, made, npc=bela.npc_id)).json()["data"]["worlds"]["nodes"])

    async with asyncio.timeout(WITHIN_SECONDS):
        await becomes(is_shown)


async def test_with_the_first_key_an_open_server_is_open_no_more(urls: StoreUrls) -> None:
    settings = Settings(state=Path("/nowhere"))

    assert Application(settings, urls).access.is_open
    assert not Application(settings, urls, has_keys=True).access.is_open
    assert Application(settings, urls, has_keys=True).access.find(None) is None


async def test_it_does_not_open_again_when_the_last_key_is_revoked(stores: Stores, world: World) -> None:
    made = await create(stores, Wish(role=Role.GAME))

    async with Keyring().over(stores.main) as ring:
        access = Access(None, ring)
        assert access.find(f"Bearer {made.key}") is not None

        await world.run("UPDATE api_keys SET revoked_at = now() WHERE revoked_at IS NULL")
        await becomes(lambda: access.find(f"Bearer {made.key}") is None)

        assert not access.is_open


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Wish(role=Role.BRAIN), "pass --npc with --role brain"),
        (Wish(role=Role.GAME, npc_id=1), "pass --npc with --role brain"),
        (Wish(role=Role.BRAIN, npc_id=2**31 - 1), "There is no NPC"),
        (Wish(role=Role.ADMIN, worlds=("w1",)), "an admin is shown all worlds"),
        (Wish(role=Role.VIEWER, worlds=("nowhere",)), "There is no world 'nowhere'"),
        (Wish(role=Role.VIEWER, label=""), "--label must have"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(wish: Wish, told: str, stores: Stores) -> None:
    with pytest.raises(KeyRefusedError, match=told):
        await create(stores, wish)


async def test_the_list_tells_them_apart(stores: Stores, world: World) -> None:
    made = await create(stores, Wish(role=Role.VIEWER, label="The map", worlds=(world.world_id,), budget=500))
    await revoke(stores, made.kept.key_id)

    (told,) = [line(one) for one in await every(stores) if one.key_id == made.kept.key_id]

    assert told.split() == [
        str(made.kept.key_id), "revoked", "viewer", made.kept.hint,
        "The", "map", f"({world.world_id},", "500", "a", "minute)",
    ]  # fmt: skip
    with pytest.raises(KeyRefusedError, match="There is no key"):
        await revoke(stores, 2**62)
