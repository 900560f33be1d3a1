"""Joining: links whose rows come along with the row at hand, so that no step is needed to show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetailsList

from engine import codegen
from engine.access import Rows
from engine.errors import NULL
from engine.relations import RELATION, Both, Computed, Either, Listed, Many, One, Relation
from engine.settle import Shape, merged

if TYPE_CHECKING:
    from engine.compile import Compiler
    from engine.making import Making

Shown = tuple[str, Shape | None]
"""The expression for a value, and the shape of its objects."""


def joined(
    making: Making, key: str, made: GraphQLField, declared: Relation, details: FieldDetailsList
) -> Shown | None:
    """What shows a link within the object being made; None where a step has to."""
    kind = made.type
    if isinstance(declared, Many | Listed) or made.args or not isinstance(making.access, Rows):
        return None
    if isinstance(declared, Both) and not _is_flat(making.compiler, get_named_type(made.type), details):
        return None  # each side would have steps of its own, and theirs again
    choices: Sequence[One | Either] = (declared,) if isinstance(declared, One | Either) else declared.of
    if isinstance(declared, Both):
        items: Any = get_nullable_type(kind)
        kind = items.of_type
    shown = [_Choice(making, key, one, kind, details) for one in choices]
    if not all(one.is_near for one in shown):
        return None
    texts = [one.text() for one in shown]
    text = f"[{', '.join(texts)}]" if isinstance(declared, Both) else texts[0]
    return text, shown[0].shape


def _is_flat(compiler: Compiler, kind: Any, details: FieldDetailsList) -> bool:
    """Whether an object shows nothing but values of its row."""
    possible = compiler.executor.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
    return all(
        is_leaf_type(get_named_type(field.type)) and not isinstance(field.extensions.get(RELATION), Computed)
        for one in possible
        for asked in compiler.below(one, details).values()
        if (field := one.fields.get(asked[0].node.name.value)) is not None
    )


class _Choice:
    """The row of the first of several links whose key is complete."""

    def __init__(
        self, making: Making, key: str, declared: One | Either, kind: Any, details: FieldDetailsList
    ) -> None:
        assert isinstance(making.access, Rows)
        self.making, self.access, self.key, self.details = making, making.access, key, details
        self.kind: Any = get_named_type(kind)
        self.links: Sequence[One] = declared.of if isinstance(declared, Either) else (declared,)
        self.absent = making.name(NULL) if is_non_null_type(kind) else "None"
        self.rows = [self.access.beyond(making.compiler.source, one) for one in self.links]
        self.shape: Shape | None = None

    @property
    def is_near(self) -> bool:
        """Whether the rows of all links come along."""
        return None not in self.rows

    def text(self) -> str:
        """The expression for its object."""
        text = self.absent
        for link, rows in reversed(list(zip(self.links, self.rows, strict=True))):
            assert rows is not None
            shown = f"({self._object(rows)} if {rows.there} is not None else {self.absent})"
            complete = [f"{part} is not None" for part in self._optional(link)]
            text = f"({shown} if {' and '.join(complete)} else {text})" if complete else shown
        return text

    def _optional(self, link: One) -> list[str]:
        parts = [part for part in link.key if isinstance(part, str) and self.access.may_be_null(part)]
        return [self.access.column(part) for part in parts]

    def _object(self, rows: Rows) -> str:
        compiler = self.making.compiler
        kind: GraphQLObjectType = self.making.type_over(rows.read, self.kind)
        inner = self.making.beyond(self.key, kind, rows)
        for key, details in compiler.below(kind, self.details).items():
            inner.add(key, details)
        self.making.private = self.making.private or inner.private
        self.shape = merged(self.shape, inner.shape)
        return codegen.one_object(inner.fields)
