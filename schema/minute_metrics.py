"""Decisions by minute, as clients see them."""

from __future__ import annotations

from datetime import datetime

from db.hot.minute_metrics import DecisionMinuteRow
from schema.base import backed_by


@backed_by(DecisionMinuteRow)
class DecisionMinute:
    """How the decisions of one minute went, those of all NPCs together."""

    minute: datetime
    """When it began."""
    total: int
    """How many decisions were made."""
    llm_used: int
    """How many of them asked a language model."""
    rule_used: int
    """How many went by rules."""
    avg_latency: float | None
    """How long a decision took on average, in milliseconds; null where none told."""
