"""Alliances, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

import resolvers.stances
from db.main import alliances, as_of, npcs, players, treaties, worlds
from db.main.alliances import AllianceRole, AllianceRow, AllianceStrategy, MembershipRow
from resolvers.stances import Stance
from schema.base import backed_by, listed, many, one, resolve
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.treaties import Treaty
    from schema.worlds import World


@backed_by(Stance)
class DiplomaticStance:
    """How an alliance means to stand with others; what was agreed is in its treaties."""

    allied_alliances: list[Alliance] = listed(alliances.BY_ID, key=("world_id", "allied_alliances"))
    """Whom it counts among its allies."""
    enemy_alliances: list[Alliance] = listed(alliances.BY_ID, key=("world_id", "enemy_alliances"))
    """Whom it counts among its enemies."""
    nap_alliances: list[Alliance] = listed(alliances.BY_ID, key=("world_id", "nap_alliances"))
    """Whom it means not to attack."""
    more: JSON
    """Whatever else it noted: an object."""


@backed_by(AllianceRow, node=alliances.BY_ID)
class Alliance(Node):
    """A standing league of players under one banner."""

    world_id: str
    """The world."""
    alliance_id: int
    """Its id in that world."""
    name: str
    """Its name."""
    tag: str
    """Its short name."""
    total_members: int
    """How many members it has."""
    npc_members: int
    """How many of its members are NPCs."""
    alliance_strategy: AllianceStrategy | None
    """What it is out for."""
    diplomatic_stance: DiplomaticStance | None = resolve(
        resolvers.stances.diplomatic_stance, needs=("world_id", "diplomatic_stance")
    )
    total_rank: int | None
    """Its rank by population; 1 is the largest."""
    total_population: BigInt
    """The people of all its members."""
    total_villages: int
    """The villages of all its members."""
    created_at: datetime
    """When it was founded, or first seen."""
    updated_at: datetime
    """When it last changed."""
    disbanded_at: datetime | None
    """When it came to its end; null while it stands."""
    version: int
    """Rises with each change of its name, tag, strategy or stance."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
    leader: Player | None = one(players.BY_ID, key=("world_id", "leader_id"))
    """Its leader."""
    npc_leader: Npc | None = one(npcs.BY_ID, key=("npc_leader_id",))
    """Its leader, where that is an NPC."""
    members: Connection[Player] = many(
        players.OF_ALLIANCE, key=("world_id", "alliance_id"), past=as_of.MEMBERS_OF_ALLIANCE
    )
    """Its members. With asOf, the players who were members then, each told of and ordered as it is now."""
    memberships: Connection[Membership] = many(
        alliances.MEMBERSHIPS_OF_ALLIANCE,
        key=("world_id", "alliance_id"),
        past=as_of.MEMBERSHIPS_OF_ALLIANCE,
    )
    """Who is and was in it, with role and time."""
    treaties: Connection[Treaty] = many(
        treaties.OF_ALLIANCE, key=("world_id", "alliance_id"), past=as_of.TREATIES_OF_ALLIANCE
    )
    """The treaties it is a party to."""


@backed_by(MembershipRow, node=alliances.MEMBERSHIP_BY_ID, past=as_of.MEMBERSHIP_BY_ID)
class Membership(Node):
    """A time that a player spent in an alliance."""

    world_id: str
    """The world."""
    role: AllianceRole
    """What the player is, or last was, in it."""
    joined_at: datetime
    """Since when."""
    left_at: datetime | None
    """Until when; null while it lasts."""
    as_of: datetime | None
    """The moment by when all of this was recorded; null: by now."""
    player: Player = one(players.BY_ID, key=("world_id", "player_id"))
    """The player."""
    alliance: Alliance = one(alliances.BY_ID, key=("world_id", "alliance_id"))
    """The alliance."""
