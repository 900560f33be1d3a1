"""Which variables may differ between requests that share a batch: those that are nothing but keys of root
fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    is_scalar_type,
)

from engine.cost import Fragments
from engine.relations import PYTHON_NAME, RELATION, Computed, Derived, argument_names

PARTS = (
    "variable_definitions",
    "variable",
    "directives",
    "arguments",
    "value",
    "fields",
    "values",
    "selection_set",
    "selections",
    "default_value",
)
"""Where in a node there may be variables."""


class DoubtfulError(Exception):
    """A value that only the reference executor can judge."""


@dataclass(frozen=True, slots=True)
class Varying:
    """A variable that is a root key, and what reads its value."""

    name: str
    read: Callable[[Any], Any]


def varying(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> list[Varying]:
    """The variables of an operation that are root keys and nothing else."""
    everywhere = Counter(_variables([operation, *fragments.values()]))
    as_keys = Counter(_root_keys(schema, operation))
    found = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        read = _reader(schema, definition)
        if read is not None and as_keys[name] and as_keys[name] == everywhere[name] - 1:  # 1: its definition
            found.append(Varying(name, read))
    return found


def _variables(node: Any) -> Iterator[str]:
    if isinstance(node, VariableNode):
        yield node.name.value
    elif isinstance(node, list | tuple):
        for one in node:
            yield from _variables(one)
    else:
        for part in PARTS:
            yield from _below(node, part)


def _below(node: Any, part: str) -> Iterator[str]:
    below = getattr(node, part, None)
    if below is not None and not isinstance(below, str | bool):
        yield from _variables(below)


def _root_keys(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Iterator[str]:
    root: Any = schema.get_root_type(operation.operation)
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode) or node.name.value not in root.fields:
            continue
        made = root.fields[node.name.value]
        relation = made.extensions.get(RELATION)
        if relation is None or isinstance(relation, Computed | Derived):
            continue
        keys = argument_names(relation)
        for argument in node.arguments or ():
            name = made.args[argument.name.value].extensions[PYTHON_NAME]
            if isinstance(argument.value, VariableNode) and name in keys:
                yield argument.value.name.value


def _reader(schema: GraphQLSchema, definition: VariableDefinitionNode) -> Callable[[Any], Any] | None:
    if definition.default_value is not None:
        return None
    named: Any = definition.type.type if isinstance(definition.type, NonNullTypeNode) else definition.type
    kind = schema.get_type(named.name.value) if named.kind == "named_type" else None
    if not is_scalar_type(kind):
        return None
    if kind.name == "Int":
        return _int
    if kind.name in ("String", "ID"):
        return _text
    return _scalar(kind.coerce_input_value)


def _int(value: Any) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise DoubtfulError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise DoubtfulError
    return value


def _scalar(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            found = coerce(value)
            hash(found)
        except Exception:
            raise DoubtfulError from None
        if found is None:
            raise DoubtfulError
        return found

    return read


def values_of(variables: list[Varying], given: Mapping[str, Any]) -> tuple[Any, ...]:
    """The root keys that a request gives; raises DoubtfulError where they are not plainly right."""
    try:
        return tuple([one.read(given[one.name]) for one in variables])
    except KeyError:
        raise DoubtfulError from None
