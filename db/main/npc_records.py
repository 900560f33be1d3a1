"""Records: what NPCs have to show for themselves, world by world."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from db.reads import Read
from db.viewer import IN_A_WORLD, Visible


class RecordOrder(Enum):
    """How the records of an NPC are ordered."""

    WORLD_ID = "world_id"
    """By the world's id."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What an NPC has to show for itself in a world or, where none is named, in all of its worlds."""

    world_id: str | None
    npc_id: int
    battles_won: int
    battles_lost: int
    battles_drawn: int
    resources_gained: int
    resources_lost: int
    predictions: int
    accuracy_sum: float
    trades: int
    trades_completed: int
    traded_away: int
    traded_for: int
    decisions: int
    decisions_executed: int
    outcomes_measured: int
    outcomes_successful: int
    decisions_by_llm: int
    llm_calls_timed: int
    llm_latency_sum: int
    messages_sent: int
    messages_received: int
    messages_by_llm: int
    replies: int


def _sum(column: str, where: str = "true") -> str:
    """A sum of amounts, held within 64 bits."""
    return f"least(coalesce(sum({column}) FILTER (WHERE {where}), 0), {2**63 - 1})::bigint"


COMPLETED = "trade_status = 'completed'"


# For each world that an NPC plays in, one look along the index of each of its histories.
_RECORDS = f"""(
SELECT s.world_id, s.npc_id, b.*, c.*, d.*, o.*, i.*
  FROM npc_world_state s
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE result = 'victory') AS battles_won,
              count(*) FILTER (WHERE result = 'defeat') AS battles_lost,
              count(*) FILTER (WHERE result = 'draw') AS battles_drawn,
              {_sum("resources_gained")} AS resources_gained, {_sum("resources_lost")} AS resources_lost,
              count(prediction_accuracy) AS predictions, coalesce(sum(prediction_accuracy), 0) AS accuracy_sum
         FROM npc_battle_history h WHERE h.world_id = s.world_id AND h.npc_id = s.npc_id) b
 CROSS JOIN LATERAL (
       SELECT count(*) AS trades, count(*) FILTER (WHERE {COMPLETED}) AS trades_completed,
              {_sum("offered_amount", COMPLETED)} AS traded_away,
              {_sum("requested_amount", COMPLETED)} AS traded_for
         FROM npc_trade_history h WHERE h.world_id = s.world_id AND h.npc_id = s.npc_id) c
 CROSS JOIN LATERAL (
       SELECT count(*) AS decisions, count(*) FILTER (WHERE executed) AS decisions_executed,
              count(*) FILTER (WHERE outcome_success IS NOT NULL) AS outcomes_measured,
              count(*) FILTER (WHERE outcome_success) AS outcomes_successful,
              count(*) FILTER (WHERE used_llm) AS decisions_by_llm,
              count(llm_latency_ms) FILTER (WHERE used_llm) AS llm_calls_timed,
              coalesce(sum(llm_latency_ms) FILTER (WHERE used_llm), 0) AS llm_latency_sum
         FROM npc_decisions h WHERE h.world_id = s.world_id AND h.npc_id = s.npc_id) d
 CROSS JOIN LATERAL (
       SELECT count(*) AS messages_sent, count(*) FILTER (WHERE generated_by_llm) AS messages_by_llm,
              count(replied_at) AS replies
         FROM npc_messages h WHERE h.world_id = s.world_id AND h.from_npc_id = s.npc_id) o
 CROSS JOIN LATERAL (
       SELECT count(*) AS messages_received
         FROM npc_messages h WHERE h.world_id = s.world_id AND h.to_npc_id = s.npc_id) i)"""

OF_NPC = Read(
    RecordRow,
    _RECORDS,
    key=("npc_id",),
    orders=RecordOrder,
    ties=("world_id",),
    visible=Visible(owner="npc_id", within=IN_A_WORLD),
)
