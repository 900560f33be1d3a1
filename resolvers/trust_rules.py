"""Trust rules: what each act is worth in a world, as its settings say or as usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import strawberry

from db.main import trust_rules as rules
from db.main.npcs import Personality
from db.main.relationships import TrustEventKind
from db.main.trust_rules import TrustRules
from db.main.worlds import WorldRow
from resolvers.descriptions import enum
from resolvers.feelings import ALL, Feeling

enum(Personality)


@dataclass(frozen=True, slots=True)
class TrustRuleRow:
    """What an act is worth to an NPC."""

    name: str
    kind: TrustEventKind
    points: float
    half_life_seconds: float | None


def trust_rules(
    world: strawberry.Parent[WorldRow],
    personality: Annotated[
        Personality | None,
        strawberry.argument(description="What they are to NPCs of this personality; else to any other."),
    ] = None,
) -> list[TrustRuleRow]:
    """By how much each act moves the trust of an NPC that it concerns, and how that fades: the usual, and
    what the world's `settings.trust_events` and `settings.trust_events_by_personality` say instead. An
    event keeps the points and the half-life that held when it was entered."""
    said = rules.read(world.settings)
    return [_row(feeling, said, personality) for feeling in ALL]


def _row(feeling: Feeling, said: TrustRules, personality: Personality | None) -> TrustRuleRow:
    half_life = feeling.half_life(said, personality)
    seconds = half_life.total_seconds() if half_life else None
    return TrustRuleRow(feeling.name, feeling.kind, feeling.points(said, personality), seconds)
