"""Outages: a store that is down is named, everything else is answered, and nobody has to restart anything."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import db.batches
import db.connection
from db import migrations
from db.connection import open_stores
from db.outages import StoreUnavailableError, naming_the_store
from db.viewer import ADMIN
from entente import embedded, unprivileged
from entente.child import _pid_in
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from tests import servers
from tests.asking import Ask, brain
from tests.serving import Client, served
from tests.world import World

WORLDS = "{ worlds { nodes { name } } }"
LEAVE = """mutation {
  leaveAlliance(input: {worldId: "w", asPlayerId: 1}) { ... on Refusal { code } }
}"""
DOWN = {"code": "STORE_UNAVAILABLE"}
SOON = 3.0


@dataclass
class Postgres:
    """A server of this test's own, which it may stop, start and freeze; it stays at its address."""

    place: Path
    sockets: Path
    running: AbstractContextManager[str] | None = None
    url: str = ""

    def start(self) -> None:
        self.running = embedded.postgres(self.place / "postgres", options=servers.QUICK, sockets=self.sockets)
        self.url = self.running.__enter__()

    def stop(self) -> None:
        if self.running is not None:
            self.running.__exit__(None, None, None)
            self.running = None

    def freeze(self, how: signal.Signals) -> None:
        """Stop every process of the server where it is, or let them go on."""
        first = _pid_in(unprivileged.home(self.place / "postgres") / "18" / "postmaster.pid")
        assert first is not None
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *map(int, children)):
            os.kill(pid, how)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    with servers.folder() as place:
        sockets = embedded.new_socket_folder()
        made = Postgres(place, sockets)
        made.start()
        yield made
        made.stop()
        shutil.rmtree(sockets)


@pytest.fixture
async def postgres(own_postgres: Postgres) -> AsyncIterator[Postgres]:
    """The server, up and migrated."""
    await migrations.migrate(own_postgres.url, "main")
    yield own_postgres
    if own_postgres.running is None:
        own_postgres.start()


@pytest.fixture
def its_urls(postgres: Postgres, urls: StoreUrls) -> StoreUrls:
    """The stores of the test, with this server for the global database."""
    return StoreUrls(main=postgres.url, worlds=urls.worlds, redis=urls.redis)


async def timed(client: Client, query: str = WORLDS) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = await client.ask(query)
    return answer, time.perf_counter() - began


async def test_it_recovers_by_itself_when_its_database_is_back(
    postgres: Postgres, its_urls: StoreUrls
) -> None:
    async with served(its_urls) as client:
        assert await client.ask(WORLDS) == {"data": {"worlds": {"nodes": []}}}

        postgres.stop()
        answer, took = await timed(client)
        (error,) = answer["errors"]
        assert error["message"] == "The global database cannot be reached; try again soon."
        assert error["extensions"] == DOWN
        assert took < SOON
        assert (await client.ask(LEAVE))["errors"][0]["extensions"] == DOWN
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503

        postgres.start()
        assert await client.ask(WORLDS) == {"data": {"worlds": {"nodes": []}}}
        assert await client.ask(LEAVE) == {"data": {"leaveAlliance": {"code": "NOT_FOUND"}}}
        assert (await client.get("/readyz")).status_code == 200


async def test_a_server_may_start_before_its_database(postgres: Postgres, its_urls: StoreUrls) -> None:
    postgres.stop()
    async with served(its_urls) as client:
        assert (await client.ask(WORLDS))["errors"][0]["extensions"] == DOWN

        postgres.start()
        assert "errors" not in await client.ask(WORLDS)


async def test_connections_that_were_cut_are_made_again(postgres: Postgres, its_urls: StoreUrls) -> None:
    async with served(its_urls) as client:
        await asyncio.gather(*(client.ask(WORLDS) for _ in range(8)))
        conn = await asyncpg.connect(postgres.url)
        cut = await conn.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'entente'"
        )
        await conn.close()
        await asyncio.sleep(0.1)
        answers = await asyncio.gather(*(client.ask(WORLDS) for _ in range(8)))

    assert len(cut) >= 1
    assert [one for one in answers if "errors" in one] == []


async def test_a_database_that_hangs_is_not_waited_for(
    postgres: Postgres, its_urls: StoreUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.connection, "PATIENCE_SECONDS", 0.3)
    async with served(its_urls) as client:
        await client.ask(WORLDS)
        postgres.freeze(signal.SIGSTOP)
        try:
            answer, took = await timed(client)
        finally:
            postgres.freeze(signal.SIGCONT)
        after = await client.ask(WORLDS)

    assert answer["errors"][0]["message"] == "The global database took too long to answer; try again."
    assert answer["errors"][0]["extensions"] == DOWN
    assert took < SOON
    assert "errors" not in after


async def test_a_database_that_hangs_is_soon_told_to_be_down(postgres: Postgres, its_urls: StoreUrls) -> None:
    async with served(its_urls) as client:
        await client.ask(WORLDS)
        postgres.freeze(signal.SIGSTOP)
        try:
            began = time.perf_counter()
            ready = await client.get("/readyz")
            took = time.perf_counter() - began
        finally:
            postgres.freeze(signal.SIGCONT)
        again = await client.get("/readyz")

    assert ready.status_code == 503
    assert took < SOON
    assert again.status_code == 200


async def test_a_statement_that_takes_too_long_is_ended(
    world: World, urls: StoreUrls, analyses: Analyses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.connection, "STATEMENT_TIMEOUT_MS", 100)
    async with open_stores(urls.main, urls.worlds, urls.redis) as hasty, world.transaction() as other:
        await other.execute("LOCK TABLE npc_world_state IN ACCESS EXCLUSIVE MODE")
        answer = await Ask(hasty, analyses).anyway(
            "query ($world: String!) { world(worldId: $world) { name npcs { totalCount } } }",
            world=world.world_id,
        )

    assert answer.messages == ["The global database took too long to answer; ask for less."]


async def test_a_missing_world_database_fails_its_own_fields_alone(world: World, ask: Ask) -> None:
    bela = await world.player("Bela")

    answer = await ask.anyway(
        """query ($world: String!, $player: Int!) {
          player(worldId: $world, playerId: $player) {
            name villages { totalCount nodes { name } } world { name }
          }
        }""",
        world=world.world_id,
        player=bela.player_id,
    )

    there = {"name": bela.name, "villages": None, "world": {"name": world.world_id}}
    assert answer.data == {"player": there}
    assert answer.codes == ["STORE_UNAVAILABLE"]
    assert answer.messages == [f"The database of world {world.world_id!r} cannot be reached; try again soon."]


async def test_one_world_without_its_database_takes_no_other_along(
    world: World, new_world: Any, ask: Ask
) -> None:
    other = await new_world()
    here, there = await world.player("Bela"), await other.player("Otto")
    await world.village(here, "Home")
    query = """query ($here: String!, $bela: Int!, $there: String!, $otto: Int!) {
      bela: player(worldId: $here, playerId: $bela) { villages { nodes { name } } }
      otto: player(worldId: $there, playerId: $otto) { villages { nodes { name } } }
    }"""

    answer = await ask.anyway(
        query, here=world.world_id, bela=here.player_id, there=other.world_id, otto=there.player_id
    )

    assert answer.data == {"bela": {"villages": {"nodes": [{"name": "Home"}]}}, "otto": {"villages": None}}
    assert answer.codes == ["STORE_UNAVAILABLE"]


async def test_what_villages_have_fails_alone_where_its_world_is_down(
    world: World, new_world: Any, ask: Ask
) -> None:
    other = await new_world()
    bela = await world.npc("Bela")
    await other.player("Otto", npc_id=bela.npc_id)
    home = await world.village(bela, "Home")
    await world.village_has(home, "village_resources", wood=5)
    query = """query ($here: String!, $there: String!, $village: Int!, $npc: Int!) {
      here: village(worldId: $here, villageId: $village) { name resources { wood } troops { unit } }
      there: village(worldId: $there, villageId: $village) { name resources { wood } }
      npc(npcId: $npc) {
        name
        here: villageConfigs(worldId: $here) { totalCount }
        there: villageConfigs(worldId: $there) { totalCount nodes { version } }
        history: buildHistory(worldId: $there) { nodes { toLevel } }
      }
      villages(worldId: $there) { nodes { name } }
    }"""
    asked = {"here": world.world_id, "there": other.world_id, "village": home.village_id, "npc": bela.npc_id}

    for viewer in (ADMIN, brain(bela)):
        answer = await ask.anyway(query, viewer=viewer, **asked)

        assert answer.data == {
            "here": {"name": "Home", "resources": {"wood": 5}, "troops": []},
            "there": None,
            "npc": {
                "name": bela.name,
                "here": {"totalCount": 0},
                "there": None,
                "history": None,
            },
            "villages": None,
        }
        assert set(answer.codes) == {"STORE_UNAVAILABLE"}
        assert len(answer.codes) == 4
        assert set(answer.messages) == {
            f"The database of world {other.world_id!r} cannot be reached; try again soon."
        }


async def test_without_redis_every_question_is_answered(world: World, urls: StoreUrls) -> None:
    bela = await world.npc("Bela")
    await world.alliance("Reds", [bela])
    without = StoreUrls(main=urls.main, worlds=urls.worlds, redis="redis://127.0.0.1:1")
    query = f"""{{
      blocs(worldId: "{world.world_id}") {{ blocs {{ alliances {{ name }} }} }}
      trust(worldId: "{world.world_id}", trusterPlayerId: {bela.player_id}, trustedPlayerIds: []) {{ stated }}
    }}"""

    async with served(without) as client:
        answer, _ = await timed(client, query)
        again, took = await timed(client, query)

    assert answer == again == {"data": {"blocs": {"blocs": [{"alliances": [{"name": "Reds"}]}]}, "trust": []}}
    assert took < SOON


@pytest.mark.parametrize(
    "outage",
    [
        ConnectionRefusedError(),
        FileNotFoundError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.InvalidCatalogNameError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12"),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.QueryCanceledError(),
    ],
)
def test_an_outage_names_the_store(outage: Exception) -> None:
    with pytest.raises(StoreUnavailableError, match=r"^The moon "), naming_the_store("The moon"):
        raise outage


@pytest.mark.parametrize(
    "bug", [ValueError(), asyncpg.UndefinedTableError(), asyncpg.exceptions._base.DataError("x")]
)
def test_a_bug_is_no_outage(bug: Exception) -> None:
    with pytest.raises(type(bug)), naming_the_store("The moon"):
        raise bug
