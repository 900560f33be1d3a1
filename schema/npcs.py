"""NPCs, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from strawberry.scalars import JSON

import resolvers.behavior
import resolvers.metrics
import resolvers.npc_records
import resolvers.sessions
from db.hot import llm_responses, npc_states, rate_limits, sessions
from db.main import (
    as_of,
    battles,
    decisions,
    memories,
    messages,
    npcs,
    players,
    relationships,
    trades,
    worlds,
)
from db.main.npcs import NpcRow, NpcTribe, NpcVersionRow, NpcWorldStateRow, Personality, Strategy
from db.timeseries import npc_metrics
from db.world import building, village_configs
from resolvers.behavior import Behavior
from schema.access import THOSE_WHO_ACT
from schema.arguments import ASKED, WORLD_ID, WORLD_ID_OR_NONE
from schema.base import backed_by, either, few, many, one, resolve
from schema.nodes import Node
from schema.paging import Connection
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.battles import Battle
    from schema.building import Build
    from schema.decisions import Decision
    from schema.llm_responses import LlmResponse
    from schema.memories import Memory
    from schema.messages import Message
    from schema.metrics import MetricsPoint, MetricsSample
    from schema.npc_records import NpcRecord
    from schema.npc_states import LiveState
    from schema.players import Player
    from schema.rate_limits import LlmAllowance
    from schema.relationships import Relationship
    from schema.sessions import Session
    from schema.trades import Trade
    from schema.village_configs import VillageConfig
    from schema.worlds import World


@backed_by(Behavior)
class BehaviorTemplate:
    """How an NPC is inclined to act; each trait is from 0 (not at all) to 1 (above all)."""

    aggression: float
    """How readily it attacks."""
    economy: float
    """How much it cares for production and trade."""
    diplomacy: float
    """How much it cares for treaties and alliances."""
    risk_tolerance: float
    """How much it dares."""
    patience: float
    """How long it waits for a better moment."""
    adaptability: float
    """How quickly it changes its ways."""
    building_priority: list[str]
    """What it builds first, most wanted first."""
    goals: list[str]
    """What it strives for, such as maximize_conquest."""
    more: JSON
    """Whatever else its template holds."""


@backed_by(NpcRow, node=npcs.FOUND_BY_ID)
class Npc(Node):
    """An AI profile, known across worlds; in each world it plays as a player. Everybody knows its name and
    tribe; the rest is null but for the NPC itself, and for those who run it."""

    npc_id: int
    """Its id, the same in all worlds."""
    uuid: UUID
    """Its id for other systems."""
    name: str
    """Its name, unique across worlds."""
    tribe: NpcTribe
    """The tribe it plays."""
    personality: Personality | None
    """The character it plays."""
    behavior_template: BehaviorTemplate | None = resolve(
        resolvers.behavior.behavior, needs=("behavior_template",)
    )
    llm_temperature: float | None
    """How freely its language model speaks, 0 to 2."""
    decision_cache_ttl: int | None
    """For how many seconds a decision may be used again."""
    strategic_update_frequency: int | None
    """Every how many seconds it rethinks its strategy."""
    active: bool | None
    """Whether it plays at all."""
    paused: bool | None
    """Whether it rests for now."""
    created_at: datetime | None
    """When it was made."""
    last_active: datetime | None
    """When it last did something."""
    last_decision: datetime | None
    """When it last decided something."""
    total_decisions_made: int | None
    """How many decisions it made."""
    llm_calls_made: int | None
    """How often its language model was asked."""
    battles_fought: int | None
    """How many battles it fought."""
    villages_founded: int | None
    """How many villages it founded."""
    version: int | None
    """The version of its behaviour template; it rises with each change."""
    notes: str | None
    """Notes of those who run it."""
    template_versions: Connection[TemplateVersion] = many(npcs.VERSIONS_OF_NPC, key=("npc_id",))
    """The behaviour templates that it had before this one."""
    player: Player | None = one(players.OF_NPC_IN_WORLD, key=(WORLD_ID, "npc_id"))
    """The player it plays as in a world."""
    players: list[Player] = few(players.OF_NPC, key=("npc_id",))
    """The players it plays as, over all worlds."""
    state: NpcWorldState | None = one(npcs.STATE, key=(WORLD_ID, "npc_id"))
    """How it stands in a world."""
    states: list[NpcWorldState] = few(npcs.STATES_OF_NPC, key=("npc_id",))
    """How it stands in each of its worlds."""
    live_state: LiveState | None = either(
        one(npc_states.IN_WORLD, key=(WORLD_ID_OR_NONE, "npc_id")), one(npc_states.LAST, key=("npc_id",))
    )
    """How it stands right now, in a world or in the one last told of; null where nobody told within five
    minutes."""
    session: Session | None = one(sessions.OF_NPC, key=("npc_id",))
    """Its session; null where it was not active within ten minutes."""
    online: bool | None = resolve(resolvers.sessions.online, needs=("npc_id",), only=THOSE_WHO_ACT)
    llm_allowance: LlmAllowance | None = one(rate_limits.OF_NPC, key=("npc_id",))
    """How often it may still ask its language model within this minute."""
    llm_response: LlmResponse | None = one(llm_responses.BY_QUESTION, key=("npc_id", ASKED))
    """What its language model answered to this before; null where that is not kept."""
    relationships: Connection[Relationship] = many(
        relationships.OF_NPC, key=(WORLD_ID, "npc_id"), past=as_of.RELATIONSHIPS_OF_NPC
    )
    """What it holds about players of a world."""
    memories: Connection[Memory] = many(memories.OF_NPC, key=(WORLD_ID, "npc_id"))
    """What it remembers of a world."""
    village_configs: Connection[VillageConfig] | None = many(village_configs.OF_NPC, key=(WORLD_ID, "npc_id"))
    """How it wants its villages in a world to be run; null, with an error, while the world's own database
    cannot be reached."""
    build_history: Connection[Build] | None = many(building.OF_NPC, key=(WORLD_ID, "npc_id"))
    """What became of all that it had queued in the villages of a world; null, with an error, while the
    world's own database cannot be reached."""
    decisions: Connection[Decision] = many(decisions.OF_NPC, key=(WORLD_ID, "npc_id"))
    """What it decided in a world."""
    battles: Connection[Battle] = many(battles.OF_NPC, key=(WORLD_ID, "npc_id"))
    """The battles it fought in a world."""
    trades: Connection[Trade] = many(trades.OF_NPC, key=(WORLD_ID, "npc_id"))
    """Its trades in a world."""
    messages: Connection[Message] = many(messages.OF_NPC, key=(WORLD_ID, "npc_id"))
    """What it wrote and was written in a world."""
    record: NpcRecord | None = resolve(
        resolvers.npc_records.record, needs=("npc_id",), cost=20, only=THOSE_WHO_ACT
    )
    metrics: list[MetricsPoint] | None = resolve(
        resolvers.metrics.metrics, needs=("npc_id",), only=THOSE_WHO_ACT
    )
    metrics_samples: Connection[MetricsSample] | None = many(npc_metrics.OF_NPC, key=(WORLD_ID, "npc_id"))
    """How it fared in a world, sample by sample; null, with an error, while the metrics cannot be reached."""


@backed_by(NpcVersionRow)
class TemplateVersion:
    """A behaviour template that an NPC had before."""

    version: int
    """Its version."""
    behavior_template: BehaviorTemplate | None = resolve(
        resolvers.behavior.behavior, needs=("behavior_template",)
    )
    replaced_at: datetime
    """Until when the NPC had it."""


@backed_by(NpcWorldStateRow, node=npcs.STATE)
class NpcWorldState(Node):
    """How an NPC stands in a world."""

    world_id: str
    """The world."""
    npc_id: int
    """The NPC."""
    player_id: int
    """The player it plays as."""
    rank: int | None
    """Its rank by population; 1 is the largest."""
    total_population: BigInt
    """The people in all its villages."""
    village_count: int
    """How many villages it has."""
    total_wood: BigInt
    """Wood in all its warehouses."""
    total_clay: BigInt
    """Clay in all its warehouses."""
    total_iron: BigInt
    """Iron in all its warehouses."""
    total_wheat: BigInt
    """Wheat in all its granaries."""
    offensive_power: BigInt
    """The strength of its attackers."""
    defensive_power: BigInt
    """The strength of its defenders."""
    total_troops: BigInt
    """How many troops it has."""
    production_rate_wood: BigInt
    """Wood per hour."""
    production_rate_clay: BigInt
    """Clay per hour."""
    production_rate_iron: BigInt
    """Iron per hour."""
    production_rate_wheat: BigInt
    """Wheat per hour."""
    current_strategy: Strategy | None
    """What it works towards."""
    strategic_goal: str | None
    """Its goal in its own words."""
    threat_level: float
    """How threatened it is, 0 to 1."""
    state_updated_at: datetime
    """When this was last brought up to date."""
    last_login: datetime
    """When it was last online."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
    player: Player = one(players.BY_ID, key=("world_id", "player_id"))
    """The player it plays as."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
