"""How many rows a statement wrote, by what Postgres says of it."""

from __future__ import annotations


def affected(status: str) -> int:
    """The number in a command's status, such as `UPDATE 3`."""
    return int(status.rpartition(" ")[2])
