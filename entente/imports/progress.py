"""How far a long import is: told while it reads, shown by whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

Told = Callable[[int, int], None]
"""Called with the bytes read and the rows understood so far."""

Row = TypeVar("Row")
TOLD_EVERY = 2_000


def untold(_bytes_read: int, _rows: int) -> None:
    """Nobody listens."""


def telling(rows: Iterable[Row], position: Callable[[], int], told: Told) -> Iterator[Row]:
    """The same rows; on the way it is told how far they are."""
    count = 0
    for count, row in enumerate(rows, 1):
        if not count % TOLD_EVERY:
            told(position(), count)
        yield row
    told(position(), count)


@contextmanager
def bar(path: Path, console: Console | None = None) -> Iterator[Told]:
    """A progress bar on standard error for the reading of a file; it shows itself only on a terminal."""
    size = path.stat().st_size if path.is_file() else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    console = console or Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(path.name, total=size, rows=0)
        yield lambda bytes_read, rows: shown.update(task, completed=bytes_read, rows=rows)
