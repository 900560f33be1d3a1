"""Assignments: the part of an UPDATE that sets just the columns that were told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any


def assignments(columns: Mapping[str, Any], after: int) -> str:
    """`name = $n, …` for columns whose names are ours; their values follow so many others."""
    return ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, after + 1))


def values(columns: Mapping[str, Any]) -> list[Any]:
    """The values of these columns as they are stored."""
    return [value.value if isinstance(value, Enum) else value for value in columns.values()]
