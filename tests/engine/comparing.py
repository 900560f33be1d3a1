"""Comparing: what the answers of two executors must have in common, and in what they may differ.

`data` must be equal to the byte. Errors are (path, code, message), in any order. Where several fields fail
below one position that becomes null for it, the specification wants one error, and which one depends in the
reference on which awaitable came first. So the reference is run once more by an executor that nulls nothing
but the field that failed: nothing is cancelled, every failure is told, each with the position that it would
have nulled: the nearest above it (or itself) that may be null. Of that, an answer is right when

- each of its errors is one of these failures;
- each position that was nulled has exactly one error among those that null it;
- a position below another nulled one has one or none: it vanished, and whether its error was told before
  that depends on time as well.

This is sound: an execution with propagation calls no resolver that this one does not call, so it meets no
other failure. And it is complete: whichever failure comes first may be the one that is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

Path = tuple[str | int, ...]
Answered = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Told:
    """An error as a client is told it; the id of the request apart."""

    path: Path
    code: str
    message: str


@dataclass(frozen=True)
class Failure:
    """A failure, and the position that becomes null for it."""

    error: Told
    nulls: Path


def told(answer: Answered) -> list[Told]:
    """The errors of an answer."""
    return [
        Told(
            tuple(one.get("path") or ()),
            str(one.get("extensions", {}).get("code", "GRAPHQL")),
            str(one["message"]),
        )
        for one in answer.get("errors", ())
    ]


def differences(reference: Answered, other: Answered, failures: Sequence[Failure] | None) -> list[str]:
    """In what an answer is not what the reference could have given; no failures are known of a request that
    was refused before it was executed."""
    found = []
    if orjson.dumps(reference.get("data")) != orjson.dumps(other.get("data")):
        found.append(f"the data differs {_where(reference.get('data'), other.get('data'))}")
    if failures is None:
        same = sorted(told(reference), key=repr) == sorted(told(other), key=repr)
        return found if same else [*found, "the refusals differ"]
    return found + _wrong_errors(told(other), failures)


def _where(one: Any, other: Any, at: str = "") -> str:
    """The first place at which two values differ."""
    pairs: Iterable[tuple[Any, Any, Any]] = ()
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"in its keys at {at or 'the root'}: {list(one)} and {list(other)}"
        pairs = ((name, one[name], other[name]) for name in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = ((place, *both) for place, both in enumerate(zip(one, other, strict=True)))
    for name, left, right in pairs:
        if orjson.dumps(left) != orjson.dumps(right):
            return _where(left, right, f"{at}.{name}".lstrip("."))
    return f"at {at or 'the root'}: {str(one)[:200]} and {str(other)[:200]}"


def _wrong_errors(errors: Sequence[Told], failures: Sequence[Failure]) -> list[str]:
    nulls = {one.error: one.nulls for one in failures}
    found = [f"nothing failed like {one}" for one in errors if one not in nulls]
    times = Counter(nulls[one] for one in errors if one in nulls)
    for position in dict.fromkeys(nulls.values()):
        if times[position] > 1:
            found.append(f"{times[position]} errors for the one null at {position}")
        buried = any(position[:length] in nulls.values() for length in range(len(position)))
        if times[position] == 0 and not buried:
            found.append(f"no error for the null at {position}")
    return found
