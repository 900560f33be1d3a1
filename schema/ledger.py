"""The ledger of trust, as clients see it: the parts of a score, and its course over time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import resolvers.ledger
from db.main import relationships
from db.main.ledger import TrustMomentRow
from db.main.relationships import TrustEventKind
from resolvers.ledger import TrustModifierKind, TrustModifierRow
from resolvers.relationships import TrustLevel
from schema.base import backed_by, one, resolve

if TYPE_CHECKING:
    from schema.relationships import TrustEvent


@backed_by(TrustModifierRow)
class TrustModifier:
    """A part of a trust score."""

    kind: TrustModifierKind
    """What it is."""
    label: str
    """The reason in a few words."""
    points: float
    """How much it adds, a multiple of 1/64."""
    event_kind: TrustEventKind | None
    """What happened; null for rounding and limit."""
    events: int
    """How many events it sums up; 0 for rounding and limit."""
    first_at: datetime | None
    """When the first of them happened."""
    last_at: datetime | None
    """When the last of them happened."""
    event: TrustEvent | None = one(relationships.TRUST_EVENT_BY_ID, key=("world_id", "event_id"))
    """The event, where it is one."""


@backed_by(TrustMomentRow)
class TrustMoment:
    """A trust score as it was at a moment."""

    at: datetime
    """The moment."""
    trust_score: int
    """The score, −100 to 100."""
    trust_level: TrustLevel = resolve(resolvers.ledger.level_at, needs=("trust_score",))
