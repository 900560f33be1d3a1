"""The demo world, and a life for an imported one, as they stand in the databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from db.connection import open_stores
from db.main.npcs import Personality
from entente.commands.import_travian import import_travian
from entente.commands.load_demo import DemoLoad, load_demo
from entente.demo import LoadRefusedError
from entente.demo.land import Size
from entente.imports import ImportRefused
from entente.imports.personalities import TEMPLATES
from entente.stores import StoreUrls
from tests.servers import Servers
from tests.world import World

SMALL = Size(12, 60)
NOT_OF_THE_WORLD = {
    "worlds": {"touched_by", "incarnation"},  # a transaction's number; what tells it from every other world
    "graph_changes": {"recorded_at"},  # when this database was told
    "relationship_events": {"event_id"},  # numbers that its sequences gave
    "membership_events": {"event_id"},
    "treaty_states": {"state_id"},
}
"""What belongs to the database that a world is in."""
NOT_LOADED = {
    "told_facts",
    "api_keys",
    "idempotency_keys",
    "npc_versions",
    "decision_claims",
    "npc_decisions",
    "npc_messages",
    "npc_battle_history",
    "npc_trade_history",
}
"""What a demo world begins without."""

COLUMNS = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'npc\\_memory\\_%'
   AND table_name <> 'schema_versions' AND table_name NOT LIKE ALL ('{alembic\\_version\\_%,npc\\_metrics%}')
 GROUP BY table_name ORDER BY table_name
"""
MISFITS = """
SELECT count(*) FROM npc_relationships
 WHERE world_id = $1 AND trust_score <> as_score(ledger_sum(world_id, npc_id, target_player_id, trust_at))
"""

_numbers = count(1)
Fresh = Callable[[], Awaitable[StoreUrls]]


async def new_stores(servers: Servers, worker_id: str) -> StoreUrls:
    """Stores in which there is nothing yet."""
    name = f"demo_{worker_id}_{next(_numbers)}"
    main = await servers.create(name, template=f"{servers.prefix}main")
    return StoreUrls(main, servers.database(f"{name}_{{world_id}}"), servers.redis)


@pytest.fixture
def fresh(servers: Servers, worker_id: str) -> Fresh:
    """Makes new stores each time."""
    return lambda: new_stores(servers, worker_id)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection for one look."""
    conn = await asyncpg.connect(url)
    try:
        yield conn
    finally:
        await conn.close()


async def dump(url: str, world_id: str | None = None) -> dict[str, bytes]:
    """Every table of a database as text, or those of one world without the world's id."""
    async with connected(url) as conn:
        return {
            record["table_name"]: await _table(conn, record["table_name"], record["columns"], world_id)
            for record in await conn.fetch(COLUMNS)
            if world_id is None or "world_id" in record["columns"]
        }


async def _table(
    conn: asyncpg.Connection[asyncpg.Record], table: str, columns: list[str], world_id: str | None
) -> bytes:
    kept = [column for column in columns if column not in NOT_OF_THE_WORLD.get(table, set())]
    where = "" if world_id is None else f"WHERE world_id = '{world_id}'"
    if world_id is not None:
        kept = [column for column in kept if column != "world_id" and (table, column) != ("worlds", "name")]
    text = BytesIO()
    sql = f"SELECT {', '.join(kept)} FROM {table} {where} ORDER BY {', '.join(kept[:3])}"
    await conn.copy_from_query(sql, output=text)
    return text.getvalue()


async def value(url: str, sql: str, *values: object) -> object:
    """The first value that comes back."""
    async with connected(url) as conn:
        return await conn.fetchval(sql, *values)


async def test_the_same_seed_gives_the_same_world_byte_for_byte(fresh: Fresh) -> None:
    one, other = await fresh(), await fresh()
    first = await load_demo(one, 4, world_id="same", size=SMALL)
    second = await load_demo(other, 4, world_id="same", size=SMALL)

    tables = await dump(one.main)
    assert tables == await dump(other.main)
    assert await dump(one.world("same")) == await dump(other.world("same"))
    assert {name for name, rows in tables.items() if not rows} <= NOT_LOADED
    assert first.story == second.story


async def test_two_worlds_of_one_seed_differ_by_their_ids_alone(fresh: Fresh) -> None:
    urls = await fresh()
    first = await load_demo(urls, 4, world_id="one", size=SMALL)
    second = await load_demo(urls, 4, world_id="other", size=SMALL)

    assert await dump(urls.main, "one") == await dump(urls.main, "other")
    assert await dump(urls.world("one")) == await dump(urls.world("other"))
    assert (first.npcs, first.npcs_known) == (12, 0)
    assert (second.npcs, second.npcs_known) == (12, 12)
    assert await value(urls.main, "SELECT count(*) FROM npcs") == 12


STRANGER = """
INSERT INTO npcs (name, tribe, personality, behavior_template)
VALUES ($1, 'Gauls', 'assassin', $2::jsonb) RETURNING id
"""


async def test_a_known_npc_is_used_again_and_changes_nothing(fresh: Fresh) -> None:
    one, other = await fresh(), await fresh()
    await load_demo(one, 4, size=SMALL)
    name = await value(one.main, "SELECT name FROM npcs WHERE personality = 'diplomat' ORDER BY id LIMIT 1")
    known = await value(other.main, STRANGER, name, json.dumps(TEMPLATES[Personality.ASSASSIN]))

    again = await load_demo(other, 4, size=SMALL)

    assert again.npcs_known == 1
    assert await value(other.main, "SELECT npc_id FROM players WHERE name = $1", name) == known
    one_dump, other_dump = await dump(one.main), await dump(other.main)
    for table in ("alliances", "treaties", "treaty_events", "alliance_members"):
        assert one_dump[table] == other_dump[table], table


@pytest.fixture(scope="module")
async def demo(urls: StoreUrls) -> DemoLoad:
    """A demo world among others."""
    return await load_demo(urls, 1, world_id="demo.of.this.module")


async def test_the_summary_counts_what_is_there(demo: DemoLoad, urls: StoreUrls) -> None:
    counts = {
        "players": demo.players,
        "alliances": demo.alliances,
        "npc_world_state": demo.npcs,
        "npc_relationships": demo.relationships,
        "trust_events": demo.trust_events,
        "treaties": demo.treaties,
        "npc_memory": demo.memories,
    }
    for table, expected in counts.items():
        sql = f"SELECT count(*) FROM {table} WHERE world_id = $1"
        assert await value(urls.main, sql, demo.world_id) == expected, table
    assert await value(urls.world(demo.world_id), "SELECT count(*) FROM villages") == demo.villages
    assert demo.version == 1
    assert demo.story[0] in str(demo)


async def test_the_villages_of_npcs_are_furnished(demo: DemoLoad, urls: StoreUrls) -> None:
    async with connected(urls.main) as conn:
        owners = await conn.fetch(
            "SELECT player_id, npc_id FROM players WHERE world_id = $1 AND npc_id IS NOT NULL", demo.world_id
        )
    wanted = {(record["player_id"], record["npc_id"]) for record in owners}
    async with connected(urls.world(demo.world_id)) as conn:
        for table in ("village_resources", "village_buildings", "troops", "build_queue"):
            found = await conn.fetch(f"SELECT DISTINCT player_id FROM {table}")
            assert {record[0] for record in found} == {player_id for player_id, _ in wanted}, table
        found = await conn.fetch(
            "SELECT DISTINCT v.player_id, c.npc_id FROM npc_village_config c JOIN villages v"
            " ON v.id = c.village_id JOIN npc_build_queue_history h USING (village_id, npc_id)"
        )
    assert {(record["player_id"], record["npc_id"]) for record in found} == wanted


async def test_every_score_is_what_the_ledger_says(demo: DemoLoad, urls: StoreUrls) -> None:
    assert await value(urls.main, MISFITS, demo.world_id) == 0
    imported = "SELECT count(*) FROM trust_events WHERE world_id = $1 AND kind IN ('imported', 'adjusted')"
    assert await value(urls.main, imported, demo.world_id) == 0


WRONG = {
    "a player's alliance is not that of the membership": """
        SELECT FROM players p LEFT JOIN alliance_members m
            ON m.world_id = p.world_id AND m.player_id = p.player_id AND m.left_at IS NULL
         WHERE p.world_id = $1 AND p.alliance_id IS DISTINCT FROM m.alliance_id""",
    "an NPC's state is not that of its player": """
        SELECT FROM npc_world_state s JOIN players p USING (world_id, player_id)
         WHERE world_id = $1 AND (s.npc_id, s.alliance_id) IS DISTINCT FROM (p.npc_id, p.alliance_id)""",
    "an alliance has miscounted": """
        SELECT FROM alliances a WHERE world_id = $1 AND total_members <> (
            SELECT count(*) FROM players p WHERE p.world_id = $1 AND p.alliance_id = a.alliance_id)""",
    "an alliance is led by somebody else": """
        SELECT FROM alliances a LEFT JOIN players l ON l.world_id = a.world_id AND l.player_id = a.leader_id
         WHERE a.world_id = $1
           AND (l.alliance_id, l.npc_id) IS DISTINCT FROM (a.alliance_id, a.npc_leader_id)""",
    "an NPC has a relationship, but does not play": """
        SELECT FROM npc_relationships r WHERE world_id = $1 AND NOT EXISTS (
            SELECT FROM npc_world_state s WHERE s.world_id = $1 AND s.npc_id = r.npc_id)""",
    "an NPC has a memory, but does not play": """
        SELECT FROM npc_memory m WHERE world_id = $1 AND NOT EXISTS (
            SELECT FROM npc_world_state s WHERE s.world_id = $1 AND s.npc_id = m.npc_id)""",
    "an NPC has a relationship with itself": """
        SELECT FROM npc_relationships r JOIN players p USING (world_id, npc_id)
         WHERE world_id = $1 AND p.player_id = r.target_player_id""",
    "a treaty is not as its last event left it": """
        SELECT FROM treaties t WHERE world_id = $1 AND status <> (
            SELECT kind FROM treaty_events e WHERE e.world_id = $1 AND e.treaty_id = t.treaty_id
               AND kind <> 'peace_offered' ORDER BY event_id DESC LIMIT 1)""",
}


EXISTS_WRONG = "SELECT EXISTS ({})"


@pytest.mark.parametrize("what", WRONG)
async def test_the_tables_agree(demo: DemoLoad, urls: StoreUrls, what: str) -> None:
    assert not await value(urls.main, EXISTS_WRONG.format(WRONG[what]), demo.world_id)


async def test_memories_are_in_the_partitions_of_their_months(demo: DemoLoad, urls: StoreUrls) -> None:
    sql = "SELECT count(*) FROM npc_memory_default WHERE world_id = $1"
    assert await value(urls.main, sql, demo.world_id) == 0


STRANGERS = """
SELECT me.npc_id, me.player_id, other.player_id
  FROM players me JOIN players other USING (world_id)
 WHERE world_id = $1 AND me.npc_id IS NOT NULL AND other.npc_id IS NULL AND other.alliance_id IS NULL
   AND NOT EXISTS (SELECT FROM npc_relationships r WHERE r.world_id = $1 AND r.npc_id = me.npc_id
                                                     AND r.target_player_id = other.player_id)
 ORDER BY me.npc_id, other.player_id LIMIT 1
"""
ADJUST = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points) VALUES ($1, $2, $3, 'adjusted', 9)
"""
PROPOSE = "INSERT INTO treaties (world_id, type, a_player_id, b_player_id) VALUES ($1, 'nap', $2, $3)"
REMEMBER = """
INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at)
VALUES ($1, $2, 'trade', '{}', now())
"""
JOIN = "UPDATE players SET alliance_id = 1 WHERE world_id = $1 AND player_id = $2"


async def test_life_goes_on_after_the_load(demo: DemoLoad, urls: StoreUrls) -> None:
    """New rows get ids that are free."""
    async with connected(urls.main) as conn:
        npc, me, other = await conn.fetchrow(STRANGERS, demo.world_id) or (0, 0, 0)
        for sql, who in (
            (ADJUST, (npc, other)),
            (PROPOSE, (me, other)),
            (REMEMBER, (npc,)),
            (JOIN, (other,)),
        ):
            await conn.execute(sql, demo.world_id, *who)


async def test_a_world_that_is_there_is_refused_and_stays(fresh: Fresh) -> None:
    urls = await fresh()
    await load_demo(urls, 1, size=SMALL)
    before = await dump(urls.main)

    with pytest.raises(LoadRefusedError, match="--replace"):
        await load_demo(urls, 2, size=SMALL)
    with pytest.raises(LoadRefusedError, match="imported worlds"):
        await load_demo(urls, 2, share=0.5, replace=True)

    assert await dump(urls.main) == before


async def test_a_replaced_world_is_as_if_it_were_the_first(fresh: Fresh) -> None:
    urls = await fresh()
    await load_demo(urls, 6, size=SMALL)
    before, map_before = await dump(urls.main), await dump(urls.world("demo"))
    incarnation = await value(urls.main, "SELECT incarnation FROM worlds")

    again = await load_demo(urls, 6, size=SMALL, replace=True)

    assert await value(urls.main, "SELECT incarnation FROM worlds") != incarnation
    assert await dump(urls.main) == before
    assert await dump(urls.world("demo")) == map_before
    assert again.npcs_known == 12


async def test_a_load_that_fails_leaves_nothing_behind(fresh: Fresh) -> None:
    urls, other = await fresh(), await fresh()

    def fails(what: str, _done: int, _of: int) -> None:
        if what == "npc_memory":
            raise RuntimeError("the power is out")

    with pytest.raises(RuntimeError):
        await load_demo(urls, 6, size=SMALL, told=fails)
    assert not any((await dump(urls.main)).values())
    assert not any((await dump(urls.world("demo"))).values())

    await load_demo(urls, 6, size=SMALL)
    await load_demo(other, 6, size=SMALL)
    assert await dump(urls.main) == await dump(other.main)


@pytest.mark.parametrize(
    ("world_id", "options"),
    [("a b", {}), ("", {}), ("new", {"share": 0.25}), ("new", {"share": 0.0}), ("new", {"share": 1.5})],
)
async def test_what_cannot_be_is_refused(urls: StoreUrls, world_id: str, options: dict[str, float]) -> None:
    with pytest.raises((LoadRefusedError, ImportRefused)):
        await load_demo(urls, 1, world_id=world_id, share=options.get("share"))


# A life for an imported world -------------------------------------------------------------------------------


def village(number: int, player: int, alliance: int, tribe: int, population: int) -> str:
    """A row of a map."""
    x, y, name = number % 40 - 20, number // 40 - 10, f"Player''s {player}"
    return (
        f"INSERT INTO `x_world` VALUES ({number},{x},{y},{tribe},{1000 + number},'V{number}',"
        f"{player},'{name}',"
        f"{alliance},'{f'A{alliance}' if alliance else ''}',{population});\n"
    )


def small_map() -> str:
    """Eighty players in four alliances and none, a Hun and the Natars among them."""
    rows = []
    for player in range(1, 81):
        alliance, tribe = player % 5, {7: 7, 8: 5}.get(player, player % 3 + 1)
        rows += [village(player * 2 + more, player, alliance, tribe, 100 + player) for more in range(2)]
    return "".join(rows)


async def take_map(urls: StoreUrls, path: Path) -> None:
    """Import a map as a world."""
    async with open_stores(urls.main, urls.worlds, urls.redis) as stores:
        await import_travian(stores, path, "real", at=datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture
async def imported(fresh: Fresh, tmp_path: Path) -> StoreUrls:
    """A world of a map, in stores of its own."""
    urls = await fresh()
    path = tmp_path / "map.sql"
    path.write_text(small_map())
    await take_map(urls, path)
    return urls


NPCS = """
SELECT count(*) FROM npcs n JOIN players p ON p.npc_id = n.id AND p.name = n.name AND p.tribe = n.tribe
"""
ALLIED_NPCS = "SELECT count(*) FROM players WHERE npc_id IS NOT NULL AND alliance_id IS NOT NULL"
WHEN = """
SELECT min(occurred_at) > (SELECT min(joined_at) FROM alliance_members) AND max(occurred_at) <= $1
  FROM trust_events
"""


BEFORE_THE_WORLD = """
SELECT count(*) FROM worlds w
  JOIN alliance_members m USING (world_id) JOIN players p USING (world_id, player_id)
 WHERE m.joined_at < w.started_at OR m.joined_at < p.first_seen"""


async def test_an_imported_world_is_given_a_life(imported: StoreUrls) -> None:
    given = await load_demo(imported, 3, world_id="real", share=0.25)

    assert (given.npcs, given.players, given.is_new_world) == (20, 80, False)
    main = imported.main
    assert await value(main, NPCS) == 20
    assert await value(main, "SELECT count(*) FROM alliances WHERE leader_id IS NOT NULL") == 4
    assert await value(main, "SELECT sum(npc_members) FROM alliances") == await value(main, ALLIED_NPCS)
    assert await value(main, WHEN, datetime(2026, 3, 2, tzinfo=UTC))
    assert await value(main, MISFITS, "real") == 0
    assert not await value(main, BEFORE_THE_WORLD)
    story = await value(main, "SELECT settings #>> '{life, story}' FROM worlds")
    assert json.loads(str(story)) == list(given.story)
    assert await value(imported.world("real"), "SELECT count(*) FROM villages") == 160
    for what, wrong in WRONG.items():
        assert not await value(main, EXISTS_WRONG.format(wrong), "real"), what


@pytest.mark.parametrize("share", [None, 0.5])
@pytest.mark.parametrize("size", [None, SMALL])
@pytest.mark.parametrize("replace", [False, True])
async def test_a_life_is_given_once(
    alive: StoreUrls, share: float | None, size: Size | None, *, replace: bool
) -> None:
    with pytest.raises(LoadRefusedError):
        await load_demo(alive, 3, world_id="real", share=share, size=size, replace=replace)


@pytest.fixture(scope="module")
async def alive(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> StoreUrls:
    """An imported world with a life."""
    urls = await new_stores(servers, worker_id)
    path = tmp_path_factory.mktemp("maps") / "map.sql"
    path.write_text(small_map())
    await take_map(urls, path)
    await load_demo(urls, 3, world_id="real", share=0.25)
    return urls


TIMED_BY_THE_IMPORT = {"worlds", "alliance_members", "membership_events"}


async def test_the_same_map_and_seed_give_the_same_life(alive: StoreUrls, imported: StoreUrls) -> None:
    await load_demo(imported, 3, world_id="real", share=0.25)
    one, other = await dump(imported.main), await dump(alive.main)
    for table in one.keys() - TIMED_BY_THE_IMPORT:
        assert one[table] == other[table], table


async def test_a_world_without_a_map_is_given_none(world: World, urls: StoreUrls) -> None:
    await world.npc("Bela")
    with pytest.raises(LoadRefusedError, match="map"):
        await load_demo(urls, 1, world_id=world.world_id)


async def test_a_real_world_is_given_a_life(shared_data: Path, fresh: Fresh) -> None:
    urls = await fresh()
    await take_map(urls, shared_data / "travian_map_sample.sql")

    given = await load_demo(urls, 1, world_id="real", share=0.25)

    assert given.players == 137
    assert 25 <= given.npcs <= 34
    assert any("declared war" in sentence for sentence in given.story)
    assert await value(urls.main, MISFITS, "real") == 0
