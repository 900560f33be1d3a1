"""Decisions, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

from db.main import decisions, npcs, players, worlds
from db.main.decisions import DecisionRow, DecisionType
from schema.base import backed_by, one
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.worlds import World


@backed_by(DecisionRow, node=decisions.BY_ID)
class Decision(Node):
    """What an NPC decided in a world, on which grounds, and what came of it. It is the NPC's own matter."""

    world_id: str
    """The world."""
    decision_id: BigInt
    """Its id in that world."""
    decision_type: DecisionType
    """What it is about."""
    situation_summary: str
    """How things stood, in words."""
    used_llm: bool
    """Whether a language model had a part in it."""
    llm_prompt: str | None
    """What the language model was asked."""
    llm_response: str | None
    """What the language model said."""
    llm_latency_ms: int | None
    """How long the language model took, in milliseconds."""
    rule_based_recommendation: JSON | None
    """What the rules alone would have done."""
    final_decision: JSON
    """What was decided: an object, such as `{"action": "propose_nap", "to": 17}`."""
    priority: int | None
    """How urgent it is to carry it out, 0 (at once) to 9; null where it waits in no queue."""
    executed: bool
    """Whether it was carried out."""
    execution_started_at: datetime | None
    """When that began."""
    execution_completed_at: datetime | None
    """When that was done."""
    execution_result: JSON | None
    """What carrying it out gave."""
    outcome_measured: bool
    """Whether somebody has looked at what came of it."""
    outcome_success: bool | None
    """Whether it turned out well; null where nobody can tell."""
    outcome_data: JSON | None
    """What came of it."""
    decision_latency_ms: int | None
    """How long it took to decide, in milliseconds."""
    decision_confidence: float | None
    """How sure the NPC was, 0 to 1."""
    created_at: datetime
    """When it was decided."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC that decided."""
    player: Player | None = one(players.OF_NPC_IN_WORLD, key=("world_id", "npc_id"))
    """The player as which the NPC plays; null where it plays no longer."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
