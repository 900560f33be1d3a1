"""Allowances, as clients see them."""

from __future__ import annotations

from datetime import datetime

from db.hot.rate_limits import LlmAllowanceRow
from schema.base import backed_by


@backed_by(LlmAllowanceRow)
class LlmAllowance:
    """How often an NPC may still ask its language model within its minute."""

    most: int
    """The calls that a minute has."""
    left: int
    """The calls that are left of them."""
    refills_at: datetime | None
    """When the minute is over and all calls are there again; null where none was spent."""
