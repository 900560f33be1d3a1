"""The comparison of executors is able to fail: it sees what is wrong, and finds broken executors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from graphql import REMOVE, DirectiveNode, FieldNode, SelectionSetNode, Visitor, parse, print_ast, visit
from hypothesis import settings

from db.viewer import ADMIN, Viewer
from tests.engine.comparing import Answered, Failure, Told, differences
from tests.engine.examples import DifferenceError, examples
from tests.engine.executors import Executors
from tests.engine.operations import Operation
from tests.engine.putting import MARKS, SEEDED, Wait, put
from tests.engine.values import Choices

pytestmark = MARKS

# What an answer may be --------------------------------------------------------------------------------------


def error(message: str, *path: str | int) -> dict[str, Any]:
    return {"message": message, "path": list(path), "extensions": {"code": "ODD"}, "locations": []}


def failure(message: str, *path: str | int, nulls: Sequence[str | int]) -> Failure:
    return Failure(Told(path, "ODD", message), tuple(nulls))


# { a { b c { d! } } e! } where b and d fail below a, which is null for d.
FAILURES = [
    failure("no c", "a", "c", nulls=["a"]),
    failure("no d", "a", "e", "d", nulls=["a"]),
    failure("no b", "a", "b", nulls=["a", "b"]),
    failure("no f", "f", nulls=["f"]),
]
DATA = {"a": None, "f": None, "g": 1}
RIGHT = {"data": DATA, "errors": [error("no c", "a", "c"), error("no f", "f")]}


@pytest.mark.parametrize(
    "errors",
    [
        [error("no f", "f"), error("no c", "a", "c")],
        [error("no d", "a", "e", "d"), error("no f", "f")],
        [error("no d", "a", "e", "d"), error("no b", "a", "b"), error("no f", "f")],
    ],
)
def test_any_of_the_failures_that_null_a_position_may_be_told(errors: list[dict[str, Any]]) -> None:
    assert differences(RIGHT, {"data": DATA, "errors": errors}, FAILURES) == []


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([error("no f", "f")], "no error for the null at ('a',)"),
        ([error("no f", "f"), error("no b", "a", "b")], "no error for the null at ('a',)"),
        (
            [error("no c", "a", "c"), error("no d", "a", "e", "d"), error("no f", "f")],
            "2 errors for the one null",
        ),
        ([error("no c", "a", "c"), error("no f", "f"), error("no f", "f")], "2 errors for the one null"),
        ([error("no c", "a", "c"), error("No f", "f")], "nothing failed like"),
        ([error("no c", "a", "b"), error("no f", "f")], "nothing failed like"),
    ],
)
def test_an_error_too_few_or_too_many_or_another_one_is_seen(errors: list[dict[str, Any]], told: str) -> None:
    assert told in "; ".join(differences(RIGHT, {"data": DATA, "errors": errors}, FAILURES))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"a": None, "g": 1, "f": None}, "in its keys at the root"),
        ({"a": None, "f": None, "g": 1.0}, "at g: 1 and 1.0"),
        ({"a": {"b": 1}, "f": None, "g": 1}, "at a: None and {'b': 1}"),
        (None, "at the root"),
    ],
)
def test_data_that_differs_in_a_byte_is_seen(data: Any, told: str) -> None:
    assert told in "; ".join(differences(RIGHT, {**RIGHT, "data": data}, FAILURES))


def test_a_request_that_is_refused_has_to_be_refused_with_the_same_words() -> None:
    refused = {"data": None, "errors": [error("no x"), error("no y")]}

    assert differences(refused, {"errors": [error("no y"), error("no x")]}, None) == []
    assert differences(refused, {"errors": [error("no y")]}, None) == ["the refusals differ"]


# Broken executors are found ---------------------------------------------------------------------------------

Answers = Callable[[Executors, Operation, Viewer], Any]


@dataclass(frozen=True)
class Broken(Executors):
    """Executors of which the second one is not right."""

    how: Answers = Executors.answer

    async def answer(self, operation: Operation, viewer: Viewer, event: Any = None) -> Answered:
        """What it makes of a question."""
        answer: Answered = await self.how(self, operation, viewer)
        return answer


async def forgets_skip(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    class Forget(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
            return REMOVE if node.name.value == "skip" else None

    text = print_ast(visit(parse(operation.text), Forget()))
    return await right.expected(replace(operation, text=text), viewer)


async def merges_nothing(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    class Forget(Visitor):
        def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
            fields = {
                (one.alias or one.name).value: one for one in node.selections if isinstance(one, FieldNode)
            }
            kept = [
                one for one in node.selections if not isinstance(one, FieldNode) or one in fields.values()
            ]
            return SelectionSetNode(selections=tuple(kept))

    text = print_ast(visit(parse(operation.text), Forget()))
    return await right.expected(replace(operation, text=text), viewer)


async def shows_all_to_everybody(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    return await right.expected(operation, ADMIN)


async def sorts_keys(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    answer = await right.expected(operation, viewer)
    return {**answer, "data": answer.get("data") and dict(sorted(answer["data"].items()))}


async def tells_every_failure(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    answer, failures = await right.expected(operation, viewer), await right.failures(operation, viewer)
    told = [one.error for one in failures or ()]
    errors = [{"message": one.message, "path": one.path, "extensions": {"code": one.code}} for one in told]
    return answer if failures is None else {**answer, "errors": errors}


async def keeps_errors_to_itself(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
    return {**await right.expected(operation, viewer), "errors": []}


def answers_all_as_the_first() -> Answers:
    first: dict[str, Operation] = {}

    async def answer(right: Executors, operation: Operation, viewer: Viewer) -> Answered:
        return await right.expected(first.setdefault(operation.text, operation), viewer)

    return answer


@pytest.mark.parametrize(
    "how",
    [
        forgets_skip,
        merges_nothing,
        shows_all_to_everybody,
        sorts_keys,
        tells_every_failure,
        keeps_errors_to_itself,
        answers_all_as_the_first(),
    ],
)
def test_a_broken_executor_is_found(how: Answers, executors: Executors, known: Choices, wait: Wait) -> None:
    broken = Broken(executors.schema, executors.place, executors.service, how)

    with pytest.raises(DifferenceError, match="the service is wrong"):
        put(broken, examples(executors.schema, known, most=2), wait, settings(SEEDED, max_examples=300))


def test_what_is_found_is_made_short(executors: Executors, known: Choices, wait: Wait) -> None:
    broken = Broken(executors.schema, executors.place, executors.service, forgets_skip)

    with pytest.raises(DifferenceError) as found:
        put(broken, examples(executors.schema, known), wait, settings(SEEDED, max_examples=100))

    text = " ".join(found.value.operation.text.split())
    assert "@skip" in text
    assert len(text) < 250
