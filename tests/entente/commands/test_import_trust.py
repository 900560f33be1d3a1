"""The import of who-trusts-whom lists: what the ledger holds afterwards, and real lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.connection import Stores
from entente.commands.import_travian import import_travian
from entente.commands.import_trust import TrustImport, import_trust
from entente.imports import ImportRefused
from entente.stores import StoreUrls
from tests.world import World

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
EARLY, LATE = "2020-01-01", "2021-01-01"
SCORES = """
SELECT t.name || '>' || p.name, r.trust_score
  FROM npc_relationships r
  JOIN npcs t ON t.id = r.npc_id
  JOIN players p ON p.world_id = r.world_id AND p.player_id = r.target_player_id
 WHERE r.world_id = $1
"""
EVENTS = """
SELECT e.kind, e.points, e.occurred_at
  FROM trust_events e WHERE e.world_id = $1 ORDER BY e.occurred_at, e.event_id
"""
CHOSEN = (
    "SELECT name, tribe, personality FROM npcs WHERE name IN ('Ada Lovelace', 'Alan Turing') ORDER BY name"
)


class Lists:
    """Imports who-trusts-whom lists into one world. Names get its id, since NPCs are shared by all worlds."""

    def __init__(self, stores: Stores, urls: StoreUrls, world: World, folder: Path) -> None:
        self.stores, self.urls, self.world, self.path = stores, urls, world, folder / "trust.csv"

    async def take(self, *lines: str, at: datetime = MONDAY, **options: Any) -> TrustImport:
        """Import a list of these lines."""
        named = [
            ",".join([*(self.named(name) for name in line.split(",")[:2]), *line.split(",")[2:]])
            for line in lines
        ]
        self.path.write_text("\n".join(named))
        return await import_trust(self.stores, self.path, self.world.world_id, at=at, **options)

    def named(self, name: str) -> str:
        """The full name of a person of this test."""
        return f"{name} of {self.world.world_id}"

    async def scores(self) -> dict[str, int]:
        """Every trust score of the world."""
        rows = await self.world.run(SCORES, self.world.world_id)
        return {str(pair).replace(f" of {self.world.world_id}", ""): score for pair, score in rows}

    async def events(self) -> list[tuple[Any, ...]]:
        """The ledger of the world."""
        return [tuple(record) for record in await self.world.run(EVENTS, self.world.world_id)]


@pytest.fixture
def lists(stores: Stores, urls: StoreUrls, world: World, tmp_path: Path) -> Lists:
    """Imports lists into the world of this test."""
    return Lists(stores, urls, world, tmp_path)


async def test_a_list_becomes_npcs_who_trust_each_other(lists: Lists) -> None:
    done = await lists.take(f"Ann,Bob,10,{EARLY}", f"Bob,Ann,-3,{LATE}", f"Ann,Carl,0,{LATE}")

    assert (done.ratings, done.npcs_new, done.players_new, done.relationships_new, done.events) == (
        3,
        3,
        3,
        3,
        3,
    )
    assert await lists.scores() == {"Ann>Bob": 100, "Bob>Ann": -30, "Ann>Carl": 0}
    assert await lists.events() == [
        ("imported", 100.0, datetime(2020, 1, 1, tzinfo=UTC)),
        ("imported", -30.0, datetime(2021, 1, 1, tzinfo=UTC)),
        ("imported", 0.0, datetime(2021, 1, 1, tzinfo=UTC)),
    ]
    states = "SELECT count(*) FROM npc_world_state JOIN players USING (world_id, player_id, npc_id)"
    assert await lists.world.value(f"{states} WHERE world_id = $1", lists.world.world_id) == 3


async def test_a_list_is_one_step_of_the_version_and_one_word_in_the_feed(lists: Lists) -> None:
    done = await lists.take("Ann,Bob,1", "Bob,Ann,1")

    assert done.version == await lists.world.version() == 1
    assert [change.kind for change in await lists.world.changes()] == ["load"]


async def test_a_list_makes_its_world_and_the_database_of_it(lists: Lists) -> None:
    lists.path.write_text(f"{lists.named('Ann')},{lists.named('Bob')},1,{EARLY}")
    world_id = f"{lists.world.world_id}.new"
    done = await import_trust(lists.stores, lists.path, world_id)

    assert done.is_new_world
    async with lists.stores.worlds.acquire(world_id) as conn:
        assert await conn.fetchval("SELECT count(*) FROM villages") == 0


@pytest.mark.parametrize("at", [MONDAY, TUESDAY])
@pytest.mark.parametrize("when", ["", f",{EARLY}"])
async def test_the_same_list_again_adds_nothing(lists: Lists, at: datetime, when: str) -> None:
    lines = [f"Ann,Bob,1{when}", f"Bob,Ann,0{when}", f"Bob,Carl,-1{when}"]
    before = await lists.take(*lines)
    done = await lists.take(*lines, at=at)

    assert (done.npcs_new, done.players_new, done.relationships_new, done.events) == (0, 0, 0, 0)
    assert done.version == before.version == await lists.world.version()


async def test_the_last_rating_is_the_score_and_the_ledger_tells_the_way_there(lists: Lists) -> None:
    lines = [f"Ann,Bob,-4,{LATE}", f"Ann,Bob,9,{EARLY}", f"Ann,Bob,-5,{LATE}"]
    await lists.take(*lines)
    again = await lists.take(*lines)

    assert await lists.scores() == {"Ann>Bob": -50}
    assert [points for _, points, _ in await lists.events()] == [90, -140]
    assert again.events == 0


async def test_a_newer_list_adds_what_changed(lists: Lists) -> None:
    await lists.take(f"Ann,Bob,10,{EARLY}", f"Bob,Ann,5,{EARLY}")
    done = await lists.take(f"Ann,Bob,10,{EARLY}", f"Bob,Ann,-5,{LATE}", f"Carl,Ann,2,{LATE}", full_trust=10)

    assert (done.npcs_new, done.relationships_new, done.events, done.version) == (1, 1, 2, 2)
    assert await lists.scores() == {"Ann>Bob": 100, "Bob>Ann": -50, "Carl>Ann": 20}


async def test_an_older_rating_has_nothing_to_say_any_more(lists: Lists) -> None:
    await lists.take(f"Ann,Bob,10,{LATE}")
    done = await lists.take(f"Ann,Bob,-10,{EARLY}")

    assert done.events == 0
    assert await lists.scores() == {"Ann>Bob": 100}


async def test_a_rating_is_the_score_also_after_what_happened_in_the_game(lists: Lists) -> None:
    await lists.take(f"Ann,Bob,10,{EARLY}")
    pair = await lists.world.run(
        "SELECT npc_id, target_player_id FROM npc_relationships WHERE world_id = $1", lists.world.world_id
    )
    await lists.world.run(
        "INSERT INTO trust_events "
        "(world_id, npc_id, target_player_id, kind, points, occurred_at, half_life_seconds) "
        "VALUES ($1, $2, $3, 'backstabbed', -100, '2020-06-01Z', 1e6)",
        lists.world.world_id, *pair[0],
    )  # fmt: skip
    await lists.take(f"Ann,Bob,3,{LATE}", full_trust=10)

    assert await lists.scores() == {"Ann>Bob": 30}


@pytest.mark.parametrize(
    ("ratings", "scores"),
    [((1, -1), (100, -100)), ((4, -1), (80, -20)), ((7, -1), (70, -10)), ((55, 0.4), (55, 0))],
)
async def test_the_scale_is_the_least_usual_one_that_holds_every_rating(
    lists: Lists, ratings: tuple[float, float], scores: tuple[int, int]
) -> None:
    await lists.take(f"Ann,Bob,{ratings[0]}", f"Bob,Ann,{ratings[1]}")

    assert await lists.scores() == {"Ann>Bob": scores[0], "Bob>Ann": scores[1]}


async def test_a_rating_beyond_the_stated_scale_is_refused(lists: Lists) -> None:
    with pytest.raises(ImportRefused, match="Full trust is rated 5, but the list has a rating of ±7"):
        await lists.take("Ann,Bob,7", full_trust=5)


async def test_a_rating_means_the_same_in_every_list_of_a_world(lists: Lists) -> None:
    await lists.take(f"Ann,Bob,5,{EARLY}", f"Bob,Ann,10,{EARLY}")
    done = await lists.take(f"Carl,Bob,5,{LATE}")

    assert done.full_trust == 10
    assert await lists.scores() == {"Ann>Bob": 50, "Bob>Ann": 100, "Carl>Bob": 50}
    settings = "SELECT settings ->> 'full_trust' FROM worlds WHERE world_id = $1"
    assert await lists.world.value(settings, lists.world.world_id) == "10"


@pytest.mark.parametrize(
    ("rating", "stated", "message"),
    [
        (7, None, r"rates full trust 5 since its first list, .* ±7\. .* ±5, .* --full-trust 10\."),
        (7, 5, r"rates full trust 5 since its first list, .* ±7\."),
        (4, 10, r"rates full trust 5 since its first list, not 10\. Leave out --full-trust"),
    ],
)
async def test_a_list_on_another_scale_is_refused(
    lists: Lists, rating: float, stated: float | None, message: str
) -> None:
    await lists.take(f"Ann,Bob,2,{EARLY}")

    with pytest.raises(ImportRefused, match=message):
        await lists.take(f"Ann,Bob,{rating},{LATE}", full_trust=stated)
    assert await lists.scores() == {"Ann>Bob": 40}


async def test_an_npc_of_the_name_is_used_again(lists: Lists, stores: Stores, urls: StoreUrls) -> None:
    await lists.take("Ann,Bob,1")
    elsewhere = f"{lists.world.world_id}.other"
    done = await import_trust(stores, lists.path, elsewhere)
    plays = (
        "SELECT world_id FROM players JOIN npcs ON npcs.id = npc_id WHERE npcs.name = $1 ORDER BY world_id"
    )

    assert (done.npcs, done.npcs_new, done.players_new) == (2, 0, 2)
    assert [row[0] for row in await lists.world.run(plays, lists.named("Ann"))] == [
        lists.world.world_id,
        elsewhere,
    ]


async def test_what_a_list_does_not_say_follows_from_the_name(
    lists: Lists, stores: Stores, urls: StoreUrls
) -> None:
    lists.path.write_text("Ada Lovelace,Alan Turing,1\n")
    await import_trust(stores, lists.path, lists.world.world_id)
    chosen = await lists.world.run(CHOSEN)

    assert [tuple(row) for row in chosen] == [
        ("Ada Lovelace", "Gauls", "assassin"),
        ("Alan Turing", "Romans", "diplomat"),
    ]


async def test_a_human_player_of_the_name_becomes_the_npc(lists: Lists) -> None:
    human = await lists.world.player("Ann", tribe="Teutons", population=700)
    reds = await lists.world.alliance("Reds", [human])
    done = await lists.take("Ann,Bob,1")
    npc = """
        SELECT n.tribe, s.total_population, s.alliance_id, s.alliance_role
          FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id WHERE n.name = $1"""

    assert (done.players_adopted, done.players_new) == (1, 1)
    assert tuple((await lists.world.run(npc, human.name))[0]) == ("Teutons", 700, reds.alliance_id, "member")
    assert (
        await lists.world.value("SELECT npc_members FROM alliances WHERE world_id = $1", lists.world.world_id)
        == 1
    )


async def test_beside_a_map_new_players_get_ids_that_no_map_has(lists: Lists, tmp_path: Path) -> None:
    path = tmp_path / "map.sql"
    path.write_text("INSERT INTO `x_world` VALUES (1,1,1,1,1,'V',5,'Ann',0,'',9);")
    where = (lists.stores, path, lists.world.world_id)
    await import_travian(*where, at=MONDAY)
    await lists.take("Ann,Bob,1")
    players = "SELECT player_id FROM players WHERE world_id = $1 ORDER BY player_id"

    assert [row[0] for row in await lists.world.run(players, lists.world.world_id)] == [
        5,
        1_000_000_001,
        1_000_000_002,
    ]
    assert (await import_travian(*where, at=TUESDAY)).players_gone == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("Bob,Bob,1", "Line 2: Bob of .* rates themselves"),
        ("Bob,Carl,much", "Line 2: the rating is 'much', not a number"),
        ("Bob,Carl,1000", "Line 2: the rating is 1000, out of the range"),
        ("Bob,Carl,1,soon", "Line 2: the time is 'soon'"),
    ],
)
async def test_of_a_malformed_list_nothing_is_loaded(lists: Lists, wrong: str, message: str) -> None:
    with pytest.raises(ImportRefused, match=message):
        await lists.take("Ann,Bob,1", wrong)

    assert await lists.scores() == {}
    assert await lists.world.value("SELECT count(*) FROM npcs WHERE name = $1", lists.named("Ann")) == 0
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(lists.urls.world(lists.world.world_id))


async def test_a_list_without_ratings_is_refused(lists: Lists) -> None:
    with pytest.raises(ImportRefused, match="holds no ratings"):
        await lists.take("source,target,rating")


async def test_bitcoin_alpha_whole(lists: Lists, shared_data: Path) -> None:
    path = shared_data / "soc-sign-bitcoinalpha.csv"
    where = (lists.stores, path, lists.world.world_id)
    done = await import_trust(*where)
    again = await import_trust(*where)
    scores = (await lists.scores()).items()

    assert (done.ratings, done.full_trust, done.npcs, done.relationships_new, done.events) == (
        24_186,
        10,
        3_783,
        24_186,
        24_186,
    )
    assert (again.npcs_new, again.events, again.version) == (0, 0, done.version)
    assert done.seconds < 30
    assert sum(score < 0 for _, score in scores) == 1_536  # 6.4 %
    assert {pair: score for pair, score in scores if pair in ("7188>1", "1>160", "1368>2")} == {
        "7188>1": 100,
        "1>160": 100,
        "1368>2": 100,
    }
