"""The context of an NPC, as clients see it."""

from __future__ import annotations

from datetime import datetime

import resolvers.diplomacy.context
import resolvers.diplomacy.prompt
from db.main.alliances import AllianceRole
from db.main.npcs import NpcTribe, Personality, Strategy
from db.main.treaties import Side
from resolvers.diplomacy.context import ContextRow
from resolvers.diplomacy.identity import IdentityRow
from resolvers.diplomacy.leagues import LeagueRow, SidesRow
from resolvers.diplomacy.pacts import Matter, PactRow
from resolvers.diplomacy.prompt import PromptRow
from resolvers.diplomacy.recollections import RecollectionRow
from resolvers.diplomacy.stakes import StakePart, StakePartRow, StakeRow
from resolvers.relationships import TrustLevel
from schema.alliances import Alliance
from schema.base import backed_by, resolve
from schema.memories import Memory
from schema.npcs import Npc, NpcWorldState
from schema.players import Player
from schema.relationships import Relationship
from schema.scalars import BigInt
from schema.treaties import Party, Treaty


@backed_by(ContextRow)
class DiplomacyContext:
    """What an NPC needs to know before it decides, and no more than it may know."""

    world_id: str
    """The world."""
    version: BigInt
    """The version of the world that all of it belongs to."""
    as_of: datetime
    """The moment that it belongs to. The text tells time in days of the world, so that it stays the same for
    a day."""
    day: int
    """The day of the world, counted from 1."""
    npc: Npc
    """The NPC."""
    player: Player
    """The player it plays as."""
    state: NpcWorldState | None
    """Its stores, strength and strategy in this world."""
    identity: ContextIdentity
    """Who it is, in words."""
    relationships: list[ContextRelationship] = resolve(
        resolvers.diplomacy.context.some_relationships, needs=("relationships",)
    )
    treaties: list[ContextTreaty] = resolve(resolvers.diplomacy.context.some_treaties, needs=("treaties",))
    alliance: ContextAlliance | None
    """Its alliance; null where it is in none."""
    bloc: ContextBloc | None
    """The bloc that its alliance is in, as public treaties alone show it; null without an alliance."""
    threats: list[ContextRelationship] = resolve(resolvers.diplomacy.context.some_threats, needs=("threats",))
    friends: list[ContextRelationship] = resolve(resolvers.diplomacy.context.some_friends, needs=("friends",))
    memories: list[ContextMemory] = resolve(resolvers.diplomacy.context.some_memories, needs=("memories",))
    prompt: ContextPrompt = resolve(resolvers.diplomacy.prompt.prompt, needs=("token_budget",))


@backed_by(IdentityRow)
class ContextIdentity:
    """Who an NPC is in a world, in words."""

    name: str
    """Its name in this world."""
    tribe: NpcTribe
    """The tribe it plays."""
    personality: Personality
    """The character it plays."""
    traits: list[str]
    """The traits that stand out, in words, the most extreme first."""
    strategy: Strategy | None
    """What it works towards."""
    goal: str | None
    """Its goal in its own words."""
    goals: list[str]
    """What its behaviour template says it strives for."""
    rank: int | None
    """Its rank by population; 1 is the largest."""
    population: BigInt
    """The people in all its villages."""
    village_count: int
    """How many villages it has."""
    threat_level: float | None
    """How threatened it is, 0 to 1."""
    role: AllianceRole | None
    """What it is in its alliance."""


@backed_by(StakeRow)
class ContextRelationship:
    """How an NPC stands with a player, how much hangs on it now, and why."""

    player: Player
    """The player."""
    relationship: Relationship | None
    """What the NPC holds about it; null where they have only a treaty."""
    alliance: Alliance | None
    """The alliance the player is in."""
    trust_score: int | None
    """The score in the NPC's ledger, −100 to 100."""
    level: TrustLevel | None
    """What the score amounts to."""
    is_at_war: bool
    """Whether the two are at war, or the NPC's side with the player's alliance."""
    is_bound: bool
    """Whether alliance, confederacy or vassalage bind the two."""
    distance: float | None
    """Fields between their capitals in a straight line; null where one is unknown."""
    stake: float
    """How much hangs on it, 0 to 100: the sum of its parts."""
    parts: list[ContextStakePart]
    """What makes up the stake."""
    reason: str
    """Why, in a sentence: what is open between them, what moved the trust, what they did to each other."""


@backed_by(StakePartRow)
class ContextStakePart:
    """One part of a stake."""

    part: StakePart
    """Which."""
    share: float
    """How much of it there is, 0 to 1."""
    points: float
    """What it adds to the stake."""


@backed_by(PactRow)
class ContextTreaty:
    """An open treaty, from where an NPC stands."""

    treaty: Treaty
    """The treaty."""
    side: Side
    """The side that the NPC is on."""
    is_my_alliances: bool
    """Whether it binds the NPC as a member of its alliance, and not in person."""
    partner: Party
    """The other side."""
    matter: Matter
    """What it asks of the NPC now."""
    may_decide: bool
    """Whether the NPC acts for its side: as the party itself, or as a leader of the alliance."""
    obliges: str
    """What it obliges the NPC to."""
    days_left: int | None
    """In how many days it ends; null: it has no set end."""


@backed_by(LeagueRow)
class ContextAlliance:
    """The alliance that an NPC is in."""

    alliance: Alliance
    """The alliance."""
    role: AllianceRole | None
    """What the NPC is in it."""
    leader: Player | None
    """Who leads it."""


@backed_by(SidesRow)
class ContextBloc:
    """The bloc of an NPC's alliance as everybody may know it: from public treaties between alliances alone.
    `blocs` rests on all that is felt in the world, and may differ."""

    alliances: list[Alliance]
    """Who stands together, the NPC's own alliance included, the largest first."""
    against: list[Alliance]
    """Alliances at war with any of these, the largest first."""
    power: BigInt
    """The population of the bloc."""


@backed_by(RecollectionRow)
class ContextMemory:
    """A memory, and how much it tells now: 0 to 100, the sum of the four parts."""

    memory: Memory
    """The memory."""
    score: float
    """How much it tells now."""
    importance: float
    """What its importance adds, up to 35."""
    emotion: float
    """What its emotional weight adds, sweet or bitter, up to 25."""
    relevance: float
    """What the stakes of the people in it add, up to 25."""
    recency: float
    """What its freshness adds, up to 15."""
    tale: str
    """What happened, in a sentence."""


@backed_by(PromptRow)
class ContextPrompt:
    """A context as text for a language model."""

    text: str
    """The text; what players wrote stands in double quotes, on one line."""
    tokens: int
    """How many tokens it has, by an estimate that stays above what usual tokenisers count."""
    token_budget: int
    """How many it may have."""
    relationships_left_out: int
    """How many relationships of the context are not in the text."""
    treaties_left_out: int
    """How many treaties are not in it."""
    memories_left_out: int
    """How many memories are not in it."""
