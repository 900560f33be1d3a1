"""How far the making of a world is: told while it goes on, shown by whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Told = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def untold(_what: str, _done: int, _of: int) -> None:
    """Nobody listens."""


@contextmanager
def bars(console: Console | None = None) -> Iterator[Told]:
    """A progress bar for each thing that is done, on standard error; shown only on a terminal."""
    console = console or Console(stderr=True)
    columns = TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=of)
            shown.update(tasks[what], completed=done)
            shown.refresh()

        yield told
