"""NPCs in worlds: how they begin to take part, and how it is told how they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db.main import npc_worlds, players
from db.main.npcs import NpcRow, NpcWorldStateRow, Strategy
from db.main.players import NewPlayer, PlayerRow, Tribe
from resolvers.changes import Change, aside, change, npc, only_those_who_run_it
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.inputs import HIGHEST_INT, amounts, called, moment, short, told, within
from resolvers.npcs import playing
from resolvers.players import LONGEST_NAME, free_id, free_name
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt

LONGEST_GOAL = 2000
AMOUNTS = (
    "total_population",
    "village_count",
    "total_wood",
    "total_clay",
    "total_iron",
    "total_wheat",
    "offensive_power",
    "defensive_power",
    "total_troops",
)
RATES = tuple(f"production_rate_{resource}" for resource in ("wood", "clay", "iron", "wheat"))
OTHERS = ("rank", "current_strategy", "strategic_goal", "threat_level", "last_login")

enum(Strategy)


@input_type
class EnterWorldInput(OfWorld):
    """An NPC that is to take part in a world."""

    npc_id: int
    """The NPC."""
    player_id: int | None = None
    """The player it is to be in that world. Where there is a human player of this id, the NPC takes over;
    else a new player is made. A free id unless told."""
    name: str | None = None
    """The name of a new player, at most 100 characters; the NPC's own unless told."""


async def enter_world(
    info: Info, input: Annotated[EnterWorldInput, strawberry.argument(description="Who enters as whom.")]
) -> NpcWorldStateRow | Refusal:
    """Let an NPC take part in a world, as a new player or in the place of a human one."""
    if input.name is not None:
        called("name", input.name, LONGEST_NAME)
    return await change(info, input, lambda under_way: _enter(under_way, input))


async def _enter(change: Change, input: EnterWorldInput) -> NpcWorldStateRow:
    only_those_who_run_it(change.viewer, "let NPCs into worlds")
    profile = await playing(change, input.npc_id)
    there = await players.actor_of_npc(change.conn, change.world_id, input.npc_id)
    if there is not None:
        is_one = f"{profile.name} takes part already, as player {there.player_id}."
        refuse(RefusalCode.ALREADY_IN_WORLD, is_one)
    player = await _taken_over(change, input) or await _made(change, input, profile)
    return await npc_worlds.entered(change.conn, input.npc_id, player, change.now)


async def _taken_over(change: Change, input: EnterWorldInput) -> PlayerRow | None:
    player = input.player_id and await players.lock(change.conn, change.world_id, input.player_id)
    if not player:
        return None
    if player.npc_id is not None:
        refuse(RefusalCode.ID_TAKEN, f"Player {player.player_id} is NPC {player.npc_id}: pass another id.")
    if player.gone_at is not None:
        refuse(RefusalCode.GONE, f"{player.name} has left this world: pass another playerId, or none.")
    if input.name is not None:
        refuse(
            RefusalCode.ID_TAKEN,
            f"Player {player.player_id} is {player.name}: leave out name to take over.",
        )
    return await players.changed(change.conn, player, {"npc_id": input.npc_id})


async def _made(change: Change, input: EnterWorldInput, profile: NpcRow) -> PlayerRow:
    new = NewPlayer(
        player_id=await free_id(change, input.player_id),
        name=await free_name(change, input.name or profile.name),
        tribe=Tribe(profile.tribe.value),
        npc_id=profile.npc_id,
    )
    return await players.add(change.conn, change.world_id, new, change.now)


@input_type
class UpdateNpcStateInput(OfWorld):
    """How an NPC stands in a world; what is left out stays as it is."""

    npc_id: int
    """The NPC: your own, or one that you may decide for."""
    rank: int | None = strawberry.UNSET
    """Its rank by population; 1 is the largest. Null: it has none."""
    total_population: BigInt | None = strawberry.UNSET
    """The people in all its villages; 0 or more."""
    village_count: int | None = strawberry.UNSET
    """How many villages it has; 0 or more."""
    total_wood: BigInt | None = strawberry.UNSET
    """Wood in all its warehouses; 0 or more."""
    total_clay: BigInt | None = strawberry.UNSET
    """Clay in all its warehouses; 0 or more."""
    total_iron: BigInt | None = strawberry.UNSET
    """Iron in all its warehouses; 0 or more."""
    total_wheat: BigInt | None = strawberry.UNSET
    """Wheat in all its granaries; 0 or more."""
    offensive_power: BigInt | None = strawberry.UNSET
    """The strength of its attackers; 0 or more."""
    defensive_power: BigInt | None = strawberry.UNSET
    """The strength of its defenders; 0 or more."""
    total_troops: BigInt | None = strawberry.UNSET
    """How many troops it has; 0 or more."""
    production_rate_wood: BigInt | None = strawberry.UNSET
    """Wood per hour."""
    production_rate_clay: BigInt | None = strawberry.UNSET
    """Clay per hour."""
    production_rate_iron: BigInt | None = strawberry.UNSET
    """Iron per hour."""
    production_rate_wheat: BigInt | None = strawberry.UNSET
    """Wheat per hour, less what its troops eat: it may be below 0."""
    current_strategy: Strategy | None = strawberry.UNSET
    """What it works towards; null: nothing in particular."""
    strategic_goal: str | None = strawberry.UNSET
    """Its goal in its own words, at most 2000 characters; null: none."""
    threat_level: float | None = strawberry.UNSET
    """How threatened it is, 0 to 1."""
    last_login: datetime | None = strawberry.UNSET
    """When it was last online."""


async def update_npc_state(
    info: Info, input: Annotated[UpdateNpcStateInput, strawberry.argument(description="How it stands.")]
) -> NpcWorldStateRow | Refusal:
    """Tell how an NPC stands in a world. It is the NPC's own: the world's version stays as it is, and so do
    the figures of its player that everybody sees."""
    given = told(input, AMOUNTS + RATES + OTHERS, clearable=("rank", "current_strategy", "strategic_goal"))
    _check(given)
    return await aside(info, input, lambda under_way: _update(under_way, input.npc_id, given))


def _check(given: dict[str, Any]) -> None:
    if not given:
        raise bad_input("Pass at least one field of how it stands.")
    amounts(given, AMOUNTS)
    if given.get("rank") is not None:
        within("rank", given["rank"], 1, HIGHEST_INT)
    if "threat_level" in given:
        within("threatLevel", given["threat_level"], 0, 1)
    if "last_login" in given:
        moment("lastLogin", given["last_login"])
    short("strategicGoal", given.get("strategic_goal"), LONGEST_GOAL)


async def _update(change: Change, npc_id: int, given: dict[str, Any]) -> NpcWorldStateRow:
    await npc(change, npc_id)
    found = await npc_worlds.updated(change.conn, change.world_id, npc_id, given, change.now)
    if found is None:
        refuse(RefusalCode.NOT_FOUND, f"Nothing is kept of how NPC {npc_id} stands: let it enter this world.")
    return found
