"""Trust: how far one player trusts others, and why."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

import strawberry

from graph.paths import Path
from graph.trust import Kind, Term, Trust, trust_of
from resolvers.analyses import Conclusions
from resolvers.context import Info
from resolvers.descriptions import enum
from resolvers.errors import bad_input
from resolvers.relationships import TrustLevel, level_of

MOST_TRUSTED = 100
MOST_PATHS = 5

enum(Kind, "TrustKind")
enum(Term, "TrustTerm")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRow(Path):
    """A chain of relationships in a world."""

    world_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRow(Trust):
    """A trust in a world, at the version it belongs to."""

    world_id: str
    truster_id: int
    version: int
    as_of: datetime


async def trust(
    info: Info,
    world_id: Annotated[str, strawberry.argument(description="The world, such as demo.")],
    truster_player_id: Annotated[int, strawberry.argument(description="Who trusts: a player of that world.")],
    trusted_player_ids: Annotated[
        list[int],
        strawberry.argument(description=f"Who is trusted: players of that world, at most {MOST_TRUSTED}."),
    ],
    paths: Annotated[
        int, strawberry.argument(description=f"How many chains of trust to tell for each, 0 to {MOST_PATHS}.")
    ] = 0,
) -> list[TrustRow | None]:
    """How far a player trusts others, also those it never met: in the order asked, null for a player who is
    not of this world and for the truster itself. It rests on all relationships, memberships and treaties of
    the world."""
    if len(trusted_player_ids) > MOST_TRUSTED:
        raise bad_input(f"trustedPlayerIds must be at most {MOST_TRUSTED}, not {len(trusted_player_ids)}.")
    if not 0 <= paths <= MOST_PATHS:
        raise bad_input(f"paths must be between 0 and {MOST_PATHS}, not {paths}.")
    known = await world_conclusions(info, world_id)
    if known is None:
        return [None] * len(trusted_player_ids)
    found = trust_of(
        known.snapshot, known.analysis.reputation, truster_player_id, trusted_player_ids, paths=paths
    )
    return [None if one is None else _in_world(known, truster_player_id, one) for one in found]


def _in_world(known: Conclusions, truster_id: int, trust: Trust) -> TrustRow:
    values = {field.name: getattr(trust, field.name) for field in fields(trust)}
    values["paths"] = [_path_in_world(known, path) for path in trust.paths]
    snapshot = known.snapshot
    return TrustRow(
        **values,
        world_id=snapshot.world_id,
        truster_id=truster_id,
        version=snapshot.version,
        as_of=snapshot.taken_at,
    )


def _path_in_world(known: Conclusions, path: Path) -> PathRow:
    return PathRow(path.player_ids, path.trusts, path.strength, world_id=known.snapshot.world_id)


async def world_conclusions(info: Info, world_id: str) -> Conclusions | None:
    """What is concluded from all facts of a world: for those who may know all of them."""
    viewer = info.context.viewer
    if not (viewer.sees_all and viewer.is_in(world_id)):
        return None
    return await info.context.analyses.current(world_id)


def level(trust: strawberry.Parent[TrustRow]) -> TrustLevel:
    """What the stated trust amounts to."""
    return level_of(trust.stated)
