"""Decisions: what an NPC decided in a world, on which grounds, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

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
