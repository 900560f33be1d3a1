"""The queue of decisions: those that are to be carried out are claimed with a lease, and acknowledged or
returned."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, NoReturn
from uuid import UUID

import strawberry
from redis.asyncio import Redis
from redis.exceptions import RedisError
from strawberry.scalars import JSON

from db.hot import decisions
from db.hot.decisions import MOST_PRIORITY, USUAL_PRIORITY, Claim, Claimed, Place, Waiting
from db.hot.filling import fill_if_lost, key, name, place_of
from db.hot.troubles import UnreadableError, naming_redis
from db.main import decision_claims
from db.main.decisions import DecisionRow
from resolvers.changes import Change, Step, aside, at_large, speaks_for
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.inputs import LONGEST_WORLD_ID, json_object, short, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld, Repeatable, kept_whole
from resolvers.scalars import BigInt

LOG = logging.getLogger(__name__)
MOST_AT_ONCE = 100
LONGEST_LEASE = 3600


@kept_whole
@dataclass(frozen=True, slots=True)
class ClaimedDecisionRow:
    """A decision in hand."""

    world_id: str
    decision_id: int
    priority: int
    attempts: int


@kept_whole
@dataclass(frozen=True, slots=True)
class DecisionClaimRow:
    """Decisions in hand, until the lease ends."""

    claim: str
    lease_ends: datetime
    decisions: list[ClaimedDecisionRow]


# Queueing -------------------------------------------------------------------------------------------------


@input_type
class QueueDecisionInput(OfWorld):
    """A decision that is to be carried out."""

    decision_id: BigInt
    """The decision: of your own NPC, or of one that you may act for."""
    priority: int = USUAL_PRIORITY
    """How urgent it is, 0 (at once) to 9."""


async def queue_decision(
    info: Info, input: Annotated[QueueDecisionInput, strawberry.argument(description="What is to be done.")]
) -> DecisionRow | Refusal:
    """Let a decision wait to be carried out, until somebody claims it. One that waits already does not come
    twice; its priority may change."""
    within("priority", input.priority, 0, MOST_PRIORITY)
    done = await aside(info, input, partial(_queue, input=input))
    if isinstance(done, DecisionRow):
        with naming_redis():
            await decisions.queue(info.context.stores.redis, [_place(done, input.priority)])
    return done


async def _queue(change: Change, input: QueueDecisionInput) -> DecisionRow:
    await _to_be_done(change, input.decision_id)
    return await decision_claims.queue(change.conn, change.world_id, input.decision_id, input.priority)


async def _to_be_done(change: Change, decision_id: int) -> DecisionRow:
    found = await _yours(change, decision_id)
    if found.executed:
        refuse(RefusalCode.ALREADY_EXECUTED, f"Decision {decision_id} was carried out already.")
    return found


async def _yours(change: Change, decision_id: int) -> DecisionRow:
    found = await decision_claims.find(change.conn, change.world_id, decision_id)
    if found is None or not speaks_for(change.viewer, found.npc_id):
        refuse(RefusalCode.NOT_FOUND, f"There is no decision {decision_id} of yours in this world.")
    return found


def _waiting(row: DecisionRow) -> Waiting:
    return Waiting(row.npc_id, row.world_id, name(row.world_id, row.decision_id))


def _place(row: DecisionRow, priority: int) -> Place:
    return Place(_waiting(row), priority, row.created_at)


# Claiming -------------------------------------------------------------------------------------------------


@input_type
class ClaimDecisionsInput(Repeatable):
    """Which decisions to take in hand, and for how long."""

    npc_id: int | None = None
    """Only those of this NPC; a brain gets those of its own in any case."""
    world_id: str | None = None
    """Only those of this world."""
    first: int = 1
    """How many at most, 1 to 100."""
    lease_seconds: int = 60
    """For how long you alone have them, 1 to 3600 (an hour); what is not acknowledged by then comes back."""


async def claim_decisions(
    info: Info, input: Annotated[ClaimDecisionsInput, strawberry.argument(description="Which, and how long.")]
) -> DecisionClaimRow | Refusal:
    """Take the most urgent decisions in hand, the oldest first, to carry them out. Nobody else gets them
    until the lease ends; acknowledge each that is done, and return what you will not do."""
    within("first", input.first, 1, MOST_AT_ONCE)
    within("leaseSeconds", input.lease_seconds, 1, LONGEST_LEASE)
    short("worldId", input.world_id, LONGEST_WORLD_ID)
    return await at_large(info, input, partial(_claim, redis=info.context.stores.redis, input=input))


async def _claim(step: Step, redis: Redis, input: ClaimDecisionsInput) -> DecisionClaimRow:
    npc_id, worlds = _whose(step, input), _where(step, input)
    with naming_redis():
        await fill_if_lost(step.conn, redis)
        claim = await decisions.claim(redis, input.first, input.lease_seconds, npc_id=npc_id, worlds=worlds)
        try:
            taken = await _take(step, redis, claim)
        except BaseException:
            await _give_back(redis, claim)
            raise
    return DecisionClaimRow(claim.name, claim.ends, [_in_hand(one) for one in taken])


async def _take(step: Step, redis: Redis, claim: Claim) -> list[Claimed]:
    """Those that the database lets us have; where it knows better than Redis, it is told."""
    keys = [key(one.decision.decision_id) for one in claim.decisions]
    taken = await decision_claims.take(step.conn, keys, claim.name, claim.at, claim.ends)
    ours = [(one, key(one.decision.decision_id) in taken) for one in claim.decisions]
    for one in (one for one, is_ours in ours if not is_ours):
        await decisions.acknowledge(redis, one.decision, claim.name)
    others = await decision_claims.still_waiting(step.conn, [one for one in keys if one not in taken])
    await decisions.queue(redis, [place_of(one) for one in others])
    return [one for one, is_ours in ours if is_ours]


async def _give_back(redis: Redis, claim: Claim) -> None:
    with suppress(RedisError, OSError):  # else they come back when the lease ends
        for one in claim.decisions:
            await decisions.give_back(redis, one.decision, claim.name)


def _in_hand(one: Claimed) -> ClaimedDecisionRow:
    world_id, decision_id = key(one.decision.decision_id)
    return ClaimedDecisionRow(world_id, decision_id, one.priority, one.attempts)


def _whose(step: Step, input: ClaimDecisionsInput) -> int | None:
    npc_id = step.viewer.npc_id if input.npc_id is None else input.npc_id
    if not speaks_for(step.viewer, npc_id):
        refuse(RefusalCode.NOT_YOURS, f"You may not act for NPC {npc_id}: pass your own.")
    return npc_id


def _where(step: Step, input: ClaimDecisionsInput) -> frozenset[str] | None:
    if input.world_id is None:
        return step.viewer.worlds
    if not step.viewer.is_in(input.world_id):
        refuse(RefusalCode.NOT_FOUND, f"There is no world {input.world_id!r}: see `worlds`.")
    return frozenset([input.world_id])


# In hand --------------------------------------------------------------------------------------------------


@input_type
class AcknowledgeDecisionInput(OfWorld):
    """A decision that was carried out."""

    decision_id: BigInt
    """The decision."""
    claim: UUID
    """The claim under which you have it in hand."""
    result: JSON | None = None
    """What it gave: an object of at most 32 KB."""


async def acknowledge_decision(
    info: Info, input: Annotated[AcknowledgeDecisionInput, strawberry.argument(description="What is done.")]
) -> DecisionRow | Refusal:
    """Tell that a decision in hand was carried out: it comes no more. That is also taken after the lease has
    ended, as long as nobody else has claimed it."""
    result = None if input.result is None else json_object("result", input.result)
    done = await aside(info, input, partial(_acknowledge, input=input, result=result))
    if isinstance(done, DecisionRow):
        with _late(done):
            await decisions.acknowledge(info.context.stores.redis, _waiting(done), str(input.claim))
    return done


async def _acknowledge(change: Change, input: AcknowledgeDecisionInput, result: Any) -> DecisionRow:
    await _to_be_done(change, input.decision_id)
    where = (change.world_id, input.decision_id)
    done = await decision_claims.carried_out(change.conn, *where, input.claim, change.now, result)
    return done or _not_in_hand(input.decision_id)


@input_type
class ReturnDecisionInput(OfWorld):
    """A decision that will not be carried out now."""

    decision_id: BigInt
    """The decision."""
    claim: UUID
    """The claim under which you have it in hand."""


async def return_decision(
    info: Info, input: Annotated[ReturnDecisionInput, strawberry.argument(description="What is left.")]
) -> DecisionRow | Refusal:
    """Let go of a decision in hand before the lease ends: it waits again, in its old place."""
    left = await aside(info, input, partial(_return, input=input))
    if isinstance(left, DecisionRow):
        with _late(left):
            await decisions.give_back(info.context.stores.redis, _waiting(left), str(input.claim))
    return left


async def _return(change: Change, input: ReturnDecisionInput) -> DecisionRow:
    found = await _to_be_done(change, input.decision_id)
    if not await decision_claims.let_go(change.conn, change.world_id, input.decision_id, input.claim):
        _not_in_hand(input.decision_id)
    return found


def _not_in_hand(decision_id: int) -> NoReturn:
    refuse(
        RefusalCode.NOT_CLAIMED,
        f"Decision {decision_id} is not in your hands any more: claim it anew, if it still waits.",
    )


@contextmanager
def _late(decision: DecisionRow) -> Iterator[None]:
    """What is done is done: a Redis that does not hear of it learns it from the database, with the next claim
    or when the lease ends."""
    try:
        yield
    except (RedisError, OSError, UnreadableError) as error:
        LOG.warning("the queue does not hear of decision %s: %s", decision.decision_id, error)
