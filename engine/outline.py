"""Outlines: plans as people can read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine import answers, lists, steps
from engine.compile import Plan
from engine.relations import Columns


@dataclass(frozen=True, slots=True)
class Outline:
    """A step of a plan."""

    field: str
    """The field of the response that it gives, as a path within its object."""
    told: str
    """What it does."""
    columns: tuple[str, ...] = ()
    """What is read for it."""
    code: str = ""
    """The generated function that makes its objects."""
    below: tuple[Outline, ...] = ()


def outline(plan: Plan) -> Outline:
    """The steps of a plan, each with those that work on its rows."""
    return Outline("", "an object for each request", (), plan.root.source_text, _children(plan.root))


def _children(build: steps.Build) -> tuple[Outline, ...]:
    return tuple(
        _step(field, step, "without waiting for the row, " if at in build.early else "")
        for at, (field, step) in enumerate(zip(build.names, build.children, strict=True))
    )


def _step(field: str, step: Any, when: str) -> Outline:
    if isinstance(step, steps.There):
        return _step(field, step.step, when)
    if isinstance(step, steps.Link):
        return _made(field, f"{when}one of {step.lookup.read}", step.lookup.build)
    if isinstance(step, steps.Ids):
        return _made(field, f"{when}for each id one of {step.lookup.read}", step.lookup.build)
    if isinstance(step, steps.Choice | steps.Several):
        several = isinstance(step, steps.Several)
        choice = step.choices[0] if isinstance(step, steps.Several) else step
        told = f"{when}{'of each side ' if several else ''}the first of these that there is a key for"
        links = (_made("", f"one of {lookup.read}", lookup.build) for _, lookup in choice.links)
        return Outline(field, told, below=tuple(links))
    if isinstance(step, lists.List):
        return _made(field, f"{when}a list of {step.relation.read}", step.nodes.build)
    if isinstance(step, lists.Connection):
        return _page(field, step, when)
    if isinstance(step, answers.Called):
        return Outline(field, "a function that knows the request")
    return Outline(field, "a function of the row")


def _page(field: str, step: lists.Connection, when: str) -> Outline:
    builds = [build for part in step.parts for build in _builds(part)]
    counted = ", and their number" if step.counts else ""
    told = f"{when}a page of {step.relation.read}{counted}"
    below = tuple(one for build in builds for one in _children(build))
    code = "\n\n".join(dict.fromkeys(build.source_text for build in builds))
    return Outline(field, told, _named(step.columns) if step.reads else (), code, below)


def _builds(part: Any) -> Iterator[steps.Build]:
    if isinstance(part, lists.PageNodes):
        yield part.nodes.build
    elif isinstance(part, lists.PageEdges):
        yield from (one.build for one in part.nodes)


def _made(field: str, told: str, build: steps.Build) -> Outline:
    return Outline(field, told, _named(build.columns), build.source_text, _children(build))


def _named(columns: Columns | Sequence[Any]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else f"{one[0]}.{one[1]}" for one in columns)
