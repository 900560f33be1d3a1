"""Errors of fields: carried as values in the place of what failed, and told when the answer is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

Mask = Callable[[GraphQLError, str], GraphQLError]
"""What is shown in place of an error, given the id of the request."""


class Err:
    """Stands in the place of a value that could not be had.

    No dataclass, which orjson would write as an object: it is to stop at one.
    """

    __slots__ = ("error",)

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        """What went wrong; None: there is nothing where there must be something."""


class UncompiledError(Exception):
    """The compiler does not cover this operation: the reference executor answers it."""


NULL = Err(None)


def failed(value: Any) -> Any:
    """An exception as a value; anything else as it is."""
    return Err(value) if isinstance(value, Exception) else value


def required(values: list[Any]) -> list[Any]:
    """The values of a field that must not be null."""
    return [NULL if value is None else value for value in values]


def code_of(error: dict[str, Any]) -> str:
    """The code of an error as it is shown; GRAPHQL where it is GraphQL's own."""
    return str(error.get("extensions", {}).get("code", "GRAPHQL"))
