"""Village configs: the order of resources as a typed value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from db.world.village_configs import VillageConfigRow


@dataclass(frozen=True, slots=True)
class Priority:
    """In which order resources matter, read from its JSON."""

    wood: int | None
    clay: int | None
    iron: int | None
    wheat: int | None


def resource_priority(config: strawberry.Parent[VillageConfigRow]) -> Priority | None:
    """In which order resources matter to it."""
    given = config.resource_priority
    if given is None:
        return None
    return Priority(*(_place(given.get(name)) for name in ("wood", "clay", "iron", "wheat")))


def _place(value: Any) -> int | None:
    """Other programs may have written anything."""
    return value if type(value) is int and abs(value) < 2**31 else None
