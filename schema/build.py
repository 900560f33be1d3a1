"""Builds the schema from its types, and hands the declarations of its fields to the executors.

Every schema file is imported here, since the files name each other's types in annotations alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    is_union_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_snake_case

import schema.alliances
import schema.battles
import schema.blocs
import schema.building
import schema.changes
import schema.decision_queue
import schema.decisions
import schema.diplomacy
import schema.exports
import schema.ledger
import schema.llm_responses
import schema.memories
import schema.messages
import schema.metrics
import schema.minute_metrics
import schema.npc_records
import schema.npc_states
import schema.npcs
import schema.players
import schema.rate_limits
import schema.relationships
import schema.sessions
import schema.trades
import schema.treaties
import schema.trust
import schema.trust_rules
import schema.village_configs
import schema.villages
import schema.worlds
from engine.relations import (
    COLUMN,
    NATIVE,
    PYTHON_NAME,
    RELATION,
    ROW,
    Computed,
    Derived,
    Relation,
    reads_of,
)
from resolvers.global_ids import NODES, encode, key_of
from schema import access, costs, inputs
from schema.base import SOURCE, TYPES, DeclaredField, Source
from schema.mutations import Mutation
from schema.root import Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription

NATIVE_SCALARS = ("BigInt", "DateTime", "JSON")
"""Scalars whose values are written as they come from a store."""


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
        subscription=Subscription,
        types=[one for one in TYPES.values() if hasattr(one, "__row__")],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    for graphql_type in made._schema.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            # Strawberry checks by itself, when a resolver is called; graphql-core does before anything runs.
            definition = graphql_type.extensions["strawberry-definition"]
            graphql_type.is_one_of = definition.is_one_of
            inputs.hand_over(definition, made.config.name_converter.from_field)
        if isinstance(graphql_type, GraphQLObjectType):
            _hand_over_row(graphql_type)
        if isinstance(graphql_type, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in graphql_type.fields.items():
                _hand_over(f"{graphql_type.name}.{name}", field)
    for name in NATIVE_SCALARS:
        made._schema.type_map[name].extensions[NATIVE] = True
    return made


def _hand_over_row(graphql_type: GraphQLObjectType) -> None:
    definition: StrawberryObjectDefinition | None = graphql_type.extensions.get("strawberry-definition")
    row = getattr(definition and definition.origin, "__row__", None)
    if row is not None:
        graphql_type.extensions[ROW] = row
    node = NODES.get(graphql_type.name)
    if node is not None:
        make = partial(encode, graphql_type.name)
        graphql_type.fields["id"].extensions[RELATION] = Derived(make, key_of(graphql_type.name))


def _hand_over(coordinate: str, field: GraphQLField) -> None:
    made = field.extensions.get("strawberry-definition")
    if isinstance(made, StrawberryField) and made.is_basic_field:
        field.extensions[COLUMN] = made.python_name
        access.hand_over(made.directives, field)
    if not isinstance(made, DeclaredField):
        return
    field.extensions[RELATION] = made.declared
    for argument in field.args.values():
        argument.extensions[PYTHON_NAME] = argument.extensions["strawberry-definition"].python_name
    if SOURCE in made.metadata:
        field.subscribe = _subscribe(made.metadata[SOURCE])
    costs.hand_over(made.directives, field)
    access.hand_over(made.directives, field)
    if not isinstance(made.declared, Computed):
        _compare_rows(coordinate, made.declared, field)


def _subscribe(source: Source) -> Callable[..., Any]:
    def subscribe(_root: None, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return source(info.context, **{to_snake_case(name): value for name, value in arguments.items()})

    return subscribe


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
