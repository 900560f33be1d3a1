"""Blocs: who stands together, as concluded from everything in a world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import strawberry

from graph.blocs import Bloc, Grouping, Level
from resolvers.context import Info
from resolvers.descriptions import enum
from resolvers.pages import size
from resolvers.trust import world_conclusions

enum(Level, "BlocLevel")
enum(Grouping, "BlocGrouping")


@dataclass(frozen=True, slots=True)
class BlocRow:
    """A bloc of a world: its members are alliances, or players."""

    world_id: str
    bloc_id: int
    size: int
    member_alliance_ids: tuple[int, ...]
    member_player_ids: tuple[int, ...]
    cohesion: float
    power: int


@dataclass(frozen=True, slots=True)
class BlocsRow:
    """A division of a world into blocs, at the version it belongs to."""

    world_id: str
    version: int
    as_of: datetime
    level: Level
    grouping: Grouping
    blocs: list[BlocRow]
    cost: float
    balance: float
    bound: float | None
    gap: float | None
    proved: bool


async def blocs(
    info: Info,
    world_id: Annotated[str, strawberry.argument(description="The world, such as demo.")],
    level: Annotated[Level, strawberry.argument(description="Whose blocs.")] = Level.ALLIANCE,
    grouping: Annotated[Grouping, strawberry.argument(description="Into how many.")] = Grouping.FREE,
) -> BlocsRow | None:
    """Who stands together in a world, or null where there is no such world: everybody is in exactly one
    bloc, so that as little as possible of friendship crosses from one to another, and of enmity stays within
    one."""
    known = await world_conclusions(info, world_id)
    if known is None:
        return None
    found = known.analysis.divisions[level, grouping].values()
    snapshot = known.snapshot
    return BlocsRow(
        world_id=world_id,
        version=snapshot.version,
        as_of=snapshot.taken_at,
        level=level,
        grouping=grouping,
        blocs=[_bloc(world_id, level, bloc) for bloc in found.blocs],
        cost=found.cost,
        balance=found.balance,
        bound=found.bound,
        gap=found.gap,
        proved=found.proved,
    )


def _bloc(world_id: str, level: Level, bloc: Bloc) -> BlocRow:
    alliances, players = (bloc.members, ()) if level is Level.ALLIANCE else ((), bloc.members)
    return BlocRow(world_id, bloc.id, len(bloc.members), alliances, players, bloc.cohesion, bloc.power)


def some_blocs(
    blocs: strawberry.Parent[BlocsRow],
    first: Annotated[int, strawberry.argument(description="How many at most, 0 to 100.")] = 20,
) -> list[BlocRow]:
    """The blocs, the most powerful first."""
    return blocs.blocs[: size("first", first)]
