"""Overlap: whether the fields of a document that share a response name can be merged.

graphql-core compares such fields in pairs, which takes time in the square of their number. Here they are
compared as groups: all fields of one response name must give values of one shape, and those that may be
selected on the same object must be the same field with the same arguments. The merged selection sets below
them are compared in the same way, each combination once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    StringValueNode,
    ValidationContext,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.validation.validate import ValidationAbortedError

from engine.spreads import fragments_of, innermost_first, operations_of, spreads_of

MOST_STEPS = 15_000
"""Fields that are looked at: more than any document has, unless its fields differ by type at every level."""
PAIRS_TO_EXPLAIN = 5_000
"""What graphql-core may spend to tell all conflicts, where there are some."""


class TooManyStepsError(Exception):
    """The document would take too long to compare."""


class Selected(NamedTuple):
    """A selection set, and the type that it selects from."""

    selections: SelectionSetNode
    parent: GraphQLNamedType | None


class Occurrence(NamedTuple):
    """A field where it is written."""

    node: FieldNode
    parent: GraphQLNamedType | None
    known: GraphQLField | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two fields that cannot be merged, and why."""

    name: str
    reason: str
    nodes: list[FieldNode]

    def error(self) -> GraphQLError:
        """The error that the caller gets; graphql-core's words."""
        return GraphQLError(
            f"Fields '{self.name}' conflict because {self.reason}. "
            "Use different aliases on the fields to fetch both if this was intentional.",
            self.nodes,
        )


def conflict_in(schema: GraphQLSchema, document: DocumentNode) -> Conflict | None:
    """The first conflict in the operations of a document; none in circular ones, which are invalid anyway."""
    fragments = fragments_of(document)
    _, circular = innermost_first(spreads_of(fragments))
    if circular:
        return None
    overlap = Overlap(schema, fragments)
    for operation in operations_of(document):
        root = schema.get_root_type(operation.operation)
        found = overlap.within([Selected(operation.selection_set, root)])
        if found is not None:
            return found
    return None


@dataclass(slots=True)
class Overlap:
    """Compares the fields of one document."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    _seen: set[Any] = field(default_factory=set)
    _shapes: dict[int, str] = field(default_factory=dict)
    _calls: dict[int, Any] = field(default_factory=dict)
    _steps: int = 0

    def within(self, selected: list[Selected], *, shapes: bool = True, calls: bool = True) -> Conflict | None:
        """A conflict in selection sets that are merged: in the shapes of values, or in what is called."""
        key = (frozenset(id(one.selections) for one in selected), shapes, calls)
        if key in self._seen:
            return None
        self._seen.add(key)
        for name, group in self._collected(selected).items():
            found = self._in_group(name, group, shapes, calls)
            if found is not None:
                return found
        return None

    def _in_group(
        self, name: str, group: dict[int, Occurrence], shapes: bool, calls: bool
    ) -> Conflict | None:
        fields = list(group.values())
        if len(fields) == 1:
            below = _below(fields)
            return self.within(below, shapes=shapes, calls=calls) if below else None
        together = _together(fields) if calls else []
        found = next(filter(None, (self._call_conflict(name, one) for one in together)), None)
        found = found or (self._shape_conflict(name, fields) if shapes else None)
        return found or self._below(name, fields, together, shapes)

    def _below(
        self, name: str, fields: list[Occurrence], together: list[list[Occurrence]], shapes: bool
    ) -> Conflict | None:
        """A conflict below fields of one response name."""
        if len(together) == 1 and shapes:
            return self._merged(name, fields, shapes=True, calls=True)
        found = self._merged(name, fields, shapes=True, calls=False) if shapes else None
        for one in together:
            found = found or self._merged(name, one, shapes=False, calls=True)
        return found

    def _merged(self, name: str, fields: list[Occurrence], *, shapes: bool, calls: bool) -> Conflict | None:
        below = _below(fields)
        found = self.within(below, shapes=shapes, calls=calls) if below else None
        if found is None or len(fields) == 1:
            return found
        reason = f"subfields '{found.name}' conflict because {found.reason}"
        return Conflict(name, reason, [fields[0].node, fields[-1].node, *found.nodes])

    def _shape_conflict(self, name: str, fields: list[Occurrence]) -> Conflict | None:
        """Fields of one response name whose values have different shapes."""
        first: Occurrence | None = None
        for one in fields:
            if one.known is None:
                continue
            first = first or one
            assert first.known is not None
            if self._shape(one.known.type) != self._shape(first.known.type):
                reason = f"they return conflicting types '{first.known.type}' and '{one.known.type}'"
                return Conflict(name, reason, [first.node, one.node])
        return None

    def _call_conflict(self, name: str, fields: list[Occurrence]) -> Conflict | None:
        """Fields of one response name, of one object, that are not the same field with the same arguments."""
        first = fields[0].node
        for one in fields:
            if one.node.name.value != first.name.value:
                reason = f"'{first.name.value}' and '{one.node.name.value}' are different fields"
                return Conflict(name, reason, [first, one.node])
            if self._call(one.node) != self._call(first):
                return Conflict(name, "they have differing arguments", [first, one.node])
        return None

    def _shape(self, kind: Any) -> str:
        """What values of a type look like: lists, nulls and leaves; one object is like another."""
        known = self._shapes.get(id(kind))
        if known is None:
            if is_non_null_type(kind):
                known = self._shape(kind.of_type) + "!"
            elif is_list_type(kind):
                known = f"[{self._shape(kind.of_type)}]"
            else:
                known = kind.name if is_leaf_type(kind) else ""
            self._shapes[id(kind)] = known
        return known

    def _call(self, node: FieldNode) -> Any:
        """The arguments of a field, in a form that can be compared."""
        if not node.arguments:
            return ()
        if id(node) not in self._calls:
            given = [(one.name.value, _value(one.value)) for one in node.arguments]
            self._calls[id(node)] = sorted(given, key=lambda one: one[0])
        return self._calls[id(node)]

    def _collected(self, selected: list[Selected]) -> dict[str, dict[int, Occurrence]]:
        """The fields of selection sets that are merged, fragments spread, by response name."""
        groups: dict[str, dict[int, Occurrence]] = {}
        spread: set[str] = set()
        waiting = selected[::-1]
        while waiting:
            within = waiting.pop()
            self._spend(len(within.selections.selections))
            for one in within.selections.selections:
                if isinstance(one, FieldNode):
                    name = (one.alias or one.name).value
                    groups.setdefault(name, {})[id(one)] = _occurrence(one, within.parent)
                else:
                    waiting += self._inside(one, within.parent, spread)
        return groups

    def _inside(self, one: Any, parent: GraphQLNamedType | None, spread: set[str]) -> Iterable[Selected]:
        """The selections of a fragment, the first time that it is spread."""
        fragment = one
        if isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if name in spread or name not in self.fragments:
                return
            spread.add(name)
            fragment = self.fragments[name]
        condition = fragment.type_condition
        named = self.schema.get_type(condition.name.value) if condition else parent
        yield Selected(fragment.selection_set, named)

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise TooManyStepsError


def _occurrence(node: FieldNode, parent: GraphQLNamedType | None) -> Occurrence:
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    return Occurrence(node, parent, fields.get(node.name.value))


def _below(fields: list[Occurrence]) -> list[Selected]:
    return [
        Selected(one.node.selection_set, get_named_type(one.known.type) if one.known else None)
        for one in fields
        if one.node.selection_set is not None
    ]


def _together(fields: list[Occurrence]) -> list[list[Occurrence]]:
    """The groups of fields that may be selected on the same object.

    Fields of two object types never are; those of an interface may be with any.
    """
    anywhere = [one for one in fields if not is_object_type(one.parent)]
    of_type: dict[int, list[Occurrence]] = {}
    for one in fields:
        if is_object_type(one.parent):
            of_type.setdefault(id(one.parent), []).append(one)
    return [anywhere + some for some in of_type.values()] or [anywhere]


def _value(node: ValueNode) -> Any:
    """A literal in a form that can be compared, as graphql-core does: kind and text."""
    if isinstance(node, ObjectValueNode):
        inner = [(one.name.value, _value(one.value)) for one in node.fields]
        return ("object", sorted(inner, key=lambda one: one[0]))
    if isinstance(node, ListValueNode):
        return ("list", [_value(one) for one in node.values])
    if isinstance(node, StringValueNode):
        return ("string", node.value, node.block is True)
    if isinstance(node, VariableNode):
        return ("variable", node.name.value)
    return (node.kind, None if isinstance(node, NullValueNode) else getattr(node, "value", None))


class OverlappingFieldsRule(OverlappingFieldsCanBeMergedRule):
    """Fields that share a response name can be merged: graphql-core's verdict, told in linear time.

    Where there is a conflict, graphql-core tells all of them if it soon can; else the first is told.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.conflict: GraphQLError | None = None
        self.told = False
        self.rule_context.remaining_complexity_budget = PAIRS_TO_EXPLAIN

    def enter_document(self, node: DocumentNode, *_args: Any) -> None:
        """Finds out whether there is a conflict at all."""
        try:
            found = conflict_in(self.context.schema, node)
            self.conflict = found.error() if found else None
        except TooManyStepsError:
            told = "This operation is too large: too many of its fields share their names. Use aliases."
            self.report_error(GraphQLError(told, extensions={"code": "TOO_LARGE"}))

    def enter_selection_set(
        self, selection_set: SelectionSetNode, _key: Any, parent: Any, *_args: Any
    ) -> None:
        """Lets graphql-core tell the conflicts, where there are some."""
        if self.conflict is None:
            return
        try:
            super().enter_selection_set(selection_set, _key, parent)
        except ValidationAbortedError:
            if self.rule_context.remaining_complexity_budget >= 0:
                raise  # there are too many errors
            conflict, self.conflict = self.conflict, None
            if not self.told:
                self.report_error(conflict)

    def report_error(self, error: GraphQLError) -> None:
        """Reports a conflict."""
        self.told = True
        super().report_error(error)

    def leave_document(self, *_args: Any) -> None:
        """Tells the conflict that graphql-core did not, should there be one."""
        if self.conflict is not None and not self.told:
            self.report_error(self.conflict)
