"""The import of maps: a small world followed through newer ones, and a real one."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.connection import Stores
from db.main import worlds
from db.main.npcs import Personality
from entente.commands.import_travian import TravianImport, import_travian
from entente.imports import ImportRefused
from entente.imports.personalities import TEMPLATES
from entente.stores import StoreUrls
from tests.world import Alliance, Player, World

TEMPLATE = json.dumps(TEMPLATES[Personality.BALANCED])
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)

ANN, BOB, CARL, DORA = (1, "Ann"), (2, "Bob"), (3, "Carl"), (4, "Dora")
NONE, REDS, BLUES = (0, ""), (10, "RED"), (20, "BLUE")

Owner = tuple[int, str]


def village(
    number: int,
    owner: Owner,
    alliance: Owner = NONE,
    population: int = 100,
    *,
    name: str = "V",
    tribe: int = 1,
    capital: str = "FALSE",
) -> str:
    """A row of a map; the village stands on a place that follows from its number."""
    return (
        f"INSERT INTO `x_world` VALUES ({number},{number},{-number},{tribe},{1000 + number},'{name}',"
        f"{owner[0]},'{owner[1]}',{alliance[0]},'{alliance[1]}',{population},NULL,{capital},NULL,NULL,NULL);\n"
    )


class Maps:
    """Imports maps into one world."""

    def __init__(self, stores: Stores, urls: StoreUrls, world: World, folder: Path) -> None:
        self.stores, self.urls, self.world, self.path = stores, urls, world, folder / "map.sql"

    async def take(self, *rows: str, at: datetime = MONDAY, world_id: str | None = None) -> TravianImport:
        """Import a map of these rows."""
        self.path.write_text("".join(rows))
        return await import_travian(self.stores, self.path, world_id or self.world.world_id, at=at)

    async def players(self, columns: str) -> list[tuple[Any, ...]]:
        """These columns of the players, in the order of their ids."""
        return await self._rows(f"SELECT {columns} FROM players WHERE world_id = $1 ORDER BY player_id")

    async def alliances(self, columns: str) -> list[tuple[Any, ...]]:
        """These columns of the alliances, in the order of their ids."""
        return await self._rows(f"SELECT {columns} FROM alliances WHERE world_id = $1 ORDER BY alliance_id")

    async def memberships(self, player: Owner) -> list[tuple[Any, ...]]:
        """The alliances that a player was in, from when to when."""
        times = "SELECT alliance_id, joined_at, left_at FROM alliance_members"
        return await self._rows(
            f"{times} WHERE world_id = $1 AND player_id = $2 ORDER BY joined_at", player[0]
        )

    async def treaties(self, columns: str) -> list[tuple[Any, ...]]:
        """These columns of the treaties, in the order of their ids."""
        return await self._rows(f"SELECT {columns} FROM treaties WHERE world_id = $1 ORDER BY treaty_id")

    async def treaty_events(self, where: str) -> list[tuple[Any, ...]]:
        """What happened to the treaties, by whom and when."""
        events = "SELECT kind, by_player_id, occurred_at FROM treaty_events"
        return await self._rows(f"{events} WHERE world_id = $1 AND {where} ORDER BY occurred_at, treaty_id")

    async def villages(self, columns: str = "id, name") -> list[tuple[Any, ...]]:
        """These columns of the villages, in the order of their ids."""
        async with self.stores.worlds.acquire(self.world.world_id) as conn:
            return [
                tuple(record) for record in await conn.fetch(f"SELECT {columns} FROM villages ORDER BY id")
            ]

    async def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return [tuple(record) for record in await self.world.run(sql, self.world.world_id, *values)]


@pytest.fixture
def maps(stores: Stores, urls: StoreUrls, world: World, tmp_path: Path) -> Maps:
    """Imports maps into the world of this test."""
    return Maps(stores, urls, world, tmp_path)


async def test_a_first_map_fills_the_world(maps: Maps) -> None:
    done = await maps.take(
        village(1, ANN, REDS, 300, capital="TRUE"),
        village(2, ANN, REDS, 50, tribe=3),
        village(3, ANN, REDS, 50),
        village(4, BOB, REDS, 500, tribe=6),
        village(5, CARL, population=70, tribe=77),
    )

    assert (done.villages_new, done.players_new, done.alliances_new, done.joined) == (5, 3, 1, 2)
    assert await maps.players(
        "name, tribe, alliance_id, population, village_count, rank, capital_x, capital_y"
    ) == [
        ("Ann", "Romans", 10, 400, 3, 2, 1, -1),
        ("Bob", "Egyptians", 10, 500, 1, 1, None, None),
        ("Carl", "Unknown", None, 70, 1, 3, None, None),
    ]
    assert await maps.alliances("name, tag, total_members, total_population, total_villages, total_rank") == [
        ("RED", "RED", 2, 900, 4, 1)
    ]
    assert await maps.memberships(ANN) == [(10, MONDAY, None)]
    assert await maps.villages("id, x, y, player_id, is_capital, first_seen") == [
        (1001, 1, -1, 1, True, MONDAY), (1002, 2, -2, 1, False, MONDAY), (1003, 3, -3, 1, False, MONDAY),
        (1004, 4, -4, 2, False, MONDAY), (1005, 5, -5, 3, False, MONDAY),
    ]  # fmt: skip


async def test_a_first_map_is_one_step_of_the_version_and_one_word_in_the_feed(maps: Maps) -> None:
    done = await maps.take(village(1, ANN, REDS), village(2, BOB))

    assert done.version == await maps.world.version() == 1
    assert [change.kind for change in await maps.world.changes()] == ["load"]


async def test_a_map_makes_its_world(maps: Maps) -> None:
    world_id = f"{maps.world.world_id}.new"
    done = await maps.take(village(1, ANN), world_id=world_id)

    assert done.is_new_world
    assert await maps.world.value("SELECT started_at FROM worlds WHERE world_id = $1", world_id) == MONDAY


@pytest.mark.parametrize("at", [MONDAY, TUESDAY])
async def test_the_same_map_again_changes_nothing(maps: Maps, at: datetime) -> None:
    rows = (village(1, ANN, REDS, capital="TRUE"), village(2, BOB))
    await maps.take(*rows)
    done = await maps.take(*rows, at=at)

    assert (done.villages_changed, done.players_changed, done.alliances_changed, done.joined, done.left) == (
        0,
    ) * 5
    assert done.version == await maps.world.version() == 1
    assert await maps.players("first_seen, last_seen") == [(MONDAY, at), (MONDAY, at)]


async def test_a_newer_map_brings_the_world_up_to_date(maps: Maps) -> None:
    await maps.take(
        village(1, ANN, REDS),
        village(2, BOB, REDS),
        village(3, CARL, BLUES),
        village(4, DORA),
        village(5, DORA),
    )
    done = await maps.take(
        village(1, ANN, BLUES),  # went over
        village(2, (2, "Robert"), population=150),  # left, grew, has a new name
        village(
            4, DORA, BLUES, name="Home"
        ),  # joined; renamed one village and lost the other, and Carl is gone
        at=TUESDAY,
    )

    assert (done.players_new, done.players_changed, done.players_gone) == (0, 2, 1)
    assert (done.villages_new, done.villages_changed, done.villages_gone) == (0, 2, 2)
    assert (done.joined, done.left, done.alliances_disbanded, done.version) == (2, 3, 1, 2)
    assert await maps.memberships(ANN) == [(10, MONDAY, TUESDAY), (20, TUESDAY, None)]
    assert await maps.memberships(BOB) == [(10, MONDAY, TUESDAY)]
    assert await maps.memberships(CARL) == [(20, MONDAY, TUESDAY)]
    assert await maps.memberships(DORA) == [(20, TUESDAY, None)]
    assert await maps.players("name, alliance_id, population, village_count, gone_at") == [
        ("Ann", 20, 100, 1, None),
        ("Robert", None, 150, 1, None),
        ("Carl", None, 0, 0, TUESDAY),
        ("Dora", 20, 100, 1, None),
    ]
    assert await maps.alliances("tag, total_members, total_villages, disbanded_at") == [
        ("RED", 0, 0, TUESDAY),
        ("BLUE", 2, 2, None),
    ]
    assert await maps.villages() == [(1001, "V"), (1002, "V"), (1004, "Home")]


async def test_the_feed_tells_who_joined_and_who_left_on_a_newer_map(maps: Maps) -> None:
    await maps.take(village(1, ANN, REDS), village(2, BOB))
    await maps.take(village(1, ANN), village(2, BOB, REDS), at=TUESDAY)
    told = [
        (change.kind, change.player_id, change.data.get("event"))
        for change in (await maps.world.changes())[1:]
    ]

    assert told == [("membership", 1, "left"), ("membership", 2, "joined"), ("load", None, None)]


async def test_who_comes_back_is_no_longer_gone(maps: Maps) -> None:
    both = (village(1, ANN, REDS), village(2, BOB))
    await maps.take(*both)
    await maps.take(village(2, BOB), at=TUESDAY)
    done = await maps.take(*both, at=WEDNESDAY)

    assert (done.players_returned, done.players_new, done.players_changed) == (1, 0, 1)  # Bob's rank changed
    assert await maps.players("gone_at, population") == [(None, 100), (None, 100)]
    assert await maps.alliances("disbanded_at, total_members") == [(None, 1)]
    assert await maps.memberships(ANN) == [(10, MONDAY, TUESDAY), (10, WEDNESDAY, None)]


async def test_a_newer_map_ends_the_treaties_of_those_who_are_gone(maps: Maps) -> None:
    await maps.take(village(1, ANN, REDS), village(2, BOB, BLUES), village(3, CARL), village(4, DORA))
    ann, carl, dora = Player(*ANN), Player(*CARL), Player(*DORA)
    reds, blues = Alliance(*REDS), Alliance(*BLUES)
    early: dict[str, Any] = {"proposed_at": MONDAY, "changed_at": MONDAY, "starts_at": MONDAY}
    late: dict[str, Any] = early | {"changed_at": WEDNESDAY}
    offered: dict[str, Any] = {"proposed_at": MONDAY, "changed_at": MONDAY, "status": "proposed"}
    await maps.world.treaty("confederacy", reds, blues, **early)
    await maps.world.treaty("nap", ann, carl, **early, ends_at=WEDNESDAY)
    await maps.world.treaty("nap", carl, blues, **offered, ends_at=WEDNESDAY)
    await maps.world.treaty("trade_agreement", ann, carl, **early, ends_at=MONDAY + timedelta(hours=1))
    await maps.world.treaty("war", carl, reds, **late)
    await maps.world.treaty("nap", ann, dora, **early)
    done = await maps.take(village(1, ANN, REDS), village(2, BOB), village(4, DORA), at=TUESDAY)
    just_after = WEDNESDAY + timedelta(microseconds=1)

    assert (done.players_gone, done.alliances_disbanded, done.treaties_ended) == (1, 1, 4)
    assert await maps.treaties("type, status, changed_by, changed_at, ends_at") == [
        ("confederacy", "cancelled", None, TUESDAY, TUESDAY),
        ("nap", "cancelled", None, TUESDAY, TUESDAY),
        ("nap", "cancelled", None, TUESDAY, WEDNESDAY),  # was never in force
        ("trade_agreement", "active", None, MONDAY, MONDAY + timedelta(hours=1)),  # was kept to its end
        ("war", "cancelled", None, just_after, just_after),
        ("nap", "active", None, MONDAY, None),
    ]
    assert await maps.treaty_events("kind = 'cancelled'") == [
        ("cancelled", None, TUESDAY), ("cancelled", None, TUESDAY), ("cancelled", None, TUESDAY),
        ("cancelled", None, just_after),
    ]  # fmt: skip


async def test_a_map_heals_the_treaties_of_those_who_went_before(maps: Maps) -> None:
    await maps.take(village(1, ANN), village(2, BOB))
    await maps.take(village(1, ANN), at=TUESDAY)
    early: dict[str, Any] = {"proposed_at": MONDAY, "changed_at": MONDAY, "starts_at": MONDAY}
    await maps.world.treaty("nap", Player(*ANN), Player(*BOB), **early)
    version = await maps.world.version()
    done = await maps.take(village(1, ANN), at=WEDNESDAY)
    again = await maps.take(village(1, ANN), at=WEDNESDAY)

    assert (done.treaties_ended, done.version) == (1, version + 1)
    assert (again.treaties_ended, again.version) == (0, done.version)


async def test_a_new_village_may_stand_where_another_was(maps: Maps) -> None:
    await maps.take(village(1, ANN), village(2, BOB))
    await maps.take(
        village(1, ANN).replace("1001", "2001"), village(2, BOB).replace("1002", "1001"), at=TUESDAY
    )

    assert await maps.villages("id, tile_id") == [(1001, 2), (2001, 1)]


async def test_an_older_map_is_refused(maps: Maps) -> None:
    await maps.take(village(1, ANN), at=TUESDAY)

    with pytest.raises(ImportRefused, match="older than the last one, of 2026-03-03 12:00:00"):
        await maps.take(village(1, ANN, REDS), at=MONDAY)
    assert await maps.alliances("tag") == []


async def test_a_map_from_the_future_is_refused(maps: Maps) -> None:
    with pytest.raises(ImportRefused, match="lies in the future"):
        await maps.take(village(1, ANN), at=datetime.now(UTC) + timedelta(days=1))


async def test_the_time_of_a_map_is_when_its_file_was_last_changed(maps: Maps) -> None:
    maps.path.write_text(village(1, ANN))
    os.utime(maps.path, (MONDAY.timestamp(), MONDAY.timestamp()))
    done = await import_travian(maps.stores, maps.path, maps.world.world_id)

    assert done.at == MONDAY


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "INSERT INTO `x_world` VALUES (1,2);",
            "Line 3: a row of the map has 11, 12 or 16 columns, this one has 2.",
        ),
        (village(2, BOB), "Line 3: village 1002 stands here a second time, first on line 2."),
        (
            village(2, BOB).replace("1002", "7"),
            "Line 3: tile 2 has a second village; the first is on line 2.",
        ),
        (village(3, (1, "Nan")), "Line 3: player 1 is called 'Nan' here, but 'Ann' on line 1."),
        (village(3, ANN), "Line 3: player 1 is in alliance 0 here, but in 10 on line 1."),
        (village(3, CARL, (10, "GREEN")), "Line 3: alliance 10 is called 'GREEN' here, but 'RED' on line 1."),
    ],
)
async def test_of_a_malformed_map_nothing_is_loaded(maps: Maps, wrong: str, message: str) -> None:
    world_id = f"{maps.world.world_id}.bad"
    with pytest.raises(ImportRefused) as refused:
        await maps.take(village(1, ANN, REDS), village(2, BOB), wrong, world_id=world_id)

    assert str(refused.value) == message
    assert await maps.world.value("SELECT count(*) FROM worlds WHERE world_id = $1", world_id) == 0
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(maps.urls.world(world_id))


async def test_a_malformed_newer_map_leaves_the_world_as_it_was(maps: Maps) -> None:
    await maps.take(village(1, ANN, REDS))
    with pytest.raises(ImportRefused):
        await maps.take(village(1, ANN), village(2, BOB), "nonsense", at=TUESDAY)

    assert await maps.villages() == [(1001, "V")]
    assert await maps.players("name, alliance_id") == [("Ann", 10)]
    assert await maps.world.version() == 1


async def test_a_map_without_villages_is_refused(maps: Maps) -> None:
    with pytest.raises(ImportRefused, match="holds no rows of a map"):
        await maps.take("-- nothing\n")


@pytest.mark.parametrize("world_id", ["", "a b", "-x", "x" * 51, "../x", "ä"])
async def test_what_can_be_no_world_is_refused(maps: Maps, world_id: str) -> None:
    with pytest.raises(ImportRefused, match="can't be a world's id"):
        await import_travian(maps.stores, maps.path, world_id, at=MONDAY)


async def test_a_map_is_refused_where_ids_mean_other_people(maps: Maps) -> None:
    await maps.world.player("Ann")

    with pytest.raises(ImportRefused, match="has players but no map"):
        await maps.take(village(1, ANN))


async def test_an_npc_survives_its_map_and_is_measured_by_it(maps: Maps) -> None:
    await maps.take(village(1, ANN, REDS, 300), village(2, BOB))
    npc_id = await as_npc(maps.world, ANN)
    await maps.take(
        village(1, ANN, population=80), village(2, BOB), village(3, ANN, population=10), at=TUESDAY
    )
    state = "SELECT rank, total_population, village_count, alliance_id FROM npc_world_state WHERE npc_id = $1"

    assert await maps.players("npc_id") == [(npc_id,), (None,)]
    assert [tuple(row) for row in await maps.world.run(state, npc_id)] == [(2, 90, 2, None)]


async def test_who_never_had_a_village_is_not_missed_on_a_map(maps: Maps) -> None:
    await maps.take(village(1, ANN))
    await maps.world.run(
        "INSERT INTO players (world_id, player_id, name, tribe) VALUES ($1, 9, 'N', 'Gauls')",
        maps.world.world_id,
    )
    await maps.take(village(1, ANN), at=TUESDAY)

    assert await maps.players("gone_at") == [(None,), (None,)]


async def test_the_server_s_own_tribes_have_no_rank(maps: Maps) -> None:
    await maps.take(village(1, (1, "Natars"), population=900, tribe=5), village(2, BOB))

    assert await maps.players("name, rank") == [("Natars", None), ("Bob", 1)]


async def test_two_imports_at_once_wait_for_each_other(maps: Maps, tmp_path: Path) -> None:
    paths = [tmp_path / "a.sql", tmp_path / "b.sql"]
    for path in paths:
        path.write_text("".join(village(number, ANN, REDS) for number in range(1, 500)))
    done = await asyncio.gather(
        *(import_travian(maps.stores, path, maps.world.world_id, at=MONDAY) for path in paths)
    )

    assert sorted(each.villages_new for each in done) == [0, 499]
    assert await maps.world.version() == 1
    assert await maps.memberships(ANN) == [(10, MONDAY, None)]


async def test_the_same_map_again_heals_an_import_whose_second_commit_failed(
    maps: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose_the_connection(conn: Any, world_id: str) -> int:
        lost = asyncio.Event()
        conn.add_termination_listener(lambda _: lost.set())
        await maps.world.run(
            "SELECT pg_terminate_backend($1)", await conn.fetchval("SELECT pg_backend_pid()")
        )
        await lost.wait()
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(worlds, "version", lose_the_connection)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await maps.take(village(1, ANN, REDS))
    assert (len(await maps.villages()), await maps.players("name")) == (1, [])
    done = await maps.take(village(1, ANN, REDS))

    assert (done.villages_new, done.players_new, done.joined, done.version) == (0, 1, 1, 1)


async def test_progress_is_told(maps: Maps) -> None:
    heard: list[tuple[int, int]] = []
    maps.path.write_text("".join(village(number, ANN) for number in range(1, 5_000)))
    await import_travian(
        maps.stores, maps.path, maps.world.world_id, told=lambda *so_far: heard.append(so_far)
    )

    assert [rows for _, rows in heard] == [2_000, 4_000, 4_999]
    assert heard[-1][0] == maps.path.stat().st_size


async def test_a_real_world_whole(maps: Maps, shared_data: Path) -> None:
    path = shared_data / "travian_map_sample.sql"
    done = await import_travian(maps.stores, path, maps.world.world_id)
    again = await import_travian(maps.stores, path, maps.world.world_id)
    players = await maps.players("player_id, name, tribe, rank, population, village_count")

    assert (done.villages, done.players, done.alliances, done.joined) == (1_827, 137, 10, 88)
    assert (again.villages_changed, again.players_changed, again.version) == (0, 0, 1)
    assert await maps.alliances("alliance_id, tag, total_members, total_villages") == [
        (3, "GLA", 4, 15), (16, "FRT-A", 58, 1_169), (18, "FRIGO", 14, 220), (19, "RO1", 2, 37),
        (52, "F-T", 1, 1), (76, "PEASE", 1, 1), (85, "PTS", 2, 36), (100, "Mille", 1, 1), (104, "CAF", 4, 36),
        (106, "solo", 1, 1),
    ]  # fmt: skip
    assert (88, "Perco", "Teutons", 1, 35_072, 37) in players
    assert (23086, "Apocalypse", 1650, 1078, True) in await maps.villages(
        "id, name, player_id, population, is_capital"
    )
    assert any(name == "Pogie Pepperoni's" for _, name in await maps.villages())


async def as_npc(world: World, player: Owner) -> int:
    """Give a player of the map to a new NPC."""
    npc_id = await world.value(
        "INSERT INTO npcs (name, tribe, personality, behavior_template) "
        "VALUES ($1, 'Gauls', 'balanced', $2) RETURNING id",
        f"{player[1]} of {world.world_id}", TEMPLATE,
    )  # fmt: skip
    where = (world.world_id, player[0], npc_id)
    await world.run("UPDATE players SET npc_id = $3 WHERE world_id = $1 AND player_id = $2", *where)
    await world.run("INSERT INTO npc_world_state (world_id, player_id, npc_id) VALUES ($1, $2, $3)", *where)
    return int(npc_id)
