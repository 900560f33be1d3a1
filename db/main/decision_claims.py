"""Who has which decision in hand, and which wait: the truth behind the queue in Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.connection import Connection
from db.main.decisions import BY_ID, DecisionRow

COLUMNS = ", ".join(BY_ID.columns.values())


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A decision that is to be carried out; in hand until then, if it is claimed."""

    world_id: str
    decision_id: int
    npc_id: int
    priority: int
    created_at: datetime
    claim: UUID | None
    claimed_until: datetime | None


WAITING = """
SELECT d.world_id, d.id, d.npc_id, d.priority, d.created_at, c.claim, c.claimed_until
  FROM npc_decisions d LEFT JOIN decision_claims c ON c.world_id = d.world_id AND c.decision_id = d.id
 WHERE d.priority IS NOT NULL AND NOT d.executed
"""


async def waiting(conn: Connection) -> AsyncIterator[WaitingRow]:
    """Every decision that is to be carried out, one after the other; within a transaction."""
    async for record in conn.cursor(WAITING, prefetch=1000):
        yield WaitingRow(*record)


AMONG = f"{WAITING} AND (d.world_id, d.id) IN (SELECT * FROM unnest($1::text[], $2::bigint[]))"


async def still_waiting(conn: Connection, keys: Sequence[tuple[str, int]]) -> list[WaitingRow]:
    """Those of some decisions that are to be carried out."""
    return [WaitingRow(*record) for record in await conn.fetch(AMONG, *_columns(keys))]


def _columns(keys: Sequence[tuple[str, int]]) -> tuple[list[str], list[int]]:
    return [world_id for world_id, _ in keys], [decision_id for _, decision_id in keys]


FIND = f"SELECT {COLUMNS} FROM npc_decisions t WHERE t.world_id = $1 AND t.id = $2 FOR UPDATE"


async def find(conn: Connection, world_id: str, decision_id: int) -> DecisionRow | None:
    """A decision, held until the transaction ends."""
    found = await conn.fetchrow(FIND, world_id, decision_id)
    return BY_ID.make(*found) if found else None


QUEUE = f"""
UPDATE npc_decisions t SET priority = $3 WHERE t.world_id = $1 AND t.id = $2 RETURNING {COLUMNS}
"""


async def queue(conn: Connection, world_id: str, decision_id: int, priority: int) -> DecisionRow:
    """A decision is to be carried out."""
    found = await conn.fetchrow(QUEUE, world_id, decision_id, priority)
    assert found is not None
    return BY_ID.make(*found)


# What was carried out meanwhile, or is in other hands, is not taken: Redis may have forgotten it.
TAKE = """
INSERT INTO decision_claims AS c (world_id, decision_id, claim, claimed_at, claimed_until)
SELECT d.world_id, d.id, $3, $4, $5
  FROM unnest($1::text[], $2::bigint[]) AS k (world_id, id) JOIN npc_decisions d USING (world_id, id)
 WHERE d.priority IS NOT NULL AND NOT d.executed ORDER BY d.world_id, d.id
    ON CONFLICT (world_id, decision_id) DO UPDATE
   SET claim = excluded.claim, claimed_at = excluded.claimed_at, claimed_until = excluded.claimed_until
 WHERE c.claimed_until <= excluded.claimed_at
RETURNING c.world_id, c.decision_id
"""


async def take(
    conn: Connection, keys: Sequence[tuple[str, int]], claim: str, at: datetime, until: datetime
) -> set[tuple[str, int]]:
    """Take decisions in hand, as Redis has given them; those that could be taken."""
    found = await conn.fetch(TAKE, *_columns(keys), claim, at, until)
    return {(world_id, decision_id) for world_id, decision_id in found}


CARRIED_OUT = f"""
WITH held AS (
    DELETE FROM decision_claims WHERE world_id = $1 AND decision_id = $2 AND claim = $3 RETURNING claimed_at)
UPDATE npc_decisions t
   SET executed = true, execution_started_at = held.claimed_at,
       execution_completed_at = greatest($4, held.claimed_at), execution_result = $5
  FROM held WHERE t.world_id = $1 AND t.id = $2 AND NOT t.executed RETURNING {COLUMNS}
"""


async def carried_out(
    conn: Connection, world_id: str, decision_id: int, claim: UUID, at: datetime, result: Any
) -> DecisionRow | None:
    """A decision was carried out by who had it in hand; None where they have it no longer."""
    found = await conn.fetchrow(CARRIED_OUT, world_id, decision_id, claim, at, result)
    return BY_ID.make(*found) if found else None


LET_GO = """
DELETE FROM decision_claims WHERE world_id = $1 AND decision_id = $2 AND claim = $3 RETURNING true
"""


async def let_go(conn: Connection, world_id: str, decision_id: int, claim: UUID) -> bool:
    """A decision is no longer in hand; False where it was not in these hands."""
    return bool(await conn.fetchval(LET_GO, world_id, decision_id, claim))
