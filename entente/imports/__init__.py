"""Readers of what other programs publish: each turns a file into rows, or says which line it cannot read."""

from __future__ import annotations

import re

WORLD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")


class ImportRefused(Exception):  # noqa: N818 - what it says is a refusal, not a failure
    """A file, or an import of it, that is refused as a whole; nothing of it was loaded."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"Line {line:,}: {message}")
        self.line = line


def check_world_id(world_id: str) -> None:
    """Refuse what can't be the id of a world."""
    if not WORLD_ID.fullmatch(world_id):
        raise ImportRefused(
            f"{world_id[:60]!r} can't be a world's id: that has up to 50 letters, digits, _, . and -, "
            f"of which the first is a letter or a digit."
        )
