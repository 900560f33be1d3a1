"""Decisions: how they are recorded, carried out and measured."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from db.main import decisions
from db.main.decisions import DecisionRow
from db.rows import find, sure
from resolvers import minute_metrics
from resolvers.changes import Change, aside, speaks_for
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.inputs import json_object_or_none, past
from resolvers.recording.decisions import DecisionInput
from resolvers.recording.recorder import record
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld
from resolvers.scalars import BigInt


@input_type
class RecordDecisionInput(OfWorld, DecisionInput):
    """What an NPC decided in a world."""


@input_type
class RecordExecutionInput(OfWorld):
    """How a decision was carried out."""

    decision_id: BigInt
    """The decision, by its id in that world."""
    started_at: datetime | None = None
    """When that began."""
    completed_at: datetime | None = None
    """When that was done; now unless told."""
    result: JSON | None = None
    """What it gave: an object of at most 32 KB."""


@input_type
class RecordOutcomeInput(OfWorld):
    """What came of a decision."""

    decision_id: BigInt
    """The decision, by its id in that world."""
    success: bool | None = None
    """Whether it turned out well; null where nobody can tell."""
    data: JSON | None = None
    """What came of it: an object of at most 32 KB."""


async def record_decision(
    info: Info, input: Annotated[RecordDecisionInput, strawberry.argument(description="Who decided what.")]
) -> DecisionRow | Refusal:
    """Record what an NPC decided. It is the NPC's own: the world's version stays as it is. Strategic
    decisions are remembered."""
    input.check(info.context.now)

    made: list[DecisionInput] = []

    async def act(under_way: Change) -> DecisionRow:
        (decision_id,) = await record(under_way, input)
        made[:] = [input]
        return await sure(under_way.conn, decisions.BY_ID, input.world_id, decision_id)

    done = await aside(info, input, act)
    await minute_metrics.note(info, made)
    return done


async def record_execution(
    info: Info,
    input: Annotated[RecordExecutionInput, strawberry.argument(description="How which was carried out.")],
) -> DecisionRow | Refusal:
    """Note that a decision was carried out, once. It waits in no queue from then on."""
    result = json_object_or_none("result", input.result)
    done_at = past("completedAt", input.completed_at, info.context.now)
    if input.started_at is not None and past("startedAt", input.started_at, info.context.now) > done_at:
        raise bad_input("startedAt must not be later than completedAt.")

    async def act(under_way: Change) -> DecisionRow:
        decision = await _own(under_way, input.decision_id)
        if decision.executed:
            message = f"Decision {input.decision_id} was carried out already."
            refuse(RefusalCode.ALREADY_RECORDED, message)
        await decisions.executed(under_way.conn, decision, input.started_at, done_at, result)
        return await sure(under_way.conn, decisions.BY_ID, input.world_id, input.decision_id)

    return await aside(info, input, act)


async def record_outcome(
    info: Info,
    input: Annotated[RecordOutcomeInput, strawberry.argument(description="What came of which decision.")],
) -> DecisionRow | Refusal:
    """Note what came of a decision; looked at again, the later word counts."""
    data = json_object_or_none("data", input.data)

    async def act(under_way: Change) -> DecisionRow:
        decision = await _own(under_way, input.decision_id)
        await decisions.measured(under_way.conn, decision, input.success, data)
        return await sure(under_way.conn, decisions.BY_ID, input.world_id, input.decision_id)

    return await aside(info, input, act)


async def _own(under_way: Change, decision_id: int) -> DecisionRow:
    """A decision of an NPC that the viewer may decide for; those of others are as if they were not there."""
    found = await find(under_way.conn, decisions.BY_ID, under_way.world_id, decision_id)
    if found is None or not speaks_for(under_way.viewer, found.npc_id):
        refuse(RefusalCode.NOT_FOUND, f"There is no decision {decision_id} in this world: see `decisions`.")
    return found
