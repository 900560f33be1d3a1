"""The limit: no GraphQL at all, one hand-written statement for each question, its JSON sent as it comes."""

from __future__ import annotations

from typing import Any, TypeAlias

import asyncpg
import orjson

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
WORLD = "bench"

SMALL = """
SELECT row_to_json(answer)::text FROM (SELECT row_to_json(data) AS data FROM (SELECT (
    SELECT row_to_json(npc) FROM (
        SELECT n.name, upper(n.tribe) AS tribe, upper(n.personality) AS personality,
               n.last_active AS "lastActive"
          FROM npcs n WHERE n.id = $1) npc) AS npc) data) answer
"""

PARTY = """
(SELECT row_to_json(party) FROM (SELECT coalesce(
    (SELECT p.name FROM players p WHERE p.world_id = $2 AND p.player_id = t.{side}_player_id),
    (SELECT a.name FROM alliances a WHERE a.world_id = $2 AND a.alliance_id = t.{side}_alliance_id)
) AS name) party)
"""

# A row as JSON is cheaper than json_build_object, and an object inside one a lateral join rather than a
# subquery. Each list ends at its LIMIT in the order of an index.
CONTEXT = f"""
SELECT row_to_json(answer)::text FROM (SELECT row_to_json(data) AS data FROM (SELECT (
    SELECT row_to_json(npc) FROM (
        SELECT n.name, upper(n.tribe) AS tribe, upper(n.personality) AS personality,
            (SELECT row_to_json(page) FROM (SELECT coalesce(json_agg(row_to_json(node)), '[]') AS nodes FROM (
                SELECT r.trust_score AS "trustScore", upper(r.relationship_type) AS "relationshipType",
                       row_to_json(other) AS player
                  FROM npc_relationships r CROSS JOIN LATERAL (
                    SELECT p.name, p.population, row_to_json(league) AS alliance
                      FROM players p LEFT JOIN LATERAL (
                        SELECT a.name, a.tag FROM alliances a
                         WHERE a.world_id = p.world_id AND a.alliance_id = p.alliance_id) league ON true
                     WHERE p.world_id = r.world_id AND p.player_id = r.target_player_id) other
                 WHERE r.world_id = $2 AND r.npc_id = n.id
                 ORDER BY r.trust_score DESC, r.target_player_id DESC LIMIT 20) node) page) AS relationships,
            (SELECT row_to_json(player) FROM (SELECT
                (SELECT row_to_json(page) FROM (
                    SELECT coalesce(json_agg(row_to_json(node)), '[]') AS nodes FROM (
                        SELECT upper(t.type) AS type, upper(t.status) AS status,
                               json_build_array({PARTY.format(side="a")}, {PARTY.format(side="b")}) AS parties
                          FROM treaty_parties t
                         WHERE t.world_id = $2 AND t.party_player_id = me.player_id
                         ORDER BY t.proposed_at DESC, t.treaty_id DESC LIMIT 10) node) page) AS treaties
                 FROM players me WHERE me.world_id = $2 AND me.npc_id = n.id) player) AS player,
            (SELECT row_to_json(page) FROM (SELECT coalesce(json_agg(row_to_json(node)), '[]') AS nodes FROM (
                SELECT upper(m.memory_type) AS "memoryType", m.event_data AS "eventData", m.importance,
                       m.occurred_at AS "occurredAt"
                  FROM npc_memory m WHERE m.world_id = $2 AND m.npc_id = n.id
                 ORDER BY m.occurred_at DESC, m.id DESC LIMIT 10) node) page) AS memories
          FROM npcs n WHERE n.id = $1) npc) AS npc) data) answer
"""

PAGE = """
SELECT row_to_json(answer)::text FROM (SELECT row_to_json(data) AS data FROM (SELECT (
    SELECT row_to_json(world) FROM (SELECT
        (SELECT row_to_json(page) FROM (SELECT coalesce(json_agg(row_to_json(npc)), '[]') AS nodes FROM (
            SELECT n.name,
                (SELECT row_to_json(page) FROM (
                    SELECT coalesce(json_agg(row_to_json(node)), '[]') AS nodes FROM (
                        SELECT r.trust_score AS "trustScore", row_to_json(other) AS player
                          FROM npc_relationships r CROSS JOIN LATERAL (
                            SELECT p.name, row_to_json(league) AS alliance
                              FROM players p LEFT JOIN LATERAL (
                                SELECT a.name FROM alliances a
                                 WHERE a.world_id = p.world_id AND a.alliance_id = p.alliance_id
                              ) league ON true
                             WHERE p.world_id = r.world_id AND p.player_id = r.target_player_id) other
                         WHERE r.world_id = $1 AND r.npc_id = n.id
                         ORDER BY r.trust_score DESC, r.target_player_id DESC LIMIT 10) node) page
                ) AS relationships
              FROM (SELECT n.id, n.name FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id
                     WHERE s.world_id = $1 ORDER BY n.name, n.id LIMIT 50) n) npc) page) AS npcs
      FROM worlds w WHERE w.world_id = $1) world) AS world) data) answer
"""

HEADERS = (b"content-type", b"application/json")


async def leave_as_it_is(_: Any) -> None:
    """Put nothing right between two uses of a connection, since neither changes it."""


async def answer(pool: Pool, body: bytes) -> str:
    """The answer to one of the three questions, told apart by how they begin."""
    asked = orjson.loads(body)
    text: str = asked["query"]
    if text.startswith("query Page"):
        return str(await pool.fetchval(PAGE, WORLD))
    npc_id = asked["variables"]["npcId"]
    if text.startswith("query Context"):
        return str(await pool.fetchval(CONTEXT, npc_id, WORLD))
    return str(await pool.fetchval(SMALL, npc_id))


class App:
    """A raw ASGI application."""

    pool: Pool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        found = (await answer(self.pool, body)).encode()
        headers = [HEADERS, (b"content-length", b"%d" % len(found))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        # PGHOST and its siblings say where Postgres is.
        async with asyncpg.create_pool(min_size=16, max_size=16, reset=leave_as_it_is) as self.pool:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


app = App()
