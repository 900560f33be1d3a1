"""NPCs: the behaviour template as a typed value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from db.main.npcs import NpcRow


@dataclass(frozen=True, slots=True)
class Behavior:
    """A behaviour template, read from its JSON."""

    aggression: float
    economy: float
    diplomacy: float
    risk_tolerance: float
    patience: float
    adaptability: float
    building_priority: list[str]
    goals: list[str]
    more: dict[str, Any]


def behavior(npc: strawberry.Parent[NpcRow]) -> Behavior | None:
    """How it is inclined to act."""
    if npc.behavior_template is None:
        return None
    more = dict(npc.behavior_template)
    return Behavior(
        aggression=float(more.pop("aggression")),
        economy=float(more.pop("economy")),
        diplomacy=float(more.pop("diplomacy")),
        risk_tolerance=float(more.pop("risk_tolerance")),
        patience=float(more.pop("patience")),
        adaptability=float(more.pop("adaptability")),
        building_priority=[str(one) for one in more.pop("building_priority", [])],
        goals=[str(one) for one in more.pop("goals", [])],
        more=more,
    )
