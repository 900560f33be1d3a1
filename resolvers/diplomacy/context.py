"""Context: what an NPC needs to know before it decides, as data and as prompt text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import strawberry

from db.main.npcs import NpcRow, NpcWorldStateRow
from db.main.players import PlayerRow
from resolvers.context import Info
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.facts import Facts, read
from resolvers.diplomacy.identity import IdentityRow
from resolvers.diplomacy.leagues import LeagueRow, SidesRow, sides_row
from resolvers.diplomacy.pacts import PactRow
from resolvers.diplomacy.reasons import reasons_of
from resolvers.diplomacy.recollections import RecollectionRow, recollections_of
from resolvers.diplomacy.stakes import StakeRow, friends, threats
from resolvers.inputs import LONGEST_WORLD_ID, short, within
from resolvers.pages import size

USUAL_BUDGET, SMALLEST_BUDGET, LARGEST_BUDGET = 800, 100, 8_000


@dataclass(frozen=True, slots=True)
class ContextRow:
    """What one NPC needs to know, at one version of its world."""

    world_id: str
    npc_id: int
    version: int
    as_of: datetime
    day: int
    npc: NpcRow
    player: PlayerRow
    state: NpcWorldStateRow | None
    identity: IdentityRow
    relationships: list[StakeRow]
    treaties: list[PactRow]
    alliance: LeagueRow | None
    bloc: SidesRow | None
    threats: list[StakeRow]
    friends: list[StakeRow]
    memories: list[RecollectionRow]
    days: Days
    token_budget: int


async def diplomacy_context(
    info: Info,
    world_id: Annotated[str, strawberry.argument(description="The world, such as demo.")],
    npc_id: Annotated[int, strawberry.argument(description="The NPC's id, the same in all worlds.")],
    token_budget: Annotated[
        int,
        strawberry.argument(
            description=f"How many tokens the prompt text may have, {SMALLEST_BUDGET} to {LARGEST_BUDGET}."
        ),
    ] = USUAL_BUDGET,
) -> ContextRow | None:
    """What an NPC needs to know before it decides, or null where there is no such NPC in that world. It
    rests on what this NPC may know, whoever asks: its own relationships, memories and treaties, and what is
    public."""
    short("worldId", world_id, LONGEST_WORLD_ID)
    within("tokenBudget", token_budget, SMALLEST_BUDGET, LARGEST_BUDGET)
    if not _may_ask(info, world_id, npc_id):
        return None
    facts = await read(info.context.stores.main, world_id, npc_id, info.context.now)
    return None if facts is None else context_of(facts, token_budget)


def _may_ask(info: Info, world_id: str, npc_id: int) -> bool:
    """A brain asks for its own NPC, and is told of no other."""
    viewer = info.context.viewer
    return viewer.is_in(world_id) and (viewer.sees_all or viewer.npc_id == npc_id)


def context_of(facts: Facts, token_budget: int) -> ContextRow:
    """The context that follows from the facts; equal facts on one day give equal contexts."""
    who, days = facts.who, facts.days
    stakes = [
        row.because(reasons_of(row, facts.events.get(row.player.player_id, ()), days)) for row in facts.stakes
    ]
    recollections = recollections_of(facts.memories, stakes, facts.players, days)
    return ContextRow(
        world_id=who.world.world_id,
        npc_id=who.npc.npc_id,
        version=who.world.version,
        as_of=days.now,
        day=days.today,
        npc=who.npc,
        player=who.player,
        state=who.state,
        identity=facts.identity,
        relationships=stakes,
        treaties=facts.pacts,
        alliance=_league(facts),
        bloc=sides_row(facts.sides, facts.alliances) if facts.sides else None,
        threats=threats(stakes),
        friends=friends(stakes),
        memories=recollections,
        days=days,
        token_budget=token_budget,
    )


def _league(facts: Facts) -> LeagueRow | None:
    alliance = facts.who.alliance
    if alliance is None:
        return None
    return LeagueRow(alliance, facts.identity.role, facts.players.get(alliance.leader_id or 0))


First = Annotated[int, strawberry.argument(description="How many at most, 0 to 100.")]


def some_relationships(context: strawberry.Parent[ContextRow], first: First = 20) -> list[StakeRow]:
    """How it stands with those who matter now, the greatest stake first."""
    return context.relationships[: size("first", first)]


def some_treaties(context: strawberry.Parent[ContextRow], first: First = 20) -> list[PactRow]:
    """Its open treaties and those of its alliance: what waits for its decision first, then wars, then the
    others."""
    return context.treaties[: size("first", first)]


def some_threats(context: strawberry.Parent[ContextRow], first: First = 5) -> list[StakeRow]:
    """Those who may do it harm, the worst first."""
    return context.threats[: size("first", first)]


def some_friends(context: strawberry.Parent[ContextRow], first: First = 5) -> list[StakeRow]:
    """Those it can count on, the best first."""
    return context.friends[: size("first", first)]


def some_memories(context: strawberry.Parent[ContextRow], first: First = 10) -> list[RecollectionRow]:
    """What it remembers, the most telling first."""
    return context.memories[: size("first", first)]
