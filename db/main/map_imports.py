"""A map of a world, taken into the global database: its players, its alliances and who is in which.

The rows of the file are staged in a temporary table, looked over there, and merged by a few statements for
all of them. Everything happens in the caller's transaction, so that nothing of a refused file stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.affected import affected
from db.connection import Connection

COLUMNS = (
    "line", "tile_id", "x", "y", "tribe", "village_id", "name", "player_id", "player", "alliance_id", "tag",
    "population", "region", "is_capital", "is_city", "has_harbour", "victory_points",
)  # fmt: skip
VILLAGE_COLUMNS = (
    "village_id", "tile_id", "x", "y", "name", "player_id", "tribe", "population", "region", "is_capital",
    "is_city", "has_harbour", "victory_points",
)  # fmt: skip
ROWS_AT_A_TIME = 5_000

STAGE = """
CREATE TEMPORARY TABLE map_rows (
    line INTEGER, tile_id INTEGER, x INTEGER, y INTEGER, tribe TEXT, village_id INTEGER, name TEXT,
    player_id INTEGER, player TEXT, alliance_id INTEGER, tag TEXT, population INTEGER, region TEXT,
    is_capital BOOLEAN, is_city BOOLEAN, has_harbour BOOLEAN, victory_points INTEGER
) ON COMMIT DROP
"""

# The first row that contradicts an earlier one about the same thing.
CONTRADICTION = """
SELECT line, first_line, {about}::text AS about, {said} AS said, first_said
  FROM (SELECT *, first_value(line) OVER same AS first_line, first_value({said}) OVER same AS first_said
          FROM map_rows WHERE {about} IS NOT NULL WINDOW same AS (PARTITION BY {about} ORDER BY line)) r
 WHERE line <> first_line AND {contradicts}
 ORDER BY line LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rows about one thing have to agree on, and how to say that two of them do not."""

    about: str
    said: str
    contradicts: str
    message: str


DIFFERS = "{said} <> first_said"
RULES = (
    Rule(
        "village_id", "name", "true",
        "village {about} stands here a second time, first on line {first_line:,}.",
    ),
    Rule(
        "tile_id", "name", "true",
        "tile {about} has a second village; the first is on line {first_line:,}.",
    ),
    Rule(
        "player_id", "player", DIFFERS,
        "player {about} is called {said!r} here, but {first_said!r} on line {first_line:,}.",
    ),
    Rule(
        "player_id", "alliance_id", DIFFERS,
        "player {about} is in alliance {said} here, but in {first_said} on line {first_line:,}.",
    ),
    Rule(
        "nullif(alliance_id, 0)", "tag", DIFFERS,
        "alliance {about} is called {said!r} here, but {first_said!r} on line {first_line:,}.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A row that cannot be true beside an earlier one."""

    line: int
    message: str


async def stage(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> int:
    """Take the rows of a file into this transaction; says how many there are."""
    await conn.execute(STAGE)
    await conn.copy_records_to_table("map_rows", records=rows, columns=COLUMNS)
    await conn.execute("ANALYZE map_rows")
    count: int = await conn.fetchval("SELECT count(*) FROM map_rows")
    return count


async def contradiction(conn: Connection) -> Contradiction | None:
    """The first row that contradicts another, of the first rule that one breaks."""
    for rule in RULES:
        contradicts = rule.contradicts.format(said=rule.said)
        sql = CONTRADICTION.format(about=rule.about, said=rule.said, contradicts=contradicts)
        if found := await conn.fetchrow(sql):
            return Contradiction(found["line"], rule.message.format(**found))
    return None


async def staged_villages(conn: Connection) -> AsyncIterator[tuple[Any, ...]]:
    """The villages that were staged, for the database of their world."""
    sql = f"SELECT {', '.join(VILLAGE_COLUMNS)} FROM map_rows"
    async for record in conn.cursor(sql, prefetch=ROWS_AT_A_TIME):
        yield tuple(record)


# The merge --------------------------------------------------------------------------------------------------

# Who plays for the server has no rank, as in the game.
PLAYERS = """
CREATE TEMPORARY TABLE map_players ON COMMIT DROP AS
SELECT *, CASE WHEN is_ranked
               THEN row_number() OVER (PARTITION BY is_ranked ORDER BY population DESC, player_id)::integer
          END AS rank
  FROM (SELECT player_id, min(player) AS name, mode() WITHIN GROUP (ORDER BY tribe) AS tribe,
               mode() WITHIN GROUP (ORDER BY tribe) NOT IN ('Nature', 'Natars') AS is_ranked,
               nullif(min(alliance_id), 0) AS alliance_id, sum(population)::bigint AS population,
               count(*)::integer AS village_count,
               (array_agg(x ORDER BY village_id) FILTER (WHERE is_capital))[1] AS capital_x,
               (array_agg(y ORDER BY village_id) FILTER (WHERE is_capital))[1] AS capital_y
          FROM map_rows GROUP BY player_id) p
"""

ALLIANCES = """
CREATE TEMPORARY TABLE map_alliances ON COMMIT DROP AS
SELECT alliance_id, min(tag) AS tag, sum(population)::bigint AS population,
       count(*)::integer AS village_count,
       row_number() OVER (ORDER BY sum(population) DESC, alliance_id)::integer AS rank
  FROM map_rows WHERE alliance_id <> 0 GROUP BY alliance_id
"""

# Players who had villages at some time came from a map.
HAS_MAP = (
    "SELECT EXISTS (SELECT FROM players WHERE world_id = $1 AND (village_count > 0 OR gone_at IS NOT NULL))"
)
HAS_PLAYERS = "SELECT EXISTS (SELECT FROM players WHERE world_id = $1)"

# A name that differs from the tag was given by somebody who knew it; a map knows the tag alone.
MERGE_ALLIANCES = """
INSERT INTO alliances AS a (
    world_id, alliance_id, name, tag, total_rank, total_population, total_villages, created_at, updated_at)
SELECT $1, alliance_id, tag, tag, rank, population, village_count, $2, $2
  FROM map_alliances ORDER BY alliance_id
    ON CONFLICT (world_id, alliance_id) DO UPDATE
   SET name = CASE WHEN a.name = a.tag THEN excluded.tag ELSE a.name END, tag = excluded.tag,
       total_rank = excluded.total_rank, total_population = excluded.total_population,
       total_villages = excluded.total_villages, disbanded_at = NULL, updated_at = $2
 WHERE (a.tag, a.total_rank, a.total_population, a.total_villages, a.disbanded_at) IS DISTINCT FROM
       (excluded.tag, excluded.total_rank, excluded.total_population, excluded.total_villages, NULL)
RETURNING xmax = 0 AS is_new
"""

COMPARE_PLAYERS = """
SELECT count(*) AS players,
       count(*) FILTER (WHERE p.player_id IS NULL) AS players_new,
       count(*) FILTER (WHERE p.gone_at IS NOT NULL) AS players_returned,
       count(*) FILTER (WHERE p.gone_at IS NULL AND
           (p.name, p.tribe, p.rank, p.population, p.village_count, p.capital_x, p.capital_y) IS DISTINCT FROM
           (n.name, n.tribe, n.rank, n.population, n.village_count, n.capital_x, n.capital_y)
           AND p.player_id IS NOT NULL) AS players_changed
  FROM map_players n LEFT JOIN players p ON p.world_id = $1 AND p.player_id = n.player_id
"""

MERGE_PLAYERS = """
INSERT INTO players AS p (
    world_id, player_id, name, tribe, rank, population, village_count, capital_x, capital_y,
    first_seen, last_seen)
SELECT $1, player_id, name, tribe, rank, population, village_count, capital_x, capital_y, $2, $2
  FROM map_players ORDER BY player_id
    ON CONFLICT (world_id, player_id) DO UPDATE
   SET name = excluded.name, tribe = excluded.tribe, rank = excluded.rank, population = excluded.population,
       village_count = excluded.village_count, capital_x = excluded.capital_x, capital_y = excluded.capital_y,
       last_seen = greatest(p.last_seen, excluded.last_seen), gone_at = NULL
 WHERE p.last_seen < excluded.last_seen OR p.gone_at IS NOT NULL
    OR (p.name, p.tribe, p.rank, p.population, p.village_count, p.capital_x, p.capital_y) IS DISTINCT FROM
       (excluded.name, excluded.tribe, excluded.rank, excluded.population, excluded.village_count,
        excluded.capital_x, excluded.capital_y)
"""

# Who never had a village, such as an NPC that the game let in, is not missed on a map.
GONE_PLAYERS = """
UPDATE players p
   SET gone_at = $2, rank = NULL, population = 0, village_count = 0, capital_x = NULL, capital_y = NULL
 WHERE p.world_id = $1 AND p.gone_at IS NULL AND p.village_count > 0
   AND NOT EXISTS (SELECT FROM map_players n WHERE n.player_id = p.player_id)
"""

LEFT = """
UPDATE alliance_members m SET left_at = greatest($2, m.joined_at)
  FROM players p LEFT JOIN map_players n ON n.player_id = p.player_id
 WHERE m.world_id = $1 AND m.left_at IS NULL AND p.world_id = $1 AND p.player_id = m.player_id
   AND (p.gone_at IS NOT NULL OR n.player_id IS NOT NULL AND n.alliance_id IS DISTINCT FROM m.alliance_id)
"""

JOINED = """
INSERT INTO alliance_members (world_id, alliance_id, player_id, joined_at)
SELECT $1::varchar, n.alliance_id, n.player_id, $2
  FROM map_players n
 WHERE n.alliance_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM alliance_members m
                    WHERE m.world_id = $1 AND m.player_id = n.player_id AND m.left_at IS NULL)
 ORDER BY n.alliance_id, n.player_id
"""

DISBANDED = """
UPDATE alliances a
   SET disbanded_at = $2, updated_at = $2, total_rank = NULL, total_population = 0, total_villages = 0
 WHERE a.world_id = $1 AND a.disbanded_at IS NULL
   AND NOT EXISTS (SELECT FROM map_alliances n WHERE n.alliance_id = a.alliance_id)
   AND NOT EXISTS (SELECT FROM alliance_members m
                    WHERE m.world_id = $1 AND m.alliance_id = a.alliance_id AND m.left_at IS NULL)
"""

# Of those who are gone now, whenever they went; what was over by then had been kept to its end.
# Two changes at one moment would leave the second without a moment of its own.
ENDED = """
UPDATE treaties t
   SET status = 'cancelled', changed_by = NULL, changed_at = e.at,
       ends_at = CASE WHEN t.starts_at < e.at THEN least(t.ends_at, e.at) ELSE t.ends_at END
  FROM (SELECT DISTINCT s.treaty_id, greatest($2, s.changed_at + interval '1 microsecond') AS at
          FROM treaty_parties s
          LEFT JOIN players p ON p.world_id = $1 AND p.player_id = s.party_player_id
          LEFT JOIN alliances a ON a.world_id = $1 AND a.alliance_id = s.party_alliance_id
         WHERE s.world_id = $1 AND s.status IN ('proposed', 'active')
           AND (s.ends_at IS NULL OR s.ends_at > $2)
           AND (p.gone_at IS NOT NULL OR a.disbanded_at IS NOT NULL)) e
 WHERE t.world_id = $1 AND t.treaty_id = e.treaty_id
"""

NPC_STATES = """
UPDATE npc_world_state s
   SET rank = p.rank, total_population = p.population, village_count = p.village_count,
       state_updated_at = greatest(s.state_updated_at, $2)
  FROM players p
 WHERE s.world_id = $1 AND p.world_id = $1 AND p.player_id = s.player_id
   AND (s.rank, s.total_population, s.village_count) IS DISTINCT FROM (p.rank, p.population, p.village_count)
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a map changed in the global database."""

    players: int
    players_new: int
    players_changed: int
    players_gone: int
    players_returned: int
    alliances: int
    alliances_new: int
    alliances_changed: int
    alliances_disbanded: int
    joined: int
    left: int
    treaties_ended: int

    @property
    def anything(self) -> bool:
        """Whether there was anything new in it."""
        return any((
            self.players_new, self.players_changed, self.players_gone, self.players_returned,
            self.alliances_new, self.alliances_changed, self.alliances_disbanded, self.joined, self.left,
            self.treaties_ended,
        ))  # fmt: skip


async def has_map(conn: Connection, world_id: str) -> bool:
    """Whether a map was taken in before."""
    return bool(await conn.fetchval(HAS_MAP, world_id))


async def has_players(conn: Connection, world_id: str) -> bool:
    """Whether anybody plays or played in this world."""
    return bool(await conn.fetchval(HAS_PLAYERS, world_id))


async def merge(conn: Connection, world_id: str, at: datetime) -> Merged:
    """Bring the world up to the map that was staged, as of this moment."""
    await conn.execute(PLAYERS)
    await conn.execute(ALLIANCES)
    await conn.execute("ANALYZE map_players, map_alliances")
    alliances = await conn.fetch(MERGE_ALLIANCES, world_id, at)
    players = await conn.fetchrow(COMPARE_PLAYERS, world_id)
    await conn.execute(MERGE_PLAYERS, world_id, at)
    steps = {
        "players_gone": GONE_PLAYERS,
        "left": LEFT,
        "joined": JOINED,
        "alliances_disbanded": DISBANDED,
        "treaties_ended": ENDED,
    }
    counts = {name: affected(await conn.execute(sql, world_id, at)) for name, sql in steps.items()}
    await conn.execute(NPC_STATES, world_id, at)
    return Merged(
        **dict(players or {}),
        **counts,
        alliances=await conn.fetchval("SELECT count(*) FROM map_alliances"),
        alliances_new=sum(record["is_new"] for record in alliances),
        alliances_changed=sum(not record["is_new"] for record in alliances),
    )
