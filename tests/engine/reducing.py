"""Reducing: from an example that fails to one that a person can read, in steps that know GraphQL.

Hypothesis would shrink the choices that an example was made of; but to leave out one field takes many of
them, and after five minutes it was still at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from graphql import (
    REMOVE,
    SKIP,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    Node,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from db.viewer import Viewer
from tests.engine.examples import Example
from tests.engine.operations import Operation

T = TypeVar("T")
MOST_TRIES = 300
SPARE = (FieldNode, InlineFragmentNode, FragmentSpreadNode, DirectiveNode, ArgumentNode)
TYPENAME = SelectionSetNode(selections=(FieldNode(name=NameNode(value="__typename")),))


def reduced(schema: GraphQLSchema, example: Example, fails: Callable[[Example], bool]) -> Example:
    """A smaller example that fails still, or the same one."""
    smaller = candidates(schema, example)
    for _ in range(MOST_TRIES):
        candidate = next(smaller, None)
        if candidate is None:
            break
        if fails(candidate):
            example, smaller = candidate, candidates(schema, candidate)
    return example


def candidates(schema: GraphQLSchema, example: Example) -> Iterator[Example]:
    """The example without one of its parts: requests first, then faults, then parts of its text."""
    if len(example.requests) > 1:
        yield from (replace(example, requests=few) for few in _without_one(example.requests))
    yield from (replace(example, faults=few) for few in _without_one(example.faults))
    for text in _shorter(schema, example.requests[0][0].text):
        yield replace(example, requests=[_asking(text, *one) for one in example.requests])


def _without_one(several: Sequence[T]) -> Iterator[Sequence[T]]:
    return ([*several[:place], *several[place + 1 :]] for place in range(len(several)))


def _asking(text: str, operation: Operation, viewer: Viewer) -> tuple[Operation, Viewer]:
    variables = {name: value for name, value in operation.variables.items() if f"${name}:" in text}
    return replace(operation, text=text, variables=variables), viewer


def _shorter(schema: GraphQLSchema, text: str) -> Iterator[str]:
    document = parse(text, no_location=True)
    length = len(print_ast(document))
    for change in (LeaveOut, ShowLess):
        for place in range(_places(document, change)):
            changed = _tidied(visit(document, change(place)))
            if changed is not None and not validate(schema, changed) and len(print_ast(changed)) < length:
                yield print_ast(changed)


def _places(document: DocumentNode, change: type[Change]) -> int:
    counting = change(-1)
    visit(document, counting)
    return counting.seen


class Change(Visitor):
    """Changes one of the nodes that it could change."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place, self.seen = place, 0

    def reached(self) -> bool:
        """Whether this is the one."""
        self.seen += 1
        return self.seen - 1 == self.place


class LeaveOut(Change):
    """Leaves out a selection, a directive or an argument."""

    def enter(self, node: Node, *_: Any) -> Any:
        """Whether to leave out this one."""
        return REMOVE if isinstance(node, SPARE) and self.reached() else None


class ShowLess(Change):
    """Shows of an object only the name of its type."""

    def enter_selection_set(self, *_: Any) -> Any:
        """Whether to do so here."""
        return TYPENAME if self.reached() else None


# What nothing needs any more --------------------------------------------------------------------------------


@dataclass
class Names:
    """The fragments and variables that are needed."""

    fragments: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    is_empty: bool = False
    """Whether some selection set has nothing in it."""


class Gather(Visitor):
    """Gathers the names that are needed."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def enter(self, node: Node, *_: Any) -> Any:
        """Note what this one needs."""
        if isinstance(node, VariableDefinitionNode):
            return SKIP
        if isinstance(node, FragmentSpreadNode):
            self.names.fragments.add(node.name.value)
        if isinstance(node, VariableNode):
            self.names.variables.add(node.name.value)
        if isinstance(node, SelectionSetNode) and not node.selections:
            self.names.is_empty = True
        return None


class Drop(Visitor):
    """Drops what is not needed."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names, self.dropped = names, 0

    def enter(self, node: Node, *_: Any) -> Any:
        """Whether this one is needed."""
        if isinstance(node, FragmentDefinitionNode):
            unused = node.name.value not in self.names.fragments
        elif isinstance(node, VariableDefinitionNode):
            unused = node.variable.name.value not in self.names.variables
        else:
            return None
        self.dropped += unused
        return REMOVE if unused else None


def _tidied(document: DocumentNode) -> DocumentNode | None:
    """Without fragments and variables that nothing needs any more; None where an object shows nothing."""
    while True:
        names = Names()
        visit(document, Gather(names))
        if names.is_empty:
            return None
        drop = Drop(names)
        document = visit(document, drop)
        if not drop.dropped:
            return document
