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
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.type import GraphQLNonNull

COST = "cost"
"""In the extensions of a field that a function answers: the objects that its work is worth, for each id
given."""
USUAL_LIST = 10
USUAL_PAGE = 20


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
    _values: VariableValues | None = None

    def of(self, operation: OperationDefinitionNode) -> Size:
        """The size of an operation of a valid document; nothing where its variables will be refused
        anyway."""
        self._fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        definitions = operation.variable_definitions or ()
        coerced = get_variable_values(self.schema, definitions, dict(self.variables))
        if isinstance(coerced, list):
            return NOTHING
        self._values = coerced
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
        each, asked = 1 + below.objects, get_argument_values(known, node, self._values)
        objects = each if in_page else max(1, _times(known, asked) * each)
        return Size(below.depth + 1, objects + known.extensions.get(COST, 0) * _listed(asked))


def _times(known: GraphQLField, asked: Mapping[str, Any]) -> int:
    """How many objects a field gives for one parent: what the caller asks for, else what is usual."""
    for name in ("last", "first"):
        value = asked.get(name)
        if isinstance(value, int):
            return max(value, 0)
    if "first" in known.args:
        return USUAL_PAGE
    shown = known.type.of_type if isinstance(known.type, GraphQLNonNull) else known.type
    return _listed(asked, USUAL_LIST) if is_list_type(shown) else 1


def _listed(asked: Mapping[str, Any], unless: int = 1) -> int:
    """The length of the list that the caller gave."""
    return max((len(value) for value in asked.values() if isinstance(value, list)), default=unless)
