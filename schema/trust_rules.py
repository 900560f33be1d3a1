"""Trust rules, as clients see them."""

from __future__ import annotations

from db.main.relationships import TrustEventKind
from resolvers.trust_rules import TrustRuleRow
from schema.base import backed_by


@backed_by(TrustRuleRow)
class TrustRule:
    """What an act is worth to an NPC that it concerns."""

    name: str
    """The act, as `settings.trust_events` names it."""
    kind: TrustEventKind
    """As what it enters the ledger."""
    points: float
    """By how much it moves the score when it happens."""
    half_life_seconds: float | None
    """After how many seconds it counts half; null: it does not fade."""
