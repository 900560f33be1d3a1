"""Rules: what a world's settings allow, read under the lock that every change of the world waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from db.connection import Connection
from db.main import trust_rules
from db.main.treaties import TreatyType
from db.main.trust_rules import TrustRules
from db.main.worlds import WorldStatus

CONFEDERACIES_OF_AN_ALLIANCE = 3
MEMBERS_OF_AN_ALLIANCE = 60
DAYS_OF_A_PROPOSAL = 7.0
HIGHEST_LIMIT, MOST_PROPOSAL_DAYS = 10_000, 3650
MAX_MEMBERS, PROPOSAL_DAYS = "max_members", "proposal_days"
LIMITS = {
    TreatyType.NAP: "max_naps",
    TreatyType.CONFEDERACY: "max_confederacies",
    TreatyType.TRADE_AGREEMENT: "max_trade_agreements",
    TreatyType.VASSALAGE: "max_vassalages",
    TreatyType.WAR: "max_wars",
}
"""How many treaties of a type an alliance may have: the entry of a world's settings that says so."""

READ = "SELECT status, settings FROM worlds WHERE world_id = $1"
# The triggers take this lock at the first write. Taken before anything is read, the facts that the rules are
# checked against stay as they are until commit, and two requests never hold what the other one waits for.
LOCK = f"{READ} FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a world allows: `max_members`, `proposal_days`, the limits of treaties, `trust_events` and
    `trust_events_by_personality` of its settings."""

    status: WorldStatus
    max_members: int
    max_treaties: Mapping[TreatyType, int]
    """How many treaties of a type an alliance may have; of a type that is not here, any number."""
    proposals_last: timedelta
    """How long a proposal waits for an answer."""
    trust: TrustRules
    """How far acts move trust, where that differs from the usual."""


async def lock(conn: Connection, world_id: str) -> Rules | None:
    """The rules of a world, which is ours until this transaction ends; None where there is no world."""
    return _rules(await conn.fetchrow(LOCK, world_id))


async def read(conn: Connection, world_id: str) -> Rules | None:
    """The rules of a world; None where there is no world."""
    return _rules(await conn.fetchrow(READ, world_id))


def _rules(found: asyncpg.Record | None) -> Rules | None:
    return None if found is None else of(WorldStatus(found["status"]), found["settings"])


def of(status: WorldStatus, settings: Mapping[str, Any]) -> Rules:
    """What these settings allow; what makes no sense in them is as usual."""
    said = {kind: limit(settings.get(name)) for kind, name in LIMITS.items()}
    usual = {TreatyType.CONFEDERACY: CONFEDERACIES_OF_AN_ALLIANCE}
    members = limit(settings.get(MAX_MEMBERS))
    return Rules(
        status,
        MEMBERS_OF_AN_ALLIANCE if members is None else members,
        usual | {kind: most for kind, most in said.items() if most is not None},
        timedelta(days=days(settings.get(PROPOSAL_DAYS)) or DAYS_OF_A_PROPOSAL),
        trust_rules.read(settings),
    )


def limit(value: Any) -> int | None:
    """A limit, or None where this is none."""
    return value if type(value) is int and 0 <= value <= HIGHEST_LIMIT else None


def days(value: Any) -> float | None:
    """A number of days, or None where this is none."""
    return value if type(value) in (int, float) and 0 < value <= MOST_PROPOSAL_DAYS else None
