"""Decisions: what an NPC decided, on which grounds."""

from __future__ import annotations

from datetime import datetime

from strawberry.scalars import JSON

from db.main.decisions import DecisionType, NewDecision
from db.main.memories import MemoryType, NewMemory
from resolvers.descriptions import enum, input_type
from resolvers.inputs import (
    as_object,
    as_object_or_none,
    json_object,
    json_object_or_none,
    past,
    short,
    within,
)
from resolvers.recording.scene import Scene, Wanted

TABLE = "npc_decisions"
LONGEST_SUMMARY, LONGEST_TEXT = 10_000, 50_000
LONGEST_WAIT = 3_600_000
IMPORTANCE = 0.6

enum(DecisionType)


@input_type
class DecisionInput:
    """What an NPC decided. It waits to be carried out once it is queued: see queueDecision."""

    npc_id: int
    """The NPC: your own, or one that you may decide for."""
    decision_type: DecisionType
    """What it is about."""
    situation_summary: str
    """How things stood, in words, at most 10,000 characters."""
    final_decision: JSON
    """What was decided: an object of at most 32 KB, such as {"action": "propose_nap", "to": 17}."""
    rule_based_recommendation: JSON | None = None
    """What the rules alone would have done: an object of at most 32 KB."""
    used_llm: bool = False
    """Whether a language model had a part in it."""
    llm_prompt: str | None = None
    """What the language model was asked, at most 50,000 characters."""
    llm_response: str | None = None
    """What the language model said, at most 50,000 characters."""
    llm_latency_ms: int | None = None
    """How long the language model took, in milliseconds."""
    decision_latency_ms: int | None = None
    """How long it took to decide, in milliseconds."""
    decision_confidence: float | None = None
    """How sure the NPC is, 0 to 1."""
    decided_at: datetime | None = None
    """When it was decided; now unless told."""

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""
        json_object("finalDecision", self.final_decision)
        json_object_or_none("ruleBasedRecommendation", self.rule_based_recommendation)
        short("situationSummary", self.situation_summary, LONGEST_SUMMARY)
        short("llmPrompt", self.llm_prompt, LONGEST_TEXT)
        short("llmResponse", self.llm_response, LONGEST_TEXT)
        for name, value, most in (
            ("llmLatencyMs", self.llm_latency_ms, LONGEST_WAIT),
            ("decisionLatencyMs", self.decision_latency_ms, LONGEST_WAIT),
            ("decisionConfidence", self.decision_confidence, 1),
        ):
            if value is not None:
                within(name, value, 0, most)
        past("decidedAt", self.decided_at, now)

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""
        wanted.npcs.add(self.npc_id)
        wanted.row(TABLE)

    def record(self, scene: Scene) -> list[int]:
        """Record it; its id."""
        scene.npc(self.npc_id)
        at = scene.change.now if self.decided_at is None else self.decided_at
        row = self._row(next(scene.ids[TABLE]), at)
        scene.new_decisions.append(row)
        done = scene.made.does(self.npc_id, at)
        done.decisions += 1
        done.llm_calls += self.used_llm
        done.last_decision = max(done.last_decision or at, at)
        if self.decision_type is DecisionType.STRATEGIC:
            scene.made.remembered.append(self._memory(row))
        return [row.id]

    def _row(self, number: int, at: datetime) -> NewDecision:
        return NewDecision(
            id=number,
            npc_id=self.npc_id,
            decision_type=self.decision_type,
            situation_summary=self.situation_summary,
            used_llm=self.used_llm,
            llm_prompt=self.llm_prompt,
            llm_response=self.llm_response,
            llm_latency_ms=self.llm_latency_ms,
            rule_based_recommendation=as_object_or_none(self.rule_based_recommendation),
            final_decision=as_object(self.final_decision),
            decision_latency_ms=self.decision_latency_ms,
            decision_confidence=self.decision_confidence,
            created_at=at,
        )

    def _memory(self, row: NewDecision) -> NewMemory:
        return NewMemory(
            npc_id=self.npc_id,
            memory_type=MemoryType.STRATEGIC_DECISION,
            event_data=row.final_decision,
            importance=IMPORTANCE,
            emotional_weight=0.0,
            occurred_at=row.created_at,
        )
