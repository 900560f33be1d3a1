"""Fills the queue of decisions from the database, which knows what waits and who has what in hand."""

from __future__ import annotations

from redis.asyncio import Redis

from db.connection import Connection
from db.hot import decisions
from db.hot.decisions import Place, Waiting
from db.main import decision_claims
from db.main.decision_claims import WaitingRow

AT_ONCE = 500


async def fill_if_lost(conn: Connection, redis: Redis) -> None:
    """Fill the queue where Redis was emptied, or started again, since it was filled; within a transaction."""
    run = await decisions.to_be_filled(redis)
    if run is not None:
        await fill(conn, redis)
        await decisions.filled(redis, run)


async def fill(conn: Connection, redis: Redis) -> int:
    """Let everything wait that does, which changes nothing about what is there; how much that is."""
    count, places = 0, list[Place]()
    async for row in decision_claims.waiting(conn):
        count += 1
        places.append(place_of(row))
        if len(places) == AT_ONCE:
            await decisions.queue(redis, places)
            places.clear()
    await decisions.queue(redis, places)
    return count


def place_of(row: WaitingRow) -> Place:
    """Where a decision belongs in the queue."""
    decision = Waiting(row.npc_id, row.world_id, name(row.world_id, row.decision_id))
    claim = str(row.claim) if row.claim else ""
    return Place(decision, row.priority, row.created_at, claim, row.claimed_until)


def name(world_id: str, decision_id: int) -> str:
    """The id of a decision among those of all worlds."""
    return f"{world_id}/{decision_id}"


def key(name: str) -> tuple[str, int]:
    """The world and the id of a decision by its name."""
    world_id, _, decision_id = name.rpartition("/")
    return world_id, int(decision_id)
