"""An odd crowd: besides many rows of everything, those that are rare: gaps, ends, secrets, lost databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
from redis.asyncio import Redis

from db.connection import open_stores
from db.hot import llm_responses, npc_states, rate_limits, sessions
from db.hot.llm_responses import LlmResponseRow
from db.hot.npc_states import LiveStateRow
from db.hot.sessions import SessionRow
from db.main.npcs import Strategy
from db.paging import Ask, cursor
from db.reads import Read
from db.viewer import ADMIN, Role, Viewer
from engine.relations import Argument, Many
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from resolvers.graph_worker import GraphWorker
from resolvers.loaders import Loaders
from tests.asking import relations
from tests.crowds import WORLD, Place, crowd, global_ids
from tests.engine.values import Choices
from tests.servers import Servers

SIZE = 3
REDIS = 14
AT = datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
LOST = f"{WORLD}2"  # a world whose own database is missing
VIEWERS = (
    ADMIN,
    ADMIN,
    Viewer(Role.BRAIN, 1),
    Viewer(Role.BRAIN, 3),
    Viewer(Role.BRAIN, 100),  # has met nobody
    Viewer(Role.BRAIN, 12345),  # does not exist
    Viewer(Role.BRAIN, 1, frozenset({WORLD})),
    Viewer(Role.VIEWER),
    Viewer(Role.VIEWER, worlds=frozenset({LOST})),
    Viewer(Role.GAME),
    Viewer(Role.GAME, worlds=frozenset({LOST, "nowhere"})),
)
KEY = {
    "world_id": WORLD,
    "player_id": 1,
    "npc_id": 1,
    "alliance_id": 1,
    "target_player_id": 2,
    "treaty_id": 1,
    "village_id": 101,
    "thread_id": 1,
}

ODD = f"""
UPDATE worlds SET settings = '{{"notes": ["ö", null, 1.5, {{"deep": true}}]}}', speed = 2.5, status = 'paused'
 WHERE world_id = '{LOST}';

INSERT INTO npcs (id, name, tribe, personality, behavior_template, notes, last_decision)
SELECT id, 'Odd ' || id, 'Romans', 'diplomat',
       '{{"aggression": 0, "economy": 1, "diplomacy": 1e-7, "risk_tolerance": 0.1, "patience": 0.3,
          "adaptability": 0.5, "goals": ["peace", "quiet"], "building_priority": [], "hates": {{"x": [1]}}}}',
       'Line\n"two" \\ ö', now() - interval '1 day'
  FROM (VALUES (100), (101), (102)) AS odd (id);

-- 100 has met nobody, 101 plays nowhere, 102 has left, and the human 103 is not in an alliance.
INSERT INTO players (world_id, player_id, name, tribe, npc_id, rank, capital_x, capital_y, gone_at)
VALUES ('{WORLD}', 100, 'Hermit', 'Romans', 100, NULL, NULL, NULL, NULL),
       ('{WORLD}', 102, '"Quoted" \\', 'Unknown', 102, 7, 0, -3, now() - interval '1 day'),
       ('{WORLD}', 103, 'Human', 'Huns', NULL, 8, 5, 5, NULL);
INSERT INTO npc_world_state (world_id, npc_id, player_id, current_strategy, strategic_goal, rank)
VALUES ('{WORLD}', 100, 100, 'expansion', 'Quiet', 3);

INSERT INTO alliances (world_id, alliance_id, name, tag, alliance_strategy, diplomatic_stance, disbanded_at)
VALUES ('{WORLD}', 90, 'Nobody', '', 'peaceful',
        '{{"enemy_alliances": [1, 99, 2, 1], "allied_alliances": ["x"], "nap_alliances": {{}}, "ö": 1}}',
        now());
UPDATE npcs SET behavior_template = behavior_template || '{{"patience": 0.4}}' WHERE id IN (1, 100);

INSERT INTO treaties (world_id, type, status, a_player_id, a_alliance_id, b_player_id, b_alliance_id,
                      overlord, is_public, terms, starts_at, ends_at, broken_by, broken_at, peace_offered_by)
SELECT '{WORLD}', kind, status, a_player, a_alliance, b_player, b_alliance,
       CASE kind WHEN 'vassalage' THEN 'b' END, is_public, '{{"tribute": {{"wood": 10}}, "a": null}}',
       now() - interval '9 days', CASE WHEN ends THEN now() - interval '1 day' END,
       CASE status WHEN 'broken' THEN 'a' END, CASE status WHEN 'broken' THEN now() END,
       CASE kind WHEN 'war' THEN 'b' END
  FROM (VALUES ('war', 'active', 1, NULL, NULL, 90, true, false),
               ('vassalage', 'active', NULL, 1, 103, NULL, false, false),
               ('trade_agreement', 'active', 3, NULL, 1, NULL, false, true),
               ('nap', 'broken', 102, NULL, 1, NULL, true, false),
               ('confederacy', 'proposed', 103, NULL, NULL, 2, false, false),
               ('war', 'cancelled', NULL, 90, NULL, 3, true, false),
               ('trade_agreement', 'declined', 100, NULL, 3, NULL, false, false),
               ('vassalage', 'expired', NULL, 2, 4, NULL, true, true))
    AS odd (kind, status, a_player, a_alliance, b_player, b_alliance, is_public, ends);
UPDATE treaties SET answer_by = now() WHERE status = 'proposed';
UPDATE treaties SET offer = 'prolong', offered_by = 'b', offered_ends_at = now() + interval '1 day'
 WHERE status = 'active' AND type = 'trade_agreement';

UPDATE npc_relationships
   SET known_army_composition = '{{"legionnaire": 12345678901}}',
       activity_pattern = '{{"typical_online_hours": [0, "x"], "logins_per_day": 15, "activity_level": 1}}',
       known_villages = '[{{"x": 1}}, null]', predicted_next_action = 'raid', prediction_confidence = 1,
       predicted_at = now(), last_interaction_type = 'raid', last_interaction_at = now(),
       relationship_type = 'enemy', resources_raided_from = 9007199254740993
 WHERE world_id = '{WORLD}' AND npc_id % 2 = 1;
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, half_life_seconds, expires_at,
                          note)
VALUES ('{WORLD}', 1, 3, 'backstabbed', -100, 86400, now() + interval '9 years', 'ö');
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, source, source_id)
VALUES ('{WORLD}', 102, 1, 'lied_to_me', -60, 'message', 9007199254740993);

INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, importance, emotional_weight, occurred_at,
                        game_day, related_player_ids, related_village_ids, lesson_learned,
                        behavior_adjustment)
VALUES ('{WORLD}', 1, 'trade', '{{"a": [1e300, -0.0, "x"], "ö": {{}}}}', 1, -1, now() - interval '2 years', 3,
        '{{2, 999, 2, 103}}', '{{1, 2}}', 'Never again', '{{"patience": 0.1}}'),
       ('{LOST}', 1, 'message', '{{}}', 0, 0, now() - interval '1 minute', NULL, '{{}}', '{{}}', NULL, NULL);

INSERT INTO npc_decisions (world_id, npc_id, decision_type, situation_summary, final_decision, used_llm,
                           llm_prompt, llm_response, llm_latency_ms, rule_based_recommendation, priority,
                           executed, execution_started_at, execution_completed_at, execution_result,
                           outcome_measured, outcome_success, outcome_data, decision_confidence)
VALUES ('{WORLD}', 1, 'military', 'ö "quoted"', '{{"to": [2, null]}}', true, 'Well?', 'Raid!', 1200,
        '[1, "x"]', 3, true, now(), now(), '{{"won": true}}', true, false, '"nothing"', 0.25),
       ('{LOST}', 1, 'building', '', '{{}}', false, NULL, NULL, NULL, 'null', NULL,
        false, NULL, NULL, NULL, false, NULL, NULL, NULL);
INSERT INTO npc_messages (world_id, id, thread_id, from_player_id, from_npc_id, to_player_id, to_npc_id,
                          subject, message_body, message_type, read_at, response_received,
                          response_positive, llm_prompt)
VALUES ('{WORLD}', 90001, 1, 1, 1, 103, NULL, 'ö', 'To a human', 'threat', now(), true, false, 'Hiss.'),
       ('{WORLD}', 90002, 1, 103, NULL, 2, NULL, NULL, 'Humans', 'friendly_chat', NULL, false, NULL, NULL),
       ('{WORLD}', 90003, NULL, 103, NULL, 1, 1, '', 'To an NPC', 'trade_offer', NULL, false, NULL, NULL);
INSERT INTO npc_battle_history (world_id, npc_id, battle_id, battle_type, attacker_id, defender_id, npc_role,
                                my_troops_sent, enemy_troops_killed, result, resources_lost, prediction_made,
                                prediction_accuracy, tactical_lesson, occurred_at, to_village_id)
VALUES ('{WORLD}', 1, 7, 'defense', 2, 1, 'defender', '{{"phalanx": 12345678901}}', '{{}}', 'defeat',
        9007199254740993, '{{"confidence": 1}}', 0, 'ö', now() - interval '2 years', 999),
       ('{LOST}', 1, NULL, 'reinforcement', 2, 3, 'reinforcement', NULL, NULL, 'draw', 0, NULL, NULL, NULL,
        now(), 101);
INSERT INTO npc_trade_history (world_id, npc_id, trade_id, trade_type, partner_id, requested_resource,
                               requested_amount, exchange_rate, market_rate_at_time, profit_margin,
                               partner_trustworthiness, trade_status, completed_at)
VALUES ('{WORLD}', 1, 8, 'offer_accepted', 2, 'iron', 9007199254740993, 1.5, 1, 0.5, 0.75, 'completed',
        now()),
       ('{LOST}', 1, NULL, 'offer_created', NULL, NULL, 0, NULL, NULL, NULL, NULL, 'expired', NULL);
"""


@asynccontextmanager
async def odd_place(
    servers: Servers, name: str, worker: GraphWorker, redis: int = REDIS
) -> AsyncIterator[Place]:
    """A place with an odd crowd: one of its two worlds has lost its database, and Redis holds odd things."""
    main = await servers.create(name, template=f"{servers.prefix}main")
    worlds = servers.database(f"{name}_{{world_id}}")
    urls = StoreUrls(main=main, worlds=worlds, redis=f"{servers.redis}?db={redis}")
    await crowd(urls, SIZE)
    await _odd_things(urls.redis)
    conn = await asyncpg.connect(main)
    await conn.execute(ODD)
    await conn.close()
    async with open_stores(urls.main, urls.worlds, urls.redis) as stores:
        analyses = Analyses(stores, worker)
        for world in (WORLD, LOST):
            await analyses.current(world)
        yield Place(urls, stores, worker, analyses, await global_ids(urls, 3))


async def _odd_things(url: str) -> None:
    """For the test runs of all workers the same: states of which some cannot be read, sessions, calls."""
    async with Redis.from_url(url) as redis:
        for npc_id, strategy in ((1, Strategy.MILITARY), (3, None), (4, None)):
            state = LiveStateRow(WORLD, npc_id, 3, 2**40, npc_id, 7, AT, strategy, AT)
            await npc_states.put(redis, state)
            await sessions.touch(redis, SessionRow(npc_id, AT))
        await redis.hset(npc_states.key(3, WORLD), "villages", "many")
        await redis.set(npc_states.key(100), "no state")
        await redis.set(rate_limits.key(1), 4)
        await redis.set(rate_limits.key(3), "many")
        await llm_responses.put(redis, LlmResponseRow(1, "a", {"text": "ö"}))
        for key in await redis.keys():
            await redis.persist(key)


async def choices(place: Place) -> Choices:
    """What operations on an odd crowd may pass: ids that lead somewhere, and some that do not."""
    ids = [one for several in place.ids.values() for one in several]
    ids += [one.replace("a", "b") for one in ids[:3]]
    values = {
        "worldId": (*[WORLD] * 9, LOST, LOST, "nowhere", ""),
        "playerId": (1, 2, 3, 1, 2, 3, 4, 5, 6, 100, 102, 103, 999),
        "npcId": (1, 3, 1, 3, 4, 5, 100, 101, 102, 999),
        "villageId": (101, 102, 203, 301, 999),
        "allianceId": (1, 2, 3, 1, 90, 999),
        "treatyId": (1, *await _odd_treaties(place), 999, str(2**62)),
        "name": ("Npc 1", "Odd 101", "Nobody"),
        "id": ids,
        "ids": ids,
        "aboutPlayerId": (2, 3, 999),
        "trusterPlayerId": (1, 3, 102, 999),
        "trustedPlayerIds": (2, 1, 3, 103, 999),
        "paths": (0, 1, 2, 6),
        "from": ("2026-11-23T12:00:00Z", "2026-11-23T13:10:00Z", "0001-01-01"),
        "to": ("2026-11-23T14:00:00Z", "2026-11-23T13:15:00Z", "2026-11-23T11:00:00Z"),
        "tokenBudget": (800, 100, 99),
        "minTrust": (0, -100, 101),
        "maxTrust": (50, 0, -101),
        "minImportance": (0.5, 0, 1, 1.5, -1),
        "minPopulation": (0, 101, -1),
        "minMembers": (0, 2, 4),
    }
    return Choices(values, {name: await _cursors(place, many) for name, many in relations() if _pages(many)})


async def _odd_treaties(place: Place) -> Sequence[int]:
    async with place.stores.main.acquire() as conn:
        found = await conn.fetch("SELECT treaty_id FROM treaties ORDER BY treaty_id DESC LIMIT 8")
    return [record[0] for record in found]


def _pages(relation: Any) -> bool:
    return isinstance(relation, Many) and relation.paged


async def _cursors(place: Place, many: Many) -> Mapping[str, Sequence[str]]:
    """For each ordering of a list, the places of its first rows."""
    read, loaders = cast(Read[Any], many.read), Loaders(place.stores, ADMIN)
    names = [part.name if isinstance(part, Argument) else part for part in many.key]
    found: dict[str, Sequence[str]] = {}
    for order in read.orders or ():
        rows = await loaders.many(read, Ask(order=order, limit=4), *(KEY[name] for name in names))
        assert rows, read.source
        found[order.name] = [cursor(read, order, row) for row in rows]
    return found
