"""Decisions in hand, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from db.main import decisions
from resolvers.decision_queue import ClaimedDecisionRow, DecisionClaimRow
from schema.base import backed_by, one

if TYPE_CHECKING:
    from schema.decisions import Decision


@backed_by(DecisionClaimRow)
class DecisionClaim:
    """Decisions that you alone have in hand until the lease ends."""

    claim: UUID
    """What to name when you acknowledge or return them."""
    lease_ends: datetime
    """When those come back that were not acknowledged."""
    decisions: list[ClaimedDecision]
    """The decisions, the most urgent first; none where none waits."""


@backed_by(ClaimedDecisionRow)
class ClaimedDecision:
    """A decision in hand."""

    priority: int
    """How urgent it is, 0 (at once) to 9."""
    attempts: int
    """How often it was claimed until now, this time included: more than once where somebody failed at it."""
    decision: Decision | None = one(decisions.BY_ID, key=("world_id", "decision_id"))
    """The decision."""
