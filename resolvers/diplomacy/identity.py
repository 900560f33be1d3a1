"""Identity: who an NPC is, in words that a mind can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.main.alliances import AllianceRole
from db.main.diplomacy import Who
from db.main.npcs import NpcTribe, Personality, Strategy

VERY_MUCH, MUCH, LITTLE, VERY_LITTLE = 0.8, 0.6, 0.4, 0.2
TRAITS = {
    "aggression": ("aggressive", "peaceable"),
    "economy": ("keen on production and trade", "careless of wealth"),
    "diplomacy": ("diplomatic", "blunt"),
    "risk_tolerance": ("daring", "cautious"),
    "patience": ("patient", "impatient"),
    "adaptability": ("flexible", "set in its ways"),
}
MOST_GOALS = 5


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """Who an NPC is in a world."""

    name: str
    tribe: NpcTribe
    personality: Personality
    traits: list[str]
    strategy: Strategy | None
    goal: str | None
    goals: list[str]
    rank: int | None
    population: int
    village_count: int
    threat_level: float | None
    role: AllianceRole | None


def identity_of(who: Who) -> IdentityRow:
    """Who it is: its profile, and how it stands in the world."""
    npc, player, state = who.npc, who.player, who.state
    role = state.alliance_role if state and player.alliance_id is not None else None
    # It asks for itself, or they do who see all: nothing is hidden from either.
    assert npc.behavior_template is not None
    assert npc.personality is not None
    goals = npc.behavior_template.get("goals") or []
    return IdentityRow(
        name=player.name,
        tribe=npc.tribe,
        personality=npc.personality,
        traits=traits_in_words(npc.behavior_template),
        strategy=state.current_strategy if state else None,
        goal=state.strategic_goal if state else None,
        goals=[str(goal) for goal in goals[:MOST_GOALS]],
        rank=player.rank,
        population=player.population,
        village_count=player.village_count,
        threat_level=state.threat_level if state else None,
        role=AllianceRole(role) if role else None,
    )


def traits_in_words(template: Mapping[str, Any]) -> list[str]:
    """The traits that stand out, the most extreme first."""
    values = {name: float(template[name]) for name in TRAITS}
    order = sorted(values, key=lambda name: -round(abs(values[name] - 0.5), 6))
    return [words for name in order if (words := _in_words(name, values[name]))]


def _in_words(name: str, value: float) -> str | None:
    high, low = TRAITS[name]
    if value >= MUCH:
        return f"very {high}" if value >= VERY_MUCH else high
    if value <= LITTLE:
        return f"very {low}" if value <= VERY_LITTLE else low
    return None
