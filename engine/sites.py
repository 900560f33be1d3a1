"""Sites: the places in an operation that take arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    ValueNode,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from engine.errors import Err
from engine.relations import PYTHON_NAME, Computed, Either, Listed, Many, Relation, Source, argument_names


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the operation that takes arguments."""

    field: GraphQLField
    details: FieldDetailsList
    relation: Relation | Computed
    roots: dict[str, int]
    """Of the arguments that differ between requests that share a batch, the place of each."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it is asked for."""

    key: str
    parent: GraphQLObjectType
    field: GraphQLField
    details: FieldDetailsList

    @property
    def nodes(self) -> list[FieldNode]:
        """Where it is asked for."""
        return [one.node for one in self.details]

    def info(self, executor: Executor[Any]) -> GraphQLResolveInfo[Any]:
        """What a resolver is told of it."""
        path = Path(None, self.key, self.parent.name)
        return executor.build_resolve_info(self.field, self.nodes, self.parent, path)


def given(made: GraphQLField, details: FieldDetailsList) -> dict[str, ValueNode]:
    """The arguments that a field is given as it is written, by their names in Python."""
    written = details[0].node.arguments or ()
    return {made.args[one.name.value].extensions[PYTHON_NAME]: one.value for one in written}


def arguments_of(site: Site, executor: Executor[Any], source: Source) -> Any:
    """What a place of the operation is given with these variables; an Err where it cannot be."""
    detail, relation = site.details[0], site.relation
    try:
        values = get_argument_values(
            site.field, detail.node, executor.variable_values, detail.fragment_variable_values
        )
        if isinstance(relation, Computed):
            return values
        named = {site.field.args[name].extensions[PYTHON_NAME]: value for name, value in values.items()}
        if isinstance(relation, Many):
            ask = source.ask(relation, named)
            return named, ask, source.short(ask) if relation.paged else ask
        if isinstance(relation, Listed):
            return named | {"first": source.ask(relation, named)}
        if isinstance(relation, Either):
            _refuse_unclear(relation, named, site.roots)
    except Exception as error:
        return Err(error)
    return named


def _refuse_unclear(either: Either, named: dict[str, Any], roots: dict[str, int]) -> None:
    if either.otherwise is None:
        return
    given = [name for name in argument_names(either) if named.get(name) is not None or name in roots]
    if len(given) != 1:
        raise GraphQLError(either.otherwise, extensions={"code": "BAD_USER_INPUT"})
