"""Introspection: questions about the schema itself, whose answers never change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, OperationDefinitionNode

from engine.documents import Document
from engine.marks import mark_of

MOST_REMEMBERED = 20
ABOUT_THE_SCHEMA = ("__schema", "__type", "__typename")


@dataclass(eq=False)
class Introspections:
    """Answers to questions about the schema alone; some take a tenth of a second to find."""

    _known: OrderedDict[Any, Any] = field(default_factory=OrderedDict)

    def mark(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> Any:
        """What equal questions have in common; None where the answer may be another each time."""
        if not all(_is_about_the_schema(one) for one in operation.selection_set.selections):
            return None
        name = operation.name.value if operation.name else None
        given = mark_of(dict(variables))
        return None if given is None else (document.text, name, given)

    def get(self, mark: Any) -> Any:
        """The answer, if it is known."""
        if mark not in self._known:
            return None
        self._known.move_to_end(mark)
        return self._known[mark]

    def remember(self, mark: Any, answer: Any) -> None:
        """Keep an answer, as long as there is room."""
        self._known[mark] = answer
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def _is_about_the_schema(selection: Any) -> bool:
    return isinstance(selection, FieldNode) and selection.name.value in ABOUT_THE_SCHEMA
