"""Attached worlds: a game's own database is read through views, by a role that may do nothing else."""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from db.connection import Stores, connect, open_stores
from db.world import attached, databases
from entente.commands import doctor
from entente.commands.import_travian import import_travian
from entente.commands.load_demo import load_demo
from entente.commands.migrate import migrate_all
from entente.demo import LoadRefusedError
from entente.imports import ImportRefused
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from tests.asking import Ask
from tests.servers import Servers
from tests.world import Npc, World

DOCS = (Path(__file__).parents[2] / "docs" / "attached-worlds.md").read_text()
VIEWS = re.findall("```sql\n(.*?)```", DOCS, re.DOTALL)[0]
GAME = """
CREATE TABLE vdata (wref int PRIMARY KEY, owner int, x int, y int, name text, tribe int, pop int, capital int,
    wood float8, clay float8, iron float8, crop float8, maxstore int, maxcrop int, wood_rate int,
    clay_rate int, iron_rate int, crop_rate int, created bigint, lastupdate bigint);
CREATE TABLE fdata (vref int, field int, building text, level int);
CREATE TABLE units (vref int, unit text, home bigint, away bigint);
CREATE TABLE bdata (id bigint, wid int, field int, building text, level int, queued bigint, ready bigint);
"""
FILL = """
INSERT INTO vdata VALUES ({village}, {owner}, 3, -4, 'Roma', 1, 87, 1, 700.4, 1, 2, 3, 800, 800, 10, 11,
    12, -5, 1700000000, 1700000100);
INSERT INTO fdata VALUES ({village}, 19, 'barracks', 3), ({village}, 20, 'stable', 1);
INSERT INTO units VALUES ({village}, 'legionnaire', 50, 3);
INSERT INTO bdata VALUES (9, {village}, 19, 'barracks', 4, 1700000000, 1700003600);
"""
HOME = 7
QUERY = """query ($world: String!) {
  villages(worldId: $world) { totalCount nodes {
    villageId name tribe isCapital player { name }
    resources { wood productionRateWheat } buildings { buildingName level } troops { unit atHome away }
    buildQueue { buildingName toLevel } config { version } buildHistory { totalCount }
  } }
}"""


@dataclass(frozen=True)
class Game:
    """A game with a database of its own, attached to a world."""

    world: World
    owner: Npc
    url: str
    urls: StoreUrls
    stores: Stores

    async def run(self, sql: str) -> None:
        """Run statements as the game."""
        await _execute(self.url, sql)

    async def lacks(self) -> list[str]:
        """What the doctor says of it."""
        conn = await connect(self.urls.attached[self.world.world_id])
        try:
            return await attached.lacks(conn)
        finally:
            await conn.close()


@pytest.fixture
async def game(world: World, servers: Servers, urls: StoreUrls) -> AsyncIterator[Game]:
    owner = await world.npc("Bela")
    role = f"reader_{secrets.token_hex(4)}"
    url = await servers.create(f"game_{role}")
    await _execute(url, GAME + FILL.format(village=HOME, owner=owner.player_id))
    await _execute(url, VIEWS.replace("entente_reader", role))
    parts = urlsplit(url)
    reader = parts._replace(netloc=f"{role}:choose one@{parts.netloc.rpartition('@')[2]}").geturl()
    its_urls = dataclasses.replace(
        urls, attached={world.world_id: reader.replace("choose one", "choose%20one")}
    )
    async with open_stores(its_urls.main, its_urls.worlds, its_urls.redis, its_urls.attached) as stores:
        yield Game(world, owner, url, its_urls, stores)
    await _execute(url, f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.fixture
def ask_game(game: Game, analyses: Analyses) -> Ask:
    return Ask(game.stores, analyses)


async def _execute(url: str, sql: str) -> None:
    conn = await asyncpg.connect(url)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()


async def test_villages_and_what_they_have_are_read_from_the_game(game: Game, ask_game: Ask) -> None:
    world_id, otto = game.world.world_id, await game.world.npc("Otto")
    mine = await ask_game(QUERY, viewer=game.owner, world=world_id)
    everything = await ask_game(QUERY, world=world_id)
    others = await ask_game(QUERY, viewer=otto, world=world_id)

    public = {
        "villageId": HOME,
        "name": "Roma",
        "tribe": "ROMANS",
        "isCapital": True,
        "player": {"name": game.owner.name},
        "config": None,
        "buildHistory": {"totalCount": 0},
    }
    private = {
        "resources": {"wood": 700, "productionRateWheat": -5},
        "buildings": [{"buildingName": "barracks", "level": 3}, {"buildingName": "stable", "level": 1}],
        "troops": [{"unit": "legionnaire", "atHome": 50, "away": 3}],
        "buildQueue": [{"buildingName": "barracks", "toLevel": 4}],
    }
    nothing: dict[str, Any] = {"resources": None, "buildings": [], "troops": [], "buildQueue": []}
    assert mine == everything == {"villages": {"totalCount": 1, "nodes": [public | private]}}
    assert others == {"villages": {"totalCount": 1, "nodes": [public | nothing]}}


async def test_the_views_of_the_documentation_fit(game: Game) -> None:
    assert await game.lacks() == []


async def test_the_documentation_names_every_column_with_its_type() -> None:
    told = {
        view: dict(re.findall(r"`(\w+) ([\w ]+)`", columns))
        for view, columns in re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCS, re.MULTILINE)
    }

    assert told == {
        read.source: {
            name: types[0].replace("timestamp with time zone", "timestamptz")
            for name, types in attached.columns(read).items()
        }
        for read in attached.SHOWN
    }


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            "DROP VIEW entente.troops",
            "The view entente.troops is missing: create it with village_id integer",
        ),
        (
            "ALTER VIEW entente.troops RENAME away TO gone",
            "The column entente.troops.away is missing: add",
        ),
        (
            "DROP VIEW entente.troops; CREATE VIEW entente.troops AS SELECT vref AS village_id, unit, 1 AS"
            " player_id, sum(home) AS at_home, 0 AS away FROM units GROUP BY vref, unit",
            "The column entente.troops.at_home is numeric: cast it to integer.",
        ),
        (
            "REVOKE SELECT ON entente.troops FROM PUBLIC, {role}",
            "troops cannot be read: permission denied",
        ),
        (
            "ALTER VIEW entente.villages RENAME tribe TO folk;"
            " ALTER VIEW entente.villages RENAME name TO tribe;"
            " ALTER VIEW entente.villages RENAME folk TO name",
            "entente.villages.tribe holds 'Roma': it may be Romans, Teutons",
        ),
    ],
)
async def test_what_does_not_fit_is_named_with_what_to_do(game: Game, spoil: str, told: str) -> None:
    role = urlsplit(game.urls.attached[game.world.world_id]).username or ""
    await game.run(spoil.replace("{role}", role))

    [lack] = await game.lacks()

    assert told in lack


async def test_the_doctor_looks_at_attached_worlds(game: Game) -> None:
    well = await doctor._look_at(game.urls, game.world.world_id)
    await game.run("DROP VIEW entente.troops; DROP VIEW entente.build_queue")
    ill = await doctor._look_at(game.urls, game.world.world_id)

    assert str(well) == f"✓ World {game.world.world_id}: attached database, read only"
    assert (ill.problem or "").count("is missing: create it with") == 2


async def test_a_view_that_is_missing_fails_its_own_fields_alone(game: Game, ask_game: Ask) -> None:
    await game.run("DROP VIEW entente.troops")

    answer = await ask_game.anyway(
        "query ($world: String!) { villages(worldId: $world) { nodes { name troops { unit } } } }",
        world=game.world.world_id,
    )

    assert answer.data == {"villages": {"nodes": [{"name": "Roma", "troops": None}]}}
    assert answer.codes == ["STORE_UNAVAILABLE"]
    assert answer.messages[0].endswith("`entente doctor` says what is missing.")


async def test_nothing_is_migrated_there(game: Game) -> None:
    await migrate_all(game.urls)
    assert await databases.ready(game.stores.worlds, game.world.world_id) == []

    conn = await asyncpg.connect(game.url)
    tables = await conn.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await conn.close()
    assert {row[0] for row in tables} == {"vdata", "fdata", "units", "bdata"}


async def test_nothing_is_written_there_whoever_may(game: Game) -> None:
    as_the_game = dataclasses.replace(game.stores.worlds, attached={game.world.world_id: game.url})
    try:
        async with as_the_game.acquire(game.world.world_id) as conn:
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await conn.execute("DELETE FROM public.vdata")
    finally:
        await as_the_game.close()


async def test_mutations_are_refused_with_a_reason(game: Game, ask_game: Ask) -> None:
    found = await ask_game(
        """mutation ($world: String!, $village: Int!) {
          configureVillage(input: {worldId: $world, villageId: $village}) { ... on Refusal { code message } }
          reportVillages(input: {worldId: $world, villages: []}) { ... on Refusal { code message } }
        }""",
        world=game.world.world_id,
        village=HOME,
    )

    refused = {
        "code": "READ_ONLY",
        "message": "This world is attached: its game's own database is never written.",
    }
    assert found == {"configureVillage": refused, "reportVillages": refused}


async def test_imports_into_it_are_refused(game: Game, tmp_path: Path) -> None:
    world_id: Any = game.world.world_id
    with pytest.raises(ImportRefused, match="is attached"):
        await import_travian(game.stores, tmp_path / "map.sql", world_id)
    with pytest.raises(LoadRefusedError, match="is attached"):
        await load_demo(game.urls, 1, world_id=world_id)
