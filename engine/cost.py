"""Cost: the objects that an operation may ask for.

It goes by the weights and sizes that the fields of the schema carry in their extensions, under COST and
LIST_SIZE. An object counts one and its field's weight, a leaf its field's weight alone; a list counts its
entries. What is constant is added up when an operation is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_list_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

COST = "cost"
"""In the extensions of a field: its weight, as in @cost."""
LIST_SIZE = "listSize"
"""In the extensions of a field: its ListSize, as in @listSize."""
USUAL_LIST = 10
"""Entries of a list that no @listSize tells."""
INTROSPECTION_LIST = 500
"""What each list counts in a question about the schema itself; nothing else in it counts."""


@dataclass(frozen=True, slots=True)
class ListSize:
    """How many entries a list has: as many as its slicing arguments say, else as is assumed.

    Where sized fields are named, it is their lists that are so long.
    """

    assumed: int | None = None
    arguments: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


NO_SIZE = ListSize()
Fragments = Mapping[str, FragmentDefinitionNode]
Values = Mapping[str, Any]
"""The coerced values of an operation's variables."""


@dataclass(slots=True)
class Evaluation:
    """One working out of a formula: the values of the variables, and what is known of fragments."""

    values: Values
    fragments: dict[Any, int] = field(default_factory=dict)


Term = int | Callable[[Evaluation], int]
"""A number, or how to work it out from the variables."""


def total(terms: Iterable[Term]) -> Term:
    """The sum of terms."""
    known, formulas = 0, []
    for term in terms:
        if isinstance(term, int):
            known += term
        else:
            formulas.append(term)
    if not formulas:
        return known

    def add(now: Evaluation) -> int:
        result = known
        for formula in formulas:
            result += formula(now)
        return result

    return add


def product(one: Term, other: Term) -> Term:
    """The product of two terms."""
    if isinstance(one, int):
        if one in (0, 1):
            return other if one else 0
        if isinstance(other, int):
            return one * other
        factor, formula = one, other
        return lambda now: factor * formula(now)
    if isinstance(other, int):
        return product(other, one)
    first, second = one, other
    return lambda now: first(now) * second(now)


def largest(terms: Iterable[Term]) -> Term:
    """The largest of terms, 0 where there are none."""
    known, formulas = 0, []
    for term in terms:
        if isinstance(term, int):
            known = max(known, term)
        elif term not in formulas:
            formulas.append(term)
    return (lambda now: max(known, *(formula(now) for formula in formulas))) if formulas else known


@dataclass(frozen=True, slots=True)
class Below:
    """What is below a field: what counts once, and what counts for each entry of its sized fields."""

    once: Term = 0
    each: Term = 0


NOTHING = Below()


def _added(parts: list[Below]) -> Below:
    return Below(total([one.once for one in parts]), total([one.each for one in parts]))


def requested_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Callable[[Values], int]:
    """How many objects an operation of a valid document may ask for, given the values of its variables.

    Every field counts as often as it is written, and a fragment wherever it is spread.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        return lambda values: 0
    term = Requested(schema, fragments).below(operation.selection_set, root).once
    if isinstance(term, int):
        constant = term
        return lambda values: constant
    formula = term
    return lambda values: formula(Evaluation(values))


@dataclass(slots=True)
class Requested:
    """Compiles selections to the terms of what they ask for; a fragment once for each type it may meet."""

    schema: GraphQLSchema
    fragments: Fragments
    _known: dict[Any, Below] = field(default_factory=dict)

    def below(
        self,
        selections: SelectionSetNode | None,
        parent: GraphQLNamedType,
        sized: tuple[str, ...] = (),
    ) -> Below:
        """What a selection set asks of an object; where several types are possible, of the dearest."""
        if selections is None:
            return NOTHING
        if not is_abstract_type(parent):
            return self._of(selections, parent, sized)
        possible = [self._of(selections, one, sized) for one in self.schema.get_possible_types(parent)]
        return Below(largest(one.once for one in possible), largest(one.each for one in possible))

    def _of(self, selections: SelectionSetNode, parent: GraphQLNamedType, sized: tuple[str, ...]) -> Below:
        parts = []
        for one in selections.selections:
            shown = shown_if(one)
            below = self._selection(one, parent, sized) if shown != 0 else NOTHING
            if below is not NOTHING:
                parts.append(Below(product(shown, below.once), product(shown, below.each)))
        return _added(parts) if parts else NOTHING

    def _selection(self, one: Any, parent: GraphQLNamedType, sized: tuple[str, ...]) -> Below:
        if isinstance(one, FieldNode):
            return self._field(one, parent, sized)
        if isinstance(one, FragmentSpreadNode):
            return self._spread(one.name.value, parent, sized)
        if not applies(self.schema, one.type_condition, parent):
            return NOTHING
        return self._of(one.selection_set, parent, sized)

    def _spread(self, name: str, parent: GraphQLNamedType, sized: tuple[str, ...]) -> Below:
        key = (name, parent.name, sized)
        if key not in self._known:
            self._known[key] = NOTHING  # where a fragment spreads itself
            fragment = self.fragments.get(name)
            if fragment is not None and applies(self.schema, fragment.type_condition, parent):
                found = self._of(fragment.selection_set, parent, sized)
                self._known[key] = Below(_kept(found.once, (key, 0)), _kept(found.each, (key, 1)))
        return self._known[key]

    def _field(self, node: FieldNode, parent: GraphQLNamedType, sized: tuple[str, ...]) -> Below:
        name = node.name.value
        known = self.schema.get_field(cast(Any, parent), name)
        if known is None:
            return NOTHING
        own, size = known.extensions.get(COST, 0), known.extensions.get(LIST_SIZE, NO_SIZE)
        if node.selection_set is None:
            return Below(own) if own else NOTHING
        below = self.below(node.selection_set, get_named_type(known.type), size.fields)
        if of_introspection(known):
            return Below(total([INTROSPECTION_LIST * is_list(known), below.once]))
        if name in sized:
            return Below(0, total([1 + own, below.once]))
        entries = entries_of(node, known, size)
        if is_list(known):
            return Below(product(entries, total([1 + own, below.once])))
        return Below(total([1 + own, below.once, product(entries, below.each)]))


def _kept(term: Term, key: Any) -> Term:
    """A term that is worked out once in each evaluation, however often its fragment is spread."""
    if isinstance(term, int):
        return term

    def look(now: Evaluation) -> int:
        found = now.fragments.get(key)
        if found is None:
            found = now.fragments[key] = term(now)
        return found

    return look


def applies(schema: GraphQLSchema, condition: Any, parent: GraphQLNamedType) -> bool:
    """Whether a fragment with this type condition applies to every object of a type."""
    named = condition and schema.get_type(condition.name.value)
    if named is None or named is parent:
        return True
    return is_abstract_type(named) and schema.is_sub_type(named, cast(Any, parent))


def is_list(known: GraphQLField) -> bool:
    """Whether a field gives a list."""
    return is_list_type(known.type.of_type if isinstance(known.type, GraphQLNonNull) else known.type)


def of_introspection(known: GraphQLField) -> bool:
    """Whether a field tells of the schema itself."""
    return is_introspection_type(get_named_type(known.type))


def shown_if(selection: Any) -> Term:
    """1 where @skip and @include show a selection, else 0."""
    shown: Term = 1
    for directive in selection.directives or ():
        name = directive.name.value
        if name in ("skip", "include") and directive.arguments:
            shown = product(shown, _as_told(directive.arguments[0].value, wanted=name == "include"))
    return shown


def _as_told(value: ValueNode, *, wanted: bool) -> Term:
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda now: int(bool(now.values.get(name)) is wanted)
    return int((isinstance(value, BooleanValueNode) and value.value) is wanted)


# How many entries -------------------------------------------------------------------------------------------

Given = int | None | Callable[[Values], int | None]
"""How many entries an argument asks for; None where it does not say."""


def entries_of(node: FieldNode, known: GraphQLField, size: ListSize) -> Term:
    """How many entries the list of a field has at most."""
    given = [_given(node, known, name) for name in size.arguments if name in known.args]
    unless = USUAL_LIST if size.assumed is None else size.assumed
    if not any(callable(one) for one in given):
        return max((one for one in given if isinstance(one, int)), default=unless)

    def most(now: Evaluation) -> int:
        asked = [one(now.values) if callable(one) else one for one in given]
        return max((one for one in asked if one is not None), default=unless)

    return most


def _given(node: FieldNode, known: GraphQLField, name: str) -> Given:
    argument = known.args[name]
    usual = length(coerce_default_value(argument))
    value = next((one.value for one in node.arguments or () if one.name.value == name), None)
    if value is None:
        return usual
    if isinstance(value, VariableNode):
        variable = value.name.value
        return lambda values: length(values[variable]) if variable in values else usual
    if isinstance(value, IntValueNode) and not is_list_type(getattr(argument.type, "of_type", argument.type)):
        return max(int(value.value), 0)
    if isinstance(value, NullValueNode):
        return None
    return len(value.values) if isinstance(value, ListValueNode) else 1


def length(value: Any) -> int | None:
    """How many entries the value of a slicing argument asks for: a number says it, a list has them."""
    if value is None or value is Undefined:
        return None
    return max(value, 0) if isinstance(value, int) else len(value) if isinstance(value, list) else 1
