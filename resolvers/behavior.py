"""Behaviour: the template of an NPC as a typed value, and as it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from db.main.npcs import TRAITS
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.inputs import few, json_object, short, within

LISTS = ("building_priority", "goals")
MOST_ENTRIES, LONGEST_ENTRY = 50, 100


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


class Templated(Protocol):
    """A row with a behaviour template."""

    @property
    def behavior_template(self) -> dict[str, Any] | None: ...


def behavior(npc: strawberry.Parent[Templated]) -> Behavior | None:
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


@input_type
class BehaviorTemplateInput:
    """How an NPC is to be inclined to act: the whole template; each trait from 0 (not at all) to 1 (above
    all)."""

    aggression: float
    """How readily it attacks."""
    economy: float
    """How much it cares for production and trade."""
    diplomacy: float
    """How much it cares for treaties and alliances."""
    risk_tolerance: float
    """How much it dares."""
    patience: float
    """How long it waits for a better moment."""
    adaptability: float
    """How quickly it changes its ways."""
    building_priority: list[str] = strawberry.field(default_factory=list)
    """What it builds first, most wanted first: at most 50 names of at most 100 characters."""
    goals: list[str] = strawberry.field(default_factory=list)
    """What it strives for, such as maximize_conquest: at most 50 of at most 100 characters."""
    more: JSON | None = None
    """Whatever else the template is to hold: an object of at most 32 KB."""


def template(given: BehaviorTemplateInput) -> dict[str, Any]:
    """A template as it is stored, checked whole."""
    more = {} if given.more is None else json_object("behaviorTemplate.more", given.more)
    known = [name for name in (*TRAITS, *LISTS) if name in more]
    if known:
        raise bad_input(f"behaviorTemplate.more must not hold {known[0]}: it has a field of its own.")
    traits = {name: within(_named(name), getattr(given, name), 0, 1) for name in TRAITS}
    return more | traits | {name: _entries(_named(name), getattr(given, name)) for name in LISTS}


def _named(name: str) -> str:
    return f"behaviorTemplate.{to_camel_case(name)}"


def _entries(name: str, entries: list[str]) -> list[str]:
    few(name, entries, MOST_ENTRIES)
    for place, entry in enumerate(entries):
        short(f"{name}[{place}]", entry, LONGEST_ENTRY)
    return entries
