"""What was promised, and what was reached: each row says how far Entente is from a pass and from the aim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.contenders import BRAINS, ENTENTE, LIMIT, MERCURIUS, POSTGRAPHILE, STRAWBERRY
from bench.measures import Cell, Results

PEERS = (POSTGRAPHILE, MERCURIUS, STRAWBERRY)
CROWDS = (16, 64)
FLAT_FROM = 0.2
"""By this part of the texts, every bounded cache is full."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise: what was reached, and where it passes and where it meets the aim."""

    what: str
    against: str
    reached: float
    passes: float
    aim: float
    unit: str = "×"
    more_is_better: bool = True

    @property
    def verdict(self) -> str:
        """Whether the aim was met, at least the pass, or neither."""
        if self._meets(self.aim):
            return "aim"
        return "pass" if self._meets(self.passes) else "short"

    def _meets(self, bar: float) -> bool:
        return self.reached >= bar if self.more_is_better else self.reached <= bar

    def row(self) -> list[str]:
        """As cells of a table."""
        sign = "≥" if self.more_is_better else "≤"
        bars = [f"{sign} {bar:g}{self.unit}" for bar in (self.passes, self.aim)]
        return [self.what, self.against, f"{self.reached:.2f}{self.unit}", *bars, self.verdict]


def figures(results: Results) -> list[Figure]:
    """All promises about what was measured."""
    return [
        *(figure for who in (ENTENTE, BRAINS) for figure in _of(results, who)),
        *_unseen(results),
        *_thinking(results),
        *_flat(results),
    ]


def _of(results: Results, who: str) -> Iterator[Figure]:
    # A brain sees only its own part of a page: another question, not a faster answer.
    for question in ("context", "page") if who == ENTENTE else ("context",):
        for at_once in CROWDS:
            yield from _rate(results, who, question, at_once, 3, 4)
    for at_once in CROWDS:
        yield from _cpu(results, who, at_once)
    for at_once in CROWDS:
        yield from _rate(results, who, "small", at_once, 1, 1.5)
    for question in ("small", "context"):
        yield from _alone(results, who, question)


def _rate(
    results: Results, who: str, question: str, at_once: int, passes: float, aim: float
) -> Iterator[Figure]:
    ours, peers = results.cell(who, question, at_once), _peers(results, question, at_once)
    if ours and peers:
        best = max(peers, key=lambda cell: cell.rate)
        what = f"{who}: {question}, {at_once} at once, requests/s"
        yield Figure(what, best.contender, ours.rate / best.rate, passes, aim)


def _cpu(results: Results, who: str, at_once: int) -> Iterator[Figure]:
    ours, limit = results.cell(who, "context", at_once), results.cell(LIMIT, "context", at_once)
    if ours and limit:
        what = f"{who}: context, {at_once} at once, CPU of server and Postgres"
        yield Figure(what, LIMIT, ours.cpu_us / limit.cpu_us, 1.3, 1.0, more_is_better=False)


def _alone(results: Results, who: str, question: str) -> Iterator[Figure]:
    ours, peers = results.cell(who, question, 1), _peers(results, question, 1)
    if ours and peers:
        best = min(peers, key=lambda cell: cell.p50)
        what = f"{who}: {question}, one at a time, p50"
        yield Figure(what, best.contender, ours.p50 / best.p50, 1.2, 1.0, more_is_better=False)


def _unseen(results: Results) -> Iterator[Figure]:
    found = {cell.contender: cell for cell in results.unseen}
    if ENTENTE in found and MERCURIUS in found:
        ratio = found[ENTENTE].server_us / found[MERCURIUS].server_us
        yield Figure("a text never seen, context, CPU", MERCURIUS, ratio, 2, 1.3, more_is_better=False)


def _thinking(results: Results) -> Iterator[Figure]:
    bars = {1.0: (25.0, 10.0), 0.1: (60.0, 20.0)}
    for crowd in results.thinking:
        if crowd.contender == LIMIT:
            continue
        what = f"{crowd.brains} brains, {crowd.think:g} s of thinking, p99"
        yield Figure(what, "", crowd.p99, *bars[crowd.think], unit=" ms", more_is_better=False)


def _flat(results: Results) -> Iterator[Figure]:
    if results.filled and results.filled[-1].texts:
        last = results.filled[-1]
        full = next(step for step in results.filled if step.texts >= FLAT_FROM * last.texts)
        what = f"memory after {last.texts:,} distinct texts"
        ratio = last.resident / full.resident
        yield Figure(what, f"after {full.texts:,}", ratio, 1.05, 1.02, more_is_better=False)


def _peers(results: Results, question: str, at_once: int) -> list[Cell]:
    found = (results.cell(peer, question, at_once) for peer in PEERS)
    return [cell for cell in found if cell is not None and cell.rate]
