"""`make bench`: Entente and its peers over the same world, side by side in one run.

Everything that production has on is on: validation, limits, masking, the log. Compare rows of one run with
each other, not runs; on a busy machine, microseconds of processor rather than requests per second.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from bench import usage
from bench.agreement import DisagreementError, agree
from bench.contenders import contenders, entente, limit, with_brains
from bench.measures import AT_ONCE, QUICK, Effort, Memory, Meter, Results
from bench.report import as_json, sheets
from bench.running import NotServingError, Server, running
from bench.shapes import NPCS, SHAPES
from bench.world import Ground, ground

PARTS = (*SHAPES, "unseen", "texts", "brains")
ALL = ",".join(PARTS)
WIDTH = 120
Only = Annotated[str, typer.Option(help=f"Only some of {', '.join(PARTS)}.")]


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A short run, to see that all works.")] = False,
    only: Only = ALL,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each is measured.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.2, help="For how long each time.")] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write everything here too.")] = None,
    to_markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the tables here too.")] = None,
) -> None:
    """Measure, and print tables."""
    parts = [part.strip() for part in only.split(",")]
    if unknown := set(parts) - set(PARTS):
        raise typer.BadParameter(f"There is no {', '.join(sorted(unknown))}: take of {', '.join(PARTS)}.")
    effort = QUICK if quick else Effort()
    effort = replace(effort, rounds=rounds or effort.rounds, seconds=seconds or effort.seconds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stores are left as they were
    try:
        results = measure(parts, effort)
    except (NotServingError, DisagreementError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(1)
    tables = sheets(results)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for sheet in tables:
        sheet.show(console)
    if to_json:
        to_json.write_text(json.dumps(as_json(results, effort), indent=1))
    if to_markdown:
        to_markdown.write_text("\n\n".join(sheet.markdown() for sheet in tables) + "\n")


def measure(parts: list[str], effort: Effort) -> Results:
    """Measure these parts, the servers on one core, Postgres and the load on the other."""
    results = Results()
    server_core, other = usage.cores() or (None, None)
    with ExitStack() as stack:
        status = stack.enter_context(Console(stderr=True).status("the stores"))
        known = stack.enter_context(ground())
        stack.enter_context(usage.pinned(usage.tree(known.postgres), other))
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="entente-bench-")))
        run = Run(Meter(known, effort, other), results, parts, status, server_core, logs)
        run.side_by_side(known)
        run.texts(known)
        run.brains(known)
    return results


class Run:
    """One run of the benchmarks."""

    def __init__(
        self, meter: Meter, results: Results, parts: list[str], status: Status, core: int | None, logs: Path
    ) -> None:
        self.meter, self.results, self.parts, self.core, self.logs = meter, results, parts, core, logs
        self.told = status.update

    def side_by_side(self, known: Ground) -> None:
        """All contenders, one question after the other, and then in texts never seen."""
        questions = [shape for shape in SHAPES if shape in self.parts]
        unseen = "unseen" in self.parts
        if not questions and not unseen:
            return
        self.told("starting the servers")
        with running(contenders(known), self.core, self.logs) as servers:
            self.told("comparing the answers")
            agree(servers, SHAPES)
            self.results.memory = {
                server.contender.name: Memory(usage.resident(server.pid)) for server in servers
            }
            self.meter.warm(servers, questions or ["context"], self.told)
            for question in questions:
                for at_once in AT_ONCE:
                    self.results.cells += self.meter.loads(servers, question, at_once, self.told)
            if unseen:
                self.results.unseen = self.meter.unseen(servers, self.told)
            self._remember(servers)

    def texts(self, known: Ground) -> None:
        """What Entente holds after very many texts."""
        if "texts" in self.parts:
            with running([entente(known)], self.core, self.logs) as [server]:
                self.meter.warm([server], ["small", "context"], self.told)
                self.results.filled = self.meter.fill(server, self.told)

    def brains(self, known: Ground) -> None:
        """How it is when every NPC asks for itself; the limit shows what this machine can do at all."""
        if "brains" in self.parts:
            with running([with_brains(known, len(NPCS)), limit(known)], self.core, self.logs) as servers:
                self.meter.warm(servers, ["context"], self.told)
                for server in servers:
                    self.results.thinking += self.meter.thinking(server, self.told)

    def _remember(self, servers: list[Server]) -> None:
        for server in servers:
            self.results.memory[server.contender.name].after = usage.resident(server.pid)


if __name__ == "__main__":
    typer.run(main)
