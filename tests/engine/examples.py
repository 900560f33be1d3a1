"""Examples: what is put to both executors at once, and the account of it when they differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema
from hypothesis import strategies as st

from db.viewer import Viewer
from tests.engine.comparing import Answered, Failure, differences, told
from tests.engine.executors import Executors
from tests.engine.faults import Fault, failing, faults
from tests.engine.odd_crowd import VIEWERS
from tests.engine.operations import Operation, written
from tests.engine.values import Choices, Dice, tapes


@dataclass(frozen=True)
class Example:
    """Requests that come at once, all with one text, and what fails meanwhile."""

    requests: Sequence[tuple[Operation, Viewer]]
    faults: Sequence[Fault]
    event: Any = None
    """What is answered, where they subscribe."""

    def __repr__(self) -> str:
        """What there is to know about it."""
        viewers = ", ".join(f"{one.role.value} {one.npc_id or ''}".strip() for _, one in self.requests)
        variables = [json.dumps(one.variables, ensure_ascii=False) for one, _ in self.requests[1:]]
        also = "".join(f"\nand with: {one}" for one in variables)
        failing = "".join(f"\nfault: {one}" for one in self.faults)
        return f"\n{self.requests[0][0]!r}{also}\nviewers: {viewers}{failing}\n"


def examples(schema: GraphQLSchema, choices: Choices, most: int = 1) -> st.SearchStrategy[Example]:
    """Examples of at most so many requests."""

    def read(tape: bytes) -> Example:
        dice = Dice(tape)
        count = 1 + dice.below(most)
        viewers = [dice.one_of(VIEWERS) for _ in range(count)]
        several = written(schema, choices, dice, count=count)
        return Example(list(zip(several, viewers, strict=True)), faults(schema, several[0].text, dice))

    return tapes().map(read)


def events(
    schema: GraphQLSchema, choices: Choices, name: str, known: Sequence[Any], most: int = 1
) -> st.SearchStrategy[Example]:
    """Examples of at most so many subscriptions to a root field that have come to an event."""

    def read(tape: bytes) -> Example:
        dice = Dice(tape)
        event, count = dice.one_of(known), 1 + dice.below(most)
        there = [one for one in VIEWERS if one.is_in(event.world_id)]  # others are not told of it
        viewers = [dice.one_of(there) for _ in range(count)]
        several = written(schema, choices, dice, kind="subscription", only=name, count=count)
        requests = list(zip(several, viewers, strict=True))
        return Example(requests, faults(schema, several[0].text, dice), event)

    return tapes().map(read)


class DifferenceError(AssertionError):
    """The executors differ in what they answer to an operation."""

    def __init__(self, found: str, operation: Operation, viewer: Viewer, *answers: Answered) -> None:
        right, answer = map(dict, answers)
        super().__init__(f"{found}\n{operation!r}\n{viewer}\nreference: {right}\nservice:   {answer}")
        self.operation = operation


async def compare(executors: Executors, example: Example) -> None:
    """Put an example to both executors: all its requests at once to the service, one by one to the
    reference."""
    with failing(example.faults):
        executors.forget(example.requests[0][0])
        answers = await asyncio.gather(*(executors.answer(*one, example.event) for one in example.requests))
        for request, answer in zip(example.requests, answers, strict=True):
            right = await executors.expected(*request, example.event)
            failures = (
                await executors.failures(*request, example.event) if told(answer) or told(right) else []
            )
            found = _wrong(right, answer, failures, example.faults)
            if found:
                raise DifferenceError(found, *request, right, answer)


def _wrong(
    right: Answered, answer: Answered, failures: Sequence[Failure] | None, faults: Sequence[Fault]
) -> str:
    if not faults and "INTERNAL" in [one.code for one in told(right)]:
        return "the reference has a bug"
    for who, one in (("the reference itself", right), ("the service", answer)):
        if found := differences(right, one, failures):
            return f"{who} is wrong: {'; '.join(found)}"
    return ""
