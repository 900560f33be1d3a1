"""The results as tables, on the screen and in Markdown, and as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import figures
from bench.measures import AT_ONCE, Cell, Effort, Results
from bench.shapes import SHAPES

MEGABYTE = 1 << 20
CELL_HEAD = ["", "at once", "requests/s", "p50 ms", "p99 ms", "server µs", "Postgres µs", "both µs", "bad"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a title; the first column is text, the others numbers."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table(title=self.title, title_justify="left")
        for number, name in enumerate(self.head):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """As Markdown."""
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sheets(results: Results) -> list[Sheet]:
    """All tables that there is something to say in."""
    found = [
        *(_question(results, shape) for shape in SHAPES),
        Sheet("context, each time in a text never seen", CELL_HEAD, [_row(cell) for cell in results.unseen]),
        _memory(results),
        Sheet(
            "Entente's memory after so many distinct texts",
            ["texts", "MB"],
            [[f"{step.texts:,}", _megabytes(step.resident)] for step in results.filled],
        ),
        _thinking(results),
        Sheet(
            "Figures",
            ["", "against", "reached", "pass", "aim", "verdict"],
            [figure.row() for figure in figures(results)],
        ),
    ]
    return [sheet for sheet in found if sheet.rows]


def _question(results: Results, question: str) -> Sheet:
    cells = [cell for cell in results.cells if cell.question == question]
    ordered = [cell for at_once in AT_ONCE for cell in cells if cell.at_once == at_once]
    return Sheet(question, CELL_HEAD, [_row(cell) for cell in ordered])


def _row(cell: Cell) -> list[str]:
    times = [f"{cell.p50:.2f}", f"{cell.p99:.2f}"]
    used = [f"{used:,.0f}" for used in (cell.server_us, cell.postgres_us, cell.cpu_us)]
    return [cell.contender, str(cell.at_once), f"{cell.rate:,.0f}", *times, *used, str(cell.bad)]


def _memory(results: Results) -> Sheet:
    rows = [[name, _megabytes(held.start), _megabytes(held.after)] for name, held in results.memory.items()]
    return Sheet("Resident memory, MB", ["", "at start", "after"], rows)


def _thinking(results: Results) -> Sheet:
    rows = [
        [
            f"{crowd.contender.partition(',')[0]}, {crowd.think:g} s of thinking",
            f"{crowd.rate:,.0f}",
            *(f"{time:.1f}" for time in (crowd.p50, crowd.p99, crowd.longest)),
            *(f"{used:,.0f}" for used in (crowd.server_us, crowd.postgres_us)),
            str(crowd.bad),
        ]
        for crowd in results.thinking
    ]
    head = ["", "requests/s", "p50 ms", "p99 ms", "longest ms", "server µs", "Postgres µs", "bad"]
    brains = max((crowd.brains for crowd in results.thinking), default=0)
    title = f"{brains} brains, each its own viewer on its own connection, asking context about itself"
    return Sheet(title, head, rows)


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f}"


def as_json(results: Results, effort: Effort) -> dict[str, Any]:
    """Everything, for scripts."""
    said = [{**asdict(figure), "verdict": figure.verdict} for figure in figures(results)]
    return {"machine": machine(), "effort": asdict(effort), **asdict(results), "figures": said}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = Path("/proc/cpuinfo").read_text()
    named = (line.partition(":")[2].strip() for line in cpu.splitlines() if line.startswith("model name"))
    return {
        "processor": next(named, platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
