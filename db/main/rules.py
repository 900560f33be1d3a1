"""Rules: what a world's settings allow, read under the lock that every change of the world waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from db.connection import Connection
from db.main import trust_rules
from db.main.trust_rules import TrustRules
from db.main.worlds import WorldStatus

CONFEDERACIES_OF_AN_ALLIANCE = 3
MEMBERS_OF_AN_ALLIANCE = 60

READ = "SELECT status, settings FROM worlds WHERE world_id = $1"
# The triggers take this lock at the first write. Taken before anything is read, the facts that the rules are
# checked against stay as they are until commit, and two requests never hold what the other one waits for.
LOCK = f"{READ} FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a world allows: `max_confederacies`, `max_members`, `trust_events` and
    `trust_events_by_personality` of its settings."""

    status: WorldStatus
    max_confederacies: int
    max_members: int
    trust: TrustRules
    """How far acts move trust, where that differs from the usual."""


async def lock(conn: Connection, world_id: str) -> Rules | None:
    """The rules of a world, which is ours until this transaction ends; None where there is no world."""
    return _rules(await conn.fetchrow(LOCK, world_id))


async def read(conn: Connection, world_id: str) -> Rules | None:
    """The rules of a world; None where there is no world."""
    return _rules(await conn.fetchrow(READ, world_id))


def _rules(found: asyncpg.Record | None) -> Rules | None:
    if found is None:
        return None
    settings: dict[str, Any] = found["settings"]
    return Rules(
        WorldStatus(found["status"]),
        _limit(settings.get("max_confederacies"), CONFEDERACIES_OF_AN_ALLIANCE),
        _limit(settings.get("max_members"), MEMBERS_OF_AN_ALLIANCE),
        trust_rules.read(settings),
    )


def _limit(value: Any, usual: int) -> int:
    return value if type(value) is int and value >= 0 else usual
