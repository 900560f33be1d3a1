"""Examples: what is put to both executors at once, and the account of it when they differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLSchema
from hypothesis import strategies as st

from db.viewer import Viewer
from tests.engine.comparing import Answered, differences, told
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


async def compare(executors: Executors, example: Example) -> list[Answered]:
    """Put an example to both executors; the answers of the reference, where both agree."""
    with failing(example.faults):
        answers = await asyncio.gather(*(executors.answer(*one) for one in example.requests))
        expected = [await executors.expected(*one) for one in example.requests]
        for request, answer, right in zip(example.requests, answers, expected, strict=True):
            await _compare(executors, request, answer, right)
    return expected


async def _compare(
    executors: Executors, request: tuple[Operation, Viewer], answer: Answered, right: Answered
) -> None:
    fails = told(answer) or told(right)
    failures = await executors.failures(*request) if fails else []
    itself = differences(right, right, failures)
    assert not itself, f"\n{request}\nthe reference: {right}\nfails its own rules: {itself}\n{failures}"
    found = differences(right, answer, failures)
    assert not found, f"\n{request}\nthe reference: {right}\nthe service: {answer}\n{found}"
