"""Checking: the limits of an operation as the service applies them, without running it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import get_variable_values

from engine.cost import requested_of
from engine.limits import Limits, check_cost, check_variables


def check_operation(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
    limits: Limits,
) -> GraphQLError | None:
    """Refuses an operation of a valid document that asks for too much with these variables.

    Variables that do not fit the operation pass: they are refused anyway.
    """
    refused = check_variables(variables, limits)
    if refused is not None:
        return refused
    values = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        return None
    return check_cost(requested_of(schema, operation, fragments)(values.coerced), limits)
