"""Errors of fields: what a client is shown of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

Mask = Callable[[GraphQLError, str], GraphQLError]
"""What is shown in place of an error, given the id of the request."""


def code_of(error: dict[str, Any]) -> str:
    """The code of an error as it is shown; GRAPHQL where it is GraphQL's own."""
    return str(error.get("extensions", {}).get("code", "GRAPHQL"))
