"""Shapes of JSON: objects whose known entries have a type; whatever else is in them is kept beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from db.main.relationships import RelationshipRow

T = TypeVar("T")
LARGEST_INT = 2**31 - 1


@dataclass(slots=True)
class Shape:
    """An object of JSON from which entries are taken that are as they should be; the rest stays."""

    rest: dict[str, Any]

    def take(self, name: str, fits: Callable[[Any], bool]) -> Any:
        """An entry, or None where there is none that fits."""
        return self.rest.pop(name) if name in self.rest and fits(self.rest[name]) else None

    def text(self, name: str) -> str | None:
        """A text."""
        found: str | None = self.take(name, lambda value: isinstance(value, str))
        return found

    def number(self, name: str) -> float | None:
        """A number."""
        found: float | None = self.take(name, lambda value: type(value) in (int, float))
        return found

    def ids(self, name: str) -> list[int]:
        """A list of whole numbers such as ids are, empty where there is none."""
        found: list[int] | None = self.take(name, _are_ids)
        return found or []


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int and 0 <= one <= LARGEST_INT for one in value)


@dataclass(frozen=True, slots=True)
class Activity:
    """When a player is online, read from its JSON."""

    typical_online_hours: list[int]
    timezone_estimate: str | None
    activity_level: str | None
    logins_per_day: float | None
    more: dict[str, Any]


def activity_pattern(relationship: strawberry.Parent[RelationshipRow]) -> Activity | None:
    """When the player is online, as far as the NPC knows."""
    if relationship.activity_pattern is None:
        return None
    shape = Shape(dict(relationship.activity_pattern))
    return Activity(
        typical_online_hours=shape.ids("typical_online_hours"),
        timezone_estimate=shape.text("timezone_estimate"),
        activity_level=shape.text("activity_level"),
        logins_per_day=shape.number("logins_per_day"),
        more=shape.rest,
    )
