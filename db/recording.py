"""Recording: what was recorded by a moment is settled before it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from datetime import datetime

from db.connection import Stores

HISTORIES = ("trust_events", "relationship_events", "membership_events", "treaty_states", "graph_changes")
TRIES, PAUSE = 200, 0.02
"""How often it is looked whether a moment is settled, and the seconds between."""

# A transaction takes its moment of recording when it holds a lock on a history, and holds that until its end.
SETTLED = """
SELECT $1 <= clock_timestamp(), NOT EXISTS (
    SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
     WHERE l.relation = ANY ($2::text[]::regclass[]) AND l.mode = 'RowExclusiveLock'
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND coalesce(a.xact_start <= $1, true))
"""


class UnsettledError(Exception):
    """A moment of which more may still be recorded; the message may be shown to a client."""


async def settled(stores: Stores, moments: Set[datetime]) -> None:
    """Wait until nothing more will be recorded of these moments."""
    latest = max(moments)
    for _ in range(TRIES):
        ((has_passed, is_settled),) = await stores.reads.fetch(SETTLED, [latest, list(HISTORIES)])
        if not has_passed:
            raise UnsettledError("asOf must be a moment that has passed: leave it out to ask for now.")
        if is_settled:
            return
        await asyncio.sleep(PAUSE)
    raise UnsettledError("A change of that moment is still being written: ask again, or for a moment before.")
