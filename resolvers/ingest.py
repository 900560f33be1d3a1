"""Ingest: a tick's worth of events of a world in one call, each accepted or refused on its own."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import strawberry
from graphql import GraphQLError

from resolvers import minute_metrics
from resolvers.changes import Change, aside, change
from resolvers.context import Info
from resolvers.descriptions import attribute_docstrings, describe_fields, input_type
from resolvers.inputs import few
from resolvers.recording.battles import BattleInput
from resolvers.recording.decisions import DecisionInput
from resolvers.recording.memories import MemoryInput
from resolvers.recording.messages import MessageInput
from resolvers.recording.recorder import Happening, record_each
from resolvers.recording.trades import TradeInput
from resolvers.refusal import Refusal, RefusalCode
from resolvers.repeats import OfWorld, kept_whole

MOST_EVENTS = 1_000


class EventInput:
    """Something that happened: pass one of the five."""

    battle: BattleInput | None = strawberry.UNSET
    """A battle, as recordBattle takes it."""
    trade: TradeInput | None = strawberry.UNSET
    """A trade, as recordTrade takes it."""
    message: MessageInput | None = strawberry.UNSET
    """A message, as sendMessage takes it."""
    decision: DecisionInput | None = strawberry.UNSET
    """A decision, as recordDecision takes it."""
    memory: MemoryInput | None = strawberry.UNSET
    """A memory, as recordMemory takes it."""

    @property
    def happening(self) -> Happening:
        """The one that was given."""
        for one in (self.trade, self.message, self.battle, self.memory, self.decision):
            if one:
                return one
        raise ValueError("GraphQL lets no event through without one")


_below = attribute_docstrings(EventInput)
strawberry.input(EventInput, one_of=True, description=inspect.getdoc(EventInput))
describe_fields(EventInput, _below)


@input_type
class IngestInput(OfWorld):
    """Events of a world, in the order in which they happened."""

    events: list[EventInput]
    """The events, at most 1,000."""


@kept_whole
@dataclass(frozen=True, slots=True)
class EventOutcomeRow:
    """What became of one event."""

    place: int
    record_ids: list[int]
    code: RefusalCode | None
    message: str | None


@kept_whole
@dataclass(frozen=True, slots=True)
class IngestedRow:
    """What became of all events."""

    world_id: str
    accepted: int
    refused: int
    all_outcomes: list[EventOutcomeRow]


def outcomes(
    row: strawberry.Parent[IngestedRow],
    refused_only: Annotated[
        bool, strawberry.argument(description="Only the events that were refused.")
    ] = False,
) -> list[EventOutcomeRow]:
    """What became of each event, in the order in which they were given."""
    return [one for one in row.all_outcomes if one.code is not None or not refused_only]


async def ingest(
    info: Info,
    input: Annotated[IngestInput, strawberry.argument(description="What happened in which world.")],
) -> IngestedRow | Refusal:
    """Record a tick's worth of events of a world in one transaction: as recordBattle, recordTrade,
    sendMessage, recordDecision and recordMemory do one by one, in this order. Each event is accepted or
    refused on its own; those that are accepted happen together."""
    few("events", input.events, MOST_EVENTS)
    happenings = [one.happening for one in input.events]
    senseless = _senseless(happenings, info.context.now)
    decided: list[DecisionInput] = []

    async def act(under_way: Change) -> IngestedRow:
        sound = [one for place, one in enumerate(happenings) if place not in senseless]
        found = await record_each(under_way, sound)
        decided[:] = _decided(sound, found)
        recorded = iter(found)
        told = [senseless.get(place) or next(recorded) for place in range(len(happenings))]
        return _ingested(input.world_id, told)

    moves_the_graph = any(not isinstance(one, MemoryInput | DecisionInput) for one in happenings)
    done = await (change if moves_the_graph else aside)(info, input, act)
    await minute_metrics.note(info, decided)
    return done


def _decided(events: Sequence[Happening], recorded: Sequence[list[int] | Refusal]) -> list[DecisionInput]:
    """The decisions among some events that were recorded."""
    pairs = zip(events, recorded, strict=True)
    return [one for one, told in pairs if isinstance(one, DecisionInput) and not isinstance(told, Refusal)]


def _senseless(happenings: Sequence[Happening], now: datetime) -> dict[int, Refusal]:
    """By their places the events that make no sense, whatever the world is like."""
    found: dict[int, Refusal] = {}
    for place, one in enumerate(happenings):
        try:
            one.check(now)
        except GraphQLError as error:
            found[place] = Refusal(RefusalCode.BAD_INPUT, error.message)
    return found


def _ingested(world_id: str, told: Sequence[list[int] | Refusal]) -> IngestedRow:
    made = [_outcome(place, one) for place, one in enumerate(told)]
    refused = sum(one.code is not None for one in made)
    return IngestedRow(world_id, len(made) - refused, refused, made)


def _outcome(place: int, told: list[int] | Refusal) -> EventOutcomeRow:
    if isinstance(told, Refusal):
        return EventOutcomeRow(place, [], told.code, told.message)
    return EventOutcomeRow(place, told, None, None)
