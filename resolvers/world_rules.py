"""World rules: what a world's settings may say, and what holds in a world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from db.main import rules
from db.main.rules import HIGHEST_LIMIT, LIMITS, MAX_MEMBERS, MOST_PROPOSAL_DAYS, PROPOSAL_DAYS
from db.main.treaties import TreatyType
from db.main.worlds import WorldRow
from resolvers.errors import bad_input
from resolvers.feelings import problems

TIME_STANDS_STILL = "time_stands_still"


def check(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings, refused where one of the rules among them makes no sense; other entries are notes."""
    found = [*_problems_of_limits(settings), *_problems_of_time(settings), *problems(settings)]
    if found:
        raise bad_input(f"settings.{found[0]}.")
    return settings


def _problems_of_limits(settings: dict[str, Any]) -> list[str]:
    given = [name for name in (MAX_MEMBERS, *LIMITS.values()) if name in settings]
    said = f"must be a whole number from 0 to {HIGHEST_LIMIT}"
    return [f"{name} {said}" for name in given if rules.limit(settings[name]) is None]


def _problems_of_time(settings: dict[str, Any]) -> list[str]:
    found = []
    if PROPOSAL_DAYS in settings and rules.days(settings[PROPOSAL_DAYS]) is None:
        found.append(f"{PROPOSAL_DAYS} must be a number above 0 and at most {MOST_PROPOSAL_DAYS}")
    if not isinstance(settings.get(TIME_STANDS_STILL, False), bool):
        found.append(f"{TIME_STANDS_STILL} must be true or false")
    return found


@dataclass(frozen=True, slots=True)
class TreatyLimit:
    """How many treaties of one type an alliance may have."""

    type: TreatyType
    most: int | None


@dataclass(frozen=True, slots=True)
class WorldRules:
    """What holds in a world, by its settings or as usual."""

    max_members: int
    proposal_days: float
    treaty_limits: list[TreatyLimit]


def world_rules(world: strawberry.Parent[WorldRow]) -> WorldRules:
    """The rules that hold in it, by its settings or as usual; what acts do to trust is in `trustRules`."""
    held = rules.of(world.status, world.settings)
    limits = [TreatyLimit(one, held.max_treaties.get(one)) for one in TreatyType]
    return WorldRules(held.max_members, held.proposals_last.total_seconds() / 86_400, limits)
