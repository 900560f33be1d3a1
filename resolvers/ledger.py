"""The ledger of trust: why a score is what it is, and what it was over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Annotated

import strawberry

from db.main.ledger import Course, Part, Parts, TrustMomentRow
from db.main.relationships import RelationshipRow, TrustEventKind
from resolvers.context import Info
from resolvers.descriptions import enum
from resolvers.errors import bad_input
from resolvers.inputs import moment, within
from resolvers.relationships import TrustLevel, level_of

MOST_EVENTS = 100
MOST_MOMENTS = 200
FULL = 100


class TrustModifierKind(Enum):
    """What a part of a trust score is."""

    EVENT = "event"
    """What one event of the ledger still counts."""
    EVENTS = "events"
    """What several events of one kind still count together."""
    ROUNDING = "rounding"
    """Scores are whole numbers."""
    LIMIT = "limit"
    """Scores stay within −100 and 100, whatever the events sum to."""


enum(TrustModifierKind)


@dataclass(frozen=True, slots=True)
class TrustModifierRow:
    """A part of a trust score."""

    world_id: str
    kind: TrustModifierKind
    label: str
    points: float
    event_kind: TrustEventKind | None = None
    event_id: int | None = None
    events: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


async def modifiers(
    info: Info,
    relationship: strawberry.Parent[RelationshipRow],
    first: Annotated[
        int,
        strawberry.argument(
            description=f"How many events are told one by one, 0 to {MOST_EVENTS}; the others by their kinds."
        ),
    ] = 20,
) -> list[TrustModifierRow]:
    """Why the trust score is what it is: what each event of the ledger still counts at `trustAt`, the
    weightiest first; what is left of the others, kind by kind; and at the end a line for rounding and one
    for the limit. However many are told one by one, the points of all lines sum to `trustScore` exactly:
    they are multiples of 1/64, which floating-point numbers add up without error in any order."""
    within("first", first, 0, MOST_EVENTS)
    row = relationship
    key = (row.world_id, row.npc_id, row.target_player_id, row.trust_at, row.as_of)
    return _lines(row.world_id, row.trust_score, await info.context.loaders.answer(Parts(first), *key))


def _lines(world_id: str, score: int, parts: Sequence[Part]) -> list[TrustModifierRow]:
    lines = [_line(world_id, part) for part in parts if part.points]
    limit = score - _rounded(sum(part.exactly for part in parts)) if abs(score) == FULL else 0
    rounding = score - limit - sum(line.points for line in lines)
    kinds = TrustModifierKind
    return [
        *lines,
        TrustModifierRow(world_id, kinds.ROUNDING, "Rounded to a whole number.", rounding),
        TrustModifierRow(world_id, kinds.LIMIT, "Kept within −100 and 100.", limit),
    ]


def _rounded(total: float) -> int:
    """Half away from zero, as Postgres rounds."""
    return int(Decimal(f"{total:.15g}").quantize(Decimal(1), ROUND_HALF_UP))


def _line(world_id: str, part: Part) -> TrustModifierRow:
    alone = part.event_id is not None
    named = part.kind.value.replace("_", " ").capitalize()
    return TrustModifierRow(
        world_id=world_id,
        kind=TrustModifierKind.EVENT if alone else TrustModifierKind.EVENTS,
        label=part.note or f"{named}." if alone else f"{named}, {part.events} times.",
        points=part.points,
        event_kind=part.kind,
        event_id=part.event_id,
        events=part.events,
        first_at=part.first_at,
        last_at=part.last_at,
    )


async def trust_history(
    info: Info,
    relationship: strawberry.Parent[RelationshipRow],
    since: Annotated[
        datetime | None, strawberry.argument(description="The first moment; unless told, when they met.")
    ] = None,
    until: Annotated[
        datetime | None,
        strawberry.argument(description="The last moment; unless told, that of asOf, else now."),
    ] = None,
    moments: Annotated[
        int, strawberry.argument(description=f"How many moments, evenly spaced, 1 to {MOST_MOMENTS}.")
    ] = 30,
) -> list[TrustMomentRow]:
    """The trust score as it was at evenly spaced moments, the earliest first: worked out from the events that
    had happened by each moment, faded to it. Where `until` is not told, the last one is what the score is
    by now."""
    within("moments", moments, 1, MOST_MOMENTS)
    row = relationship
    ends = row.as_of or info.context.now if until is None else moment("until", until)
    begins = row.created_at if since is None else moment("since", since)
    if since is not None and begins > ends:
        raise bad_input(f"since must not be later than {ends:%Y-%m-%dT%H:%M:%SZ}, the last moment.")
    key = (row.world_id, row.npc_id, row.target_player_id, min(begins, ends), ends, row.as_of)
    return list(await info.context.loaders.answer(Course(moments), *key))


def level_at(at: strawberry.Parent[TrustMomentRow]) -> TrustLevel:
    """What the score amounted to."""
    return level_of(at.trust_score)
