"""Worlds, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

import resolvers.trust_rules
import resolvers.world_rules
from db.main import (
    alliances,
    as_of,
    battles,
    changes,
    decisions,
    memories,
    messages,
    npcs,
    players,
    relationships,
    trades,
    treaties,
    worlds,
)
from db.main.treaties import TreatyType
from db.main.worlds import WorldRow, WorldStatus
from db.world import villages
from resolvers.world_rules import TreatyLimit, WorldRules
from schema.base import backed_by, many, resolve
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.alliances import Alliance
    from schema.battles import Battle
    from schema.changes import Change
    from schema.decisions import Decision
    from schema.memories import Memory
    from schema.messages import Message
    from schema.npcs import Npc
    from schema.players import Player
    from schema.relationships import Relationship
    from schema.trades import Trade
    from schema.treaties import Treaty
    from schema.trust_rules import TrustRule
    from schema.villages import Village


@backed_by(TreatyLimit)
class TreatyTypeLimit:
    """How many treaties of one type an alliance may have in force at a time."""

    type: TreatyType
    """The type."""
    most: int | None
    """How many; null: any number. Of wars, those that it may declare."""


@backed_by(WorldRules)
class Rules:
    """What holds in a world, by its settings or as usual."""

    max_members: int
    """How many members an alliance may have."""
    proposal_days: float
    """For how many days a treaty that is proposed waits for an answer."""
    treaty_limits: list[TreatyTypeLimit]
    """How many treaties an alliance may have, for each type."""


@backed_by(WorldRow, node=worlds.BY_ID)
class World(Node):
    """One running game."""

    world_id: str
    """Its id, such as demo."""
    name: str
    """Its name."""
    speed: float
    """How fast time passes in it; 1 is the usual speed."""
    status: WorldStatus
    """Whether it is being played."""
    started_at: datetime
    """When it began."""
    settings: JSON
    """Its rules where they differ from the usual, and notes of the programs that filled it: an object."""
    version: BigInt
    """Rises once with every committed change of its memberships, alliances, treaties, relationships,
    trust or battles."""
    settings_version: int
    """Rises with each change of its name, speed, status or settings."""
    rules: Rules = resolve(resolvers.world_rules.world_rules, needs=("status", "settings"))
    trust_rules: list[TrustRule] = resolve(resolvers.trust_rules.trust_rules, needs=("settings",))
    players: Connection[Player] = many(players.OF_WORLD, key=("world_id",))
    """Who takes part in it."""
    npcs: Connection[Npc] = many(npcs.OF_WORLD, key=("world_id",))
    """The NPCs that play in it."""
    villages: Connection[Village] | None = many(villages.OF_WORLD, key=("world_id",))
    """Its villages; null, with an error, while its own database cannot be reached."""
    alliances: Connection[Alliance] = many(alliances.OF_WORLD, key=("world_id",))
    """Its alliances."""
    treaties: Connection[Treaty] = many(treaties.OF_WORLD, key=("world_id",), past=as_of.TREATIES_OF_WORLD)
    """Its treaties."""
    relationships: Connection[Relationship] = many(
        relationships.OF_WORLD, key=("world_id",), past=as_of.RELATIONSHIPS_OF_WORLD
    )
    """What its NPCs hold about its players."""
    memories: Connection[Memory] = many(memories.OF_WORLD, key=("world_id",))
    """What its NPCs remember."""
    decisions: Connection[Decision] = many(decisions.OF_WORLD, key=("world_id",))
    """What its NPCs decided."""
    battles: Connection[Battle] = many(battles.OF_WORLD, key=("world_id",))
    """The battles its NPCs fought, once for each of them."""
    trades: Connection[Trade] = many(trades.OF_WORLD, key=("world_id",))
    """The trades of its NPCs, once for each of them."""
    messages: Connection[Message] = many(messages.OF_WORLD, key=("world_id",))
    """What its players wrote to each other."""
    changes: Connection[Change] = many(changes.OF_WORLD, key=("world_id",), past=as_of.CHANGES_OF_WORLD)
    """Its feed of changes, in the order in which they were committed: go on after the last cursor that you
    were given."""
