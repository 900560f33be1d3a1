"""What became of events that were recorded together, as clients see it."""

from __future__ import annotations

import resolvers.ingest
from resolvers.ingest import EventOutcomeRow, IngestedRow
from resolvers.refusal import RefusalCode
from schema.base import backed_by, resolve
from schema.scalars import BigInt


@backed_by(EventOutcomeRow)
class EventOutcome:
    """What became of one event."""

    place: int
    """Its place among the events that were given, from 0."""
    record_ids: list[BigInt]
    """The ids of its records in that world: of a battle or trade one for each NPC concerned. None: it was
    refused."""
    code: RefusalCode | None
    """Why it was refused; null where it was accepted."""
    message: str | None
    """Why it was refused, and what to do, in words for a person."""


@backed_by(IngestedRow)
class Ingested:
    """What became of events."""

    world_id: str
    """The world."""
    accepted: int
    """How many were accepted."""
    refused: int
    """How many were refused."""
    outcomes: list[EventOutcome] = resolve(resolvers.ingest.outcomes, needs=("all_outcomes",))
