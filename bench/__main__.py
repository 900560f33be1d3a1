"""`make bench`: a large world, three questions, and how long they take, one at a time and sixteen at once.

Everything that production has on is on: validation, limits, masking, the log. One process answers, asked
without a network between. Compare rows of one run with each other, not runs.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from schema.extensions import OPERATIONS
from strawberry.schema import BaseSchema

from db.connection import Stores, connect, open_stores
from db.viewer import ADMIN
from entente.commands.load_demo import load_demo
from entente.commands.migrate import migrate_all
from entente.demo.land import Size
from entente.demo.progress import bars
from entente.settings import Settings
from entente.stores import StoreUrls, urls
from resolvers.analyses import Analyses
from resolvers.context import Context
from schema.build import build

WORLD = "bench"
SIZE = Size(500, 5000)
SECONDS = 3.0
QUERIES = {
    file.stem: file.read_text() for file in sorted((Path(__file__).parent / "queries").glob("*.graphql"))
}


@dataclass(frozen=True, slots=True)
class Measured:
    """How one question fared."""

    name: str
    at_once: int
    milliseconds: list[float]
    statements: int

    def row(self) -> list[str]:
        """As cells of the table."""
        sorted_times = sorted(self.milliseconds)
        p99 = sorted_times[int(len(sorted_times) * 0.99)]
        rate = len(sorted_times) / SECONDS
        middle = statistics.median(sorted_times)
        return [
            self.name,
            str(self.at_once),
            f"{rate:,.0f}",
            f"{middle:.1f}",
            f"{p99:.1f}",
            str(self.statements),
        ]


class _Heard(logging.Handler):
    """Hears how many statements an operation took, from its line in the log."""

    statements = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.statements = vars(record)["statements"]


def main() -> None:
    """Measure, and print a table."""
    OPERATIONS.setLevel(logging.INFO)
    OPERATIONS.propagate = False
    usual = Settings.read({})
    with urls(replace(usual, state=usual.state.parent / "entente-bench")) as known:
        asyncio.run(_bench(known))


async def _bench(known: StoreUrls) -> None:
    await _prepare(known)
    schema = build()
    table = Table(
        "question", "at once", "requests/s", "median ms", "p99 ms", "statements", title=f"{SIZE} world"
    )
    async with (
        open_stores(known.main, known.worlds, known.redis) as stores,
        Analyses.over(stores) as analyses,
    ):
        for name, text in QUERIES.items():
            for at_once in (1, 16):
                table.add_row(*(await _measure(schema, stores, analyses, name, text, at_once)).row())
    Console().print(table)


async def _prepare(known: StoreUrls) -> None:
    await migrate_all(known)
    conn = await connect(known.main)
    there = await conn.fetchval("SELECT EXISTS (SELECT FROM worlds WHERE world_id = $1)", WORLD)
    await conn.close()
    if not there:
        with bars() as told:
            await load_demo(known, 1, world_id=WORLD, size=SIZE, told=told)


async def _measure(
    schema: BaseSchema, stores: Stores, analyses: Analyses, name: str, text: str, at_once: int
) -> Measured:
    numbers, times, heard = count(), list[float](), _Heard()
    until = time.perf_counter() + SECONDS

    async def ask_on() -> None:
        while (began := time.perf_counter()) < until:
            context = Context.fresh(stores, ADMIN, analyses)
            variables: dict[str, Any] = {"npcId": 1 + next(numbers) % SIZE.npcs}
            found = await schema.execute(text, variable_values=variables, context_value=context)
            assert found.errors is None, found.errors
            times.append((time.perf_counter() - began) * 1000)

    OPERATIONS.addHandler(heard)
    await asyncio.gather(*(ask_on() for _ in range(at_once)))
    OPERATIONS.removeHandler(heard)
    return Measured(name, at_once, times, heard.statements)


main()
