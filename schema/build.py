"""Builds the schema from its types, and hands the declarations of its fields to the executors.

Every schema file is imported here, since the files name each other's types in annotations alone.
"""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_union_type,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition

import schema.alliances
import schema.blocs
import schema.diplomacy
import schema.memories
import schema.npcs
import schema.players
import schema.relationships
import schema.treaties
import schema.trust
import schema.worlds
from engine.relations import RELATION, Computed, Relation, reads_of
from schema.base import TYPES, DeclaredField
from schema.costs import hand_over
from schema.extensions import FreshLoaders, Limits, MaskedSurprises, OperationLog, Reading
from schema.mutations import Mutation
from schema.root import Query
from schema.scalars import SCALARS

EXTENSIONS: list[type[SchemaExtension]] = [FreshLoaders, OperationLog, MaskedSurprises, Reading, Limits]


class EntenteSchema(strawberry.Schema):
    """Strawberry's schema; what went wrong is logged where it is masked, and only there."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: see MaskedSurprises."""


def build() -> strawberry.Schema:
    """The schema, with every declaration where an executor finds it."""
    made = EntenteSchema(
        query=Query,
        mutation=Mutation,
        types=[one for one in TYPES.values() if hasattr(one, "__row__")],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=EXTENSIONS,
    )
    for graphql_type in made._schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in graphql_type.fields.items():
                _hand_over(f"{graphql_type.name}.{name}", field)
    return made


def _hand_over(coordinate: str, field: GraphQLField) -> None:
    made = field.extensions.get("strawberry-definition")
    if not isinstance(made, DeclaredField):
        return
    field.extensions[RELATION] = made.declared
    hand_over(made.directives, field)
    if not isinstance(made.declared, Computed):
        _compare_rows(coordinate, made.declared, field)


def _compare_rows(coordinate: str, relation: Relation, field: GraphQLField) -> None:
    """What no type checker can see: that the read gives the rows that the type shown is made of."""
    given = {read.row for read in reads_of(relation)}
    shown = _rows_shown(get_named_type(field.type))
    if given != shown:
        names = " and ".join(sorted(row.__name__ for row in shown))
        raise TypeError(f"{coordinate}: the read gives {given}, the type shown is over {names}")


def _rows_shown(graphql_type: Any) -> set[type]:
    if is_union_type(graphql_type):
        return {row for member in graphql_type.types for row in _rows_shown(member)}
    definition: StrawberryObjectDefinition = graphql_type.extensions["strawberry-definition"]
    shown: Any = (definition.type_var_map or {}).get("NodeT", definition.origin)
    return {shown.__row__}
