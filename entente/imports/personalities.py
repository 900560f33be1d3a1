"""The behaviour template that an NPC of each personality begins with."""

from __future__ import annotations

from typing import TypedDict

from db.main.npcs import Personality


class BehaviorTemplate(TypedDict):
    """How an NPC is inclined, each trait from 0 to 1, and what it builds and works towards first."""

    aggression: float
    economy: float
    diplomacy: float
    risk_tolerance: float
    patience: float
    adaptability: float
    building_priority: list[str]
    goals: list[str]


TEMPLATES: dict[Personality, BehaviorTemplate] = {
    Personality.AGGRESSIVE: {
        "aggression": 0.9,
        "economy": 0.3,
        "diplomacy": 0.2,
        "risk_tolerance": 0.85,
        "patience": 0.2,
        "adaptability": 0.7,
        "building_priority": ["barracks", "stable", "workshop"],
        "goals": ["maximize_conquest", "build_army"],
    },
    Personality.ECONOMIC: {
        "aggression": 0.15,
        "economy": 0.95,
        "diplomacy": 0.5,
        "risk_tolerance": 0.25,
        "patience": 0.85,
        "adaptability": 0.5,
        "building_priority": ["cropland", "warehouse", "marketplace"],
        "goals": ["maximize_production", "trade_with_neighbours"],
    },
    Personality.BALANCED: {
        "aggression": 0.5,
        "economy": 0.6,
        "diplomacy": 0.5,
        "risk_tolerance": 0.5,
        "patience": 0.5,
        "adaptability": 0.8,
        "building_priority": ["main_building", "barracks", "marketplace"],
        "goals": ["grow_steadily", "keep_options_open"],
    },
    Personality.DIPLOMAT: {
        "aggression": 0.2,
        "economy": 0.5,
        "diplomacy": 0.95,
        "risk_tolerance": 0.35,
        "patience": 0.8,
        "adaptability": 0.75,
        "building_priority": ["embassy", "marketplace", "residence"],
        "goals": ["build_alliances", "keep_the_peace"],
    },
    Personality.ASSASSIN: {
        "aggression": 0.75,
        "economy": 0.35,
        "diplomacy": 0.4,
        "risk_tolerance": 0.9,
        "patience": 0.65,
        "adaptability": 0.9,
        "building_priority": ["academy", "stable", "rally_point"],
        "goals": ["eliminate_rivals", "strike_the_unprepared"],
    },
}
