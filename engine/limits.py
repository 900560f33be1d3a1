"""How deep an operation goes and how many objects it may ask for, in time linear in the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from graphql.type import GraphQLNonNull

USUAL_LIST = 10


@dataclass(frozen=True, slots=True)
class Size:
    """The size of an operation: levels of nested fields, and objects at most."""

    depth: int
    objects: int


NOTHING = Size(0, 0)


@dataclass(slots=True)
class Measure:
    """Measures operations of one document; each fragment is measured once, however often it is spread."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _measured: dict[str, Size] = field(default_factory=dict)
    _defaults: dict[str, Any] = field(default_factory=dict)

    def of(self, operation: OperationDefinitionNode) -> Size:
        """The size of an operation of a valid document."""
        self._fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._defaults = {
            one.variable.name.value: one.default_value for one in operation.variable_definitions or ()
        }
        return self._selections(operation.selection_set, self.schema.get_root_type(operation.operation))

    def _selections(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Size:
        sizes = [self._selection(one, parent) for one in selections.selections] if selections else []
        return Size(max((one.depth for one in sizes), default=0), sum(one.objects for one in sizes))

    def _selection(self, node: Any, parent: GraphQLNamedType | None) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, InlineFragmentNode):
            named = node.type_condition and self.schema.get_type(node.type_condition.name.value)
            return self._selections(node.selection_set, named or parent)
        return self._fragment(node)

    def _fragment(self, spread: FragmentSpreadNode) -> Size:
        name = spread.name.value
        if name not in self._measured:
            fragment = self._fragments[name]
            named = self.schema.get_type(fragment.type_condition.name.value)
            self._measured[name] = self._selections(fragment.selection_set, named)
        return self._measured[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        known = (
            parent.fields.get(node.name.value)
            if is_object_type(parent) or is_interface_type(parent)
            else None
        )
        if known is None or node.selection_set is None:
            return Size(1, 0)
        below = self._selections(node.selection_set, get_named_type(known.type))
        in_page = (parent.name if parent else "").endswith("Connection")  # whose own size already counts
        return Size(below.depth + 1, (1 if in_page else self._times(node, known)) * (1 + below.objects))

    def _times(self, node: FieldNode, known: GraphQLField) -> int:
        """How many objects a field gives for one parent: what the caller asks for, else what is usual."""
        given = {one.name.value: one.value for one in node.arguments or ()}
        for name in ("last", "first"):
            if name in known.args:
                asked = self._number(given[name]) if name in given else None
                if asked is not None:
                    return asked
        if "first" in known.args:
            usual = known.args["first"].default_value
            return usual if isinstance(usual, int) else 2 * USUAL_LIST
        if "ids" in given:
            return self._length(given["ids"])
        shown = known.type.of_type if isinstance(known.type, GraphQLNonNull) else known.type
        return USUAL_LIST if is_list_type(shown) else 1

    def _number(self, node: Any) -> int | None:
        if isinstance(node, VariableNode):
            name = node.name.value
            value = self.variables.get(name, self._defaults.get(name))
            return (
                max(value, 0)
                if isinstance(value, int)
                else self._number(value)
                if value is not None
                else None
            )
        return max(int(node.value), 0) if isinstance(node, IntValueNode) else None

    def _length(self, node: Any) -> int:
        value = self.variables.get(node.name.value) if isinstance(node, VariableNode) else None
        if isinstance(node, ListValueNode):
            return len(node.values)
        return len(value) if isinstance(value, list) else 1
