"""Spreads: which fragments a document's fragments spread, told without walking in circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

Spreads = Mapping[str, Sequence[str]]
"""For each fragment, the names of those that it spreads."""


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    """The operations of a document."""
    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def spreads_in(selections: SelectionSetNode) -> list[FragmentSpreadNode]:
    """The fragment spreads in a selection set, at any depth."""
    found: list[FragmentSpreadNode] = []
    waiting = [selections]
    while waiting:
        for one in waiting.pop().selections:
            if isinstance(one, FragmentSpreadNode):
                found.append(one)
            elif (below := getattr(one, "selection_set", None)) is not None:
                waiting.append(below)
    return found


def spreads_of(fragments: Mapping[str, FragmentDefinitionNode]) -> Spreads:
    """For each fragment, the names of those that it spreads."""
    return {
        name: [spread.name.value for spread in spreads_in(one.selection_set)]
        for name, one in fragments.items()
    }


def innermost_first(spreads: Spreads) -> tuple[list[str], bool]:
    """The fragments, each after those that it spreads, and whether some spread themselves."""
    done: dict[str, None] = {}
    circular = False
    for root in spreads:
        if root in done:
            continue
        path: dict[str, Iterator[str]] = {}
        following: str | None = root
        while following is not None:
            path.setdefault(following, iter(spreads.get(following, ())))
            following, closes = _following(path, done)
            circular = circular or closes
    return list(done), circular


def _following(path: dict[str, Iterator[str]], done: dict[str, None]) -> tuple[str | None, bool]:
    """The next fragment to enter, or None at the end; and whether a circle was closed on the way."""
    closes = False
    while path:
        name = next(reversed(path))
        for spread in path[name]:
            closes = closes or spread in path
            if spread not in path and spread not in done:
                return spread, closes
        path.popitem()
        done[name] = None
    return None, closes
