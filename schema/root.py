"""Query and the schema built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import resolvers.blocs
import resolvers.diplomacy.context
import resolvers.exports
import resolvers.minute_metrics
import resolvers.nodes
import resolvers.sessions
import resolvers.trust
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
from db.world import villages
from schema.access import ADMINS, THOSE_WHO_ACT, THOSE_WHO_SEE_ALL
from schema.arguments import (
    ALLIANCE_ID,
    NAME_OR_NONE,
    NPC_ID,
    NPC_ID_OR_NONE,
    PLAYER_ID,
    TREATY_ID,
    VILLAGE_ID,
    WORLD_ID,
)
from schema.base import backed_by, either, many, one, resolve
from schema.nodes import Node
from schema.paging import Connection

if TYPE_CHECKING:
    from schema.alliances import Alliance
    from schema.battles import Battle
    from schema.blocs import Blocs
    from schema.changes import Change
    from schema.decisions import Decision
    from schema.diplomacy import DiplomacyContext
    from schema.exports import ExportJob
    from schema.memories import Memory
    from schema.messages import Message
    from schema.minute_metrics import DecisionMinute
    from schema.npcs import Npc
    from schema.players import Player
    from schema.relationships import Relationship
    from schema.sessions import Session
    from schema.trades import Trade
    from schema.treaties import Treaty
    from schema.trust import Trust
    from schema.villages import Village
    from schema.worlds import World


@backed_by()
class Query:
    """What may be asked."""

    node: Node | None = resolve(resolvers.nodes.node)
    nodes: list[Node | None] = resolve(resolvers.nodes.nodes)
    world: World | None = one(worlds.BY_ID, key=(WORLD_ID,))
    """The world of this id, or null where there is none."""
    worlds: Connection[World] = many(worlds.ALL, key=())
    """All worlds."""
    npc: Npc | None = either(
        one(npcs.FOUND_BY_ID, key=(NPC_ID_OR_NONE,)),
        one(npcs.FOUND_BY_NAME, key=(NAME_OR_NONE,)),
        otherwise="Pass either npcId or name.",
    )
    """The NPC of this id or of this name, or null where there is none. Pass one of the two."""
    npcs: Connection[Npc] = many(npcs.ALL, key=())
    """The NPCs of all worlds; `World.npcs` has those of one."""
    sessions_online: list[Session] = resolve(resolvers.sessions.sessions_online, only=THOSE_WHO_ACT)
    decision_metrics: list[DecisionMinute] = resolve(resolvers.minute_metrics.decision_metrics, only=ADMINS)
    player: Player | None = one(players.BY_ID, key=(WORLD_ID, PLAYER_ID))
    """The player of this id in a world, or null where there is none."""
    players: Connection[Player] = many(players.OF_WORLD, key=(WORLD_ID,))
    """The players of a world."""
    village: Village | None = one(villages.BY_ID, key=(WORLD_ID, VILLAGE_ID))
    """The village of this id in a world, or null where there is none."""
    villages: Connection[Village] | None = many(villages.OF_WORLD, key=(WORLD_ID,))
    """The villages of a world; null, with an error, while the world's own database cannot be reached."""
    alliance: Alliance | None = one(alliances.BY_ID, key=(WORLD_ID, ALLIANCE_ID))
    """The alliance of this id in a world, or null where there is none."""
    alliances: Connection[Alliance] = many(alliances.OF_WORLD, key=(WORLD_ID,))
    """The alliances of a world."""
    treaty: Treaty | None = one(treaties.BY_ID, key=(WORLD_ID, TREATY_ID))
    """The treaty of this id in a world, or null where there is none."""
    treaties: Connection[Treaty] = many(treaties.OF_WORLD, key=(WORLD_ID,), past=as_of.TREATIES_OF_WORLD)
    """The treaties of a world."""
    relationships: Connection[Relationship] = many(
        relationships.OF_WORLD, key=(WORLD_ID,), past=as_of.RELATIONSHIPS_OF_WORLD
    )
    """What the NPCs of a world hold about its players."""
    memories: Connection[Memory] = many(memories.OF_NPC, key=(WORLD_ID, NPC_ID))
    """What an NPC remembers of a world."""
    decisions: Connection[Decision] = many(decisions.OF_WORLD, key=(WORLD_ID,))
    """What the NPCs of a world decided."""
    battles: Connection[Battle] = many(battles.OF_WORLD, key=(WORLD_ID,))
    """The battles that the NPCs of a world fought, once for each of them."""
    trades: Connection[Trade] = many(trades.OF_WORLD, key=(WORLD_ID,))
    """The trades of the NPCs of a world, once for each of them."""
    messages: Connection[Message] = many(messages.OF_WORLD, key=(WORLD_ID,))
    """What the players of a world wrote to each other."""
    changes: Connection[Change] = many(changes.OF_WORLD, key=(WORLD_ID,), past=as_of.CHANGES_OF_WORLD)
    """The feed of changes of a world, in the order in which they were committed: go on after the last cursor
    that you were given."""
    export_job: ExportJob | None = resolve(resolvers.exports.export_job, only=ADMINS)
    trust: list[Trust | None] = resolve(resolvers.trust.trust, cost=10, only=THOSE_WHO_SEE_ALL)
    blocs: Blocs | None = resolve(resolvers.blocs.blocs, cost=100, only=THOSE_WHO_SEE_ALL)
    diplomacy_context: DiplomacyContext | None = resolve(
        resolvers.diplomacy.context.diplomacy_context, cost=200, only=THOSE_WHO_ACT
    )
