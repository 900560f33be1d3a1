"""The context of an NPC costs the same few statements and reads as much, however long its past."""

from __future__ import annotations

from tests.asking import Ask
from tests.resolvers.test_diplomacy import context
from tests.world import World

STATEMENTS = 8
OF_THE_LINK = 1
"""The question follows `relationship { npc }`, which is no part of the context itself."""

PAST = """
WITH people AS (
    INSERT INTO players (world_id, player_id, name, tribe, population)
    SELECT $1, 1000 * $3 + n, 'Someone ' || n, 'Huns', n FROM generate_series(1, $4::int) n RETURNING
    player_id
), events AS (
    INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, occurred_at)
    SELECT $1, $2, player_id, 'traded_fairly', player_id % 40 - 20, now() - n * interval '1 hour'
      FROM people, generate_series(1, 5) n
), treaties AS (
    INSERT INTO treaties (world_id, type, status, a_player_id, b_player_id, starts_at)
    SELECT $1, 'nap', 'active', p.player_id, me.player_id, now()
      FROM people p, players me WHERE me.world_id = $1 AND me.npc_id = $2
)
INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at, related_player_ids)
SELECT $1, $2, 'trade', '{}', now() - player_id * interval '1 minute', ARRAY[player_id] FROM people
"""


async def test_ten_times_the_past_costs_no_more(world: World, ask: Ask, statements: list[str]) -> None:
    bela = await world.npc("Bela")
    reds, blues = await world.alliance("Reds", [bela]), await world.alliance("Blues")
    await world.treaty("confederacy", reds, blues)
    costs, sizes, left_out = list[int](), list[int](), list[int]()
    for round_, people in enumerate((40, 360), start=1):
        await world.run(PAST, world.world_id, bela.npc_id, round_, people)
        statements.clear()
        found = await context(ask, world, bela, budget=8_000)
        costs.append(len(statements))
        sizes.append(len(found["relationships"]))
        left_out.append(found["prompt"]["relationshipsLeftOut"] + found["prompt"]["treatiesLeftOut"])
    assert costs == [STATEMENTS + OF_THE_LINK] * 2
    assert sizes == [20, 20]
    assert max(left_out) < 260
