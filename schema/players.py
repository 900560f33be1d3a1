"""Players, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.main import alliances, as_of, npcs, players, relationships, treaties, worlds
from db.main.players import PlayerRow, Tribe
from db.world import villages
from schema.base import backed_by, few, many, one
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.alliances import Alliance, Membership
    from schema.npcs import Npc
    from schema.relationships import Relationship
    from schema.treaties import Treaty
    from schema.villages import Village
    from schema.worlds import World


@backed_by(PlayerRow, node=players.BY_ID)
class Player(Node):
    """Someone who takes part in one world, human or NPC."""

    world_id: str
    """The world."""
    player_id: int
    """Its id in that world."""
    name: str
    """Its name in that world."""
    tribe: Tribe
    """The tribe it plays."""
    rank: int | None
    """Its rank by population; 1 is the largest."""
    population: BigInt
    """The people in all its villages."""
    village_count: int
    """How many villages it has."""
    offensive_power: BigInt
    """The strength of its attackers, as far as known."""
    defensive_power: BigInt
    """The strength of its defenders, as far as known."""
    capital_x: int | None
    """Where its capital is, from west to east."""
    capital_y: int | None
    """Where its capital is, from south to north."""
    first_seen: datetime
    """When it was first seen in this world."""
    last_seen: datetime
    """When it was last seen in this world."""
    gone_at: datetime | None
    """Since when it is gone; null while it takes part."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC that plays it; null for a human."""
    alliance: Alliance | None = one(alliances.BY_ID, key=("world_id", "alliance_id"))
    """The alliance it is in."""
    membership: Membership | None = one(alliances.MEMBERSHIP_OF_PLAYER_NOW, key=("world_id", "player_id"))
    """Its membership in the alliance it is in, with role and time."""
    memberships: list[Membership] = few(
        alliances.MEMBERSHIPS_OF_PLAYER, key=("world_id", "player_id"), past=as_of.MEMBERSHIPS_OF_PLAYER
    )
    """The alliances it is and was in."""
    treaties: Connection[Treaty] = many(
        treaties.OF_PLAYER, key=("world_id", "player_id"), past=as_of.TREATIES_OF_PLAYER
    )
    """The treaties it is itself a party to; those of its alliance are found there."""
    trusted_by: Connection[Relationship] = many(
        relationships.TOWARDS_PLAYER,
        key=("world_id", "player_id"),
        past=as_of.RELATIONSHIPS_TOWARDS_PLAYER,
    )
    """What NPCs hold about it."""
    relationships: Connection[Relationship] = many(
        relationships.OF_NPC, key=("world_id", "npc_id"), past=as_of.RELATIONSHIPS_OF_NPC
    )
    """What it holds about others, where an NPC plays it; empty for a human."""
    villages: Connection[Village] | None = many(villages.OF_PLAYER, key=("world_id", "player_id"))
    """Its villages; null, with an error, while the database of its world cannot be reached."""
