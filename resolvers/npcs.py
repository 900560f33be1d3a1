"""NPCs: how one is found, and its behaviour template as a typed value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from db.main import npcs
from db.main.npcs import NpcRow
from resolvers.context import Info
from resolvers.errors import bad_input


async def npc(
    info: Info,
    npc_id: Annotated[
        int | None, strawberry.argument(description="The NPC's id, the same in all worlds.")
    ] = None,
    name: Annotated[str | None, strawberry.argument(description="Its name, instead of the id.")] = None,
) -> NpcRow | None:
    """The NPC of this id or of this name, or null where there is none. Pass one of the two."""
    if (npc_id is None) == (name is None):
        raise bad_input("Pass either npcId or name.")
    if npc_id is not None:
        return await info.context.loaders.one(npcs.BY_ID, npc_id)
    return await info.context.loaders.one(npcs.BY_NAME, name)


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


def behavior(npc: strawberry.Parent[NpcRow]) -> Behavior:
    """How it is inclined to act."""
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
