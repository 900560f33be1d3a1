"""Scalars: whole numbers up to 64 bits, and moments."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from db import moments
from resolvers.scalars import BigInt as BigInt

WHOLE_NUMBER = re.compile("-?[0-9]{1,19}")
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def _big_int(value: Any) -> int:
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not SMALLEST <= value <= LARGEST:
        raise GraphQLError("BigInt must be a whole number from −2^63 to 2^63 − 1.")
    return value


def _moment(value: Any) -> datetime:
    try:
        return moments.parse(value)
    except ValueError as error:
        raise GraphQLError(
            f"DateTime must be an ISO 8601 moment such as 2026-11-23T12:00:00Z, not {str(value)[:100]!r}."
        ) from error


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        serialize=int,
        parse_value=_big_int,
        description="A whole number up to 64 bits, as a JSON number; JavaScript reads it exactly up to 2^53. "
        "Accepted as a number or as text.",
    ),
    UUID: strawberry.scalar(
        name="UUID", serialize=str, parse_value=UUID, description="A universally unique identifier, as text."
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        serialize=datetime.isoformat,
        parse_value=_moment,
        description="A moment in ISO 8601, such as 2026-11-23T12:00:00Z; UTC where it names no zone.",
    ),
}
