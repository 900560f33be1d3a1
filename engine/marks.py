"""Marks: variables as bytes, equal for what is equal, to find again what was made for them."""

from __future__ import annotations

from typing import Any

import orjson

LONGEST_MARK = 2000
"""Bytes: what is made for larger variables is made anew each time, since it would fill the memory."""


def mark_of(variables: dict[str, Any]) -> bytes | None:
    """The mark of some variables; None where there is none, as of what is large or nests very deep."""
    try:
        mark = orjson.dumps(variables)
    except TypeError:
        return None
    return mark if len(mark) <= LONGEST_MARK else None
