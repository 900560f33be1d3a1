"""Decisions: what an NPC decided in a world, on which grounds, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.bulk import Bulk
from db.connection import Connection
from db.reads import Column, Filter, Read
from db.viewer import OWN


class DecisionType(Enum):
    """What a decision is about."""

    STRATEGIC = "strategic"
    """Where the game is to lead."""
    TACTICAL = "tactical"
    """How the next step is made."""
    ECONOMIC = "economic"
    """Resources and trade."""
    DIPLOMATIC = "diplomatic"
    """Treaties, alliances and messages."""
    BUILDING = "building"
    """What is built."""
    MILITARY = "military"
    """Troops, attack and defence."""
    EXPANSION = "expansion"
    """New villages."""


class DecisionOrder(Enum):
    """How decisions are ordered."""

    RECENT = "created_at DESC"
    """The latest first."""
    OLDEST = "created_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What an NPC decided in a world."""

    world_id: str
    decision_id: Annotated[int, Column("t.id")]
    npc_id: int
    decision_type: DecisionType
    situation_summary: str
    used_llm: bool
    llm_prompt: str | None
    llm_response: str | None
    llm_latency_ms: int | None
    rule_based_recommendation: Any
    final_decision: dict[str, Any]
    priority: int | None
    executed: bool
    execution_started_at: datetime | None
    execution_completed_at: datetime | None
    execution_result: Any
    outcome_measured: bool
    outcome_success: bool | None
    outcome_data: Any
    decision_latency_ms: int | None
    decision_confidence: float | None
    created_at: datetime


FILTERS = (
    Filter("type", DecisionType, "t.decision_type = {}", "Only decisions of this type."),
    Filter("used_llm", bool, "t.used_llm = {}", "Only those that a language model had a part in, or not."),
    Filter("executed", bool, "t.executed = {}", "Only those that were carried out, or were not yet."),
    Filter("success", bool, "t.outcome_success = {}", "Only those that turned out well, or badly."),
    Filter("since", datetime, "t.created_at >= {}", "Only decisions of this moment or later."),
    Filter("until", datetime, "t.created_at < {}", "Only decisions from before this moment."),
)

BY_ID = Read(DecisionRow, "npc_decisions", key=("world_id", "decision_id"), visible=OWN)
OF_NPC = Read(
    DecisionRow,
    "npc_decisions",
    key=("world_id", "npc_id"),
    orders=DecisionOrder,
    ties=("decision_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_WORLD = Read(
    DecisionRow,
    "npc_decisions",
    key=("world_id",),
    orders=DecisionOrder,
    ties=("decision_id",),
    filters=FILTERS,
    visible=OWN,
)


# What is recorded -------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class NewDecision:
    """A decision to record."""

    id: int
    npc_id: int
    decision_type: DecisionType
    situation_summary: str
    used_llm: bool
    llm_prompt: str | None
    llm_response: str | None
    llm_latency_ms: int | None
    rule_based_recommendation: dict[str, Any] | None
    final_decision: dict[str, Any]
    decision_latency_ms: int | None
    decision_confidence: float | None
    created_at: datetime


ADD = Bulk(NewDecision, "npc_decisions")

EXECUTED = """
UPDATE npc_decisions SET executed = true, execution_started_at = $3, execution_completed_at = $4,
       execution_result = $5
 WHERE world_id = $1 AND id = $2
"""


async def executed(
    conn: Connection, decision: DecisionRow, started_at: datetime | None, done_at: datetime, result: Any
) -> None:
    """Write down that a decision was carried out."""
    await conn.execute(EXECUTED, decision.world_id, decision.decision_id, started_at, done_at, result)


MEASURED = """
UPDATE npc_decisions SET outcome_measured = true, outcome_success = $3, outcome_data = $4
 WHERE world_id = $1 AND id = $2
"""


async def measured(conn: Connection, decision: DecisionRow, success: bool | None, data: Any) -> None:
    """Write down what came of a decision."""
    await conn.execute(MEASURED, decision.world_id, decision.decision_id, success, data)
