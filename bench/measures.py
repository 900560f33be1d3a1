"""What is measured, and how: every figure of the report comes from here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from statistics import median

from bench import shapes, usage
from bench.contenders import Part
from bench.generator import Answered, Plan
from bench.running import Server
from bench.world import PEERS, Ground

AT_ONCE = (1, 16, 64)
WARM_AT_ONCE = 64
CONTEXT_SIZED = 20
"""Of the texts that fill the memory, one in so many is as large as the context question."""
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured, and how often."""

    seconds: float = 3.0
    rounds: int = 3
    warm: float = 2.0
    texts: int = 100_000
    text_seconds: float = 900.0
    thinking: tuple[tuple[float, float], ...] = ((1.0, 20.0), (0.1, 10.0))
    """For each time of thinking how long the brains ask."""


QUICK = Effort(
    seconds=1.0, rounds=1, warm=0.7, texts=4_000, text_seconds=30.0, thinking=((1.0, 4.0), (0.1, 3.0))
)


@dataclass(frozen=True, slots=True)
class Cell:
    """How one contender fared with one question; microseconds are of processor, for a request."""

    contender: str
    question: str
    at_once: int
    rate: float
    p50: float
    p99: float
    server_us: float
    postgres_us: float
    generator_us: float
    bytes: float
    bad: int

    @property
    def cpu_us(self) -> float:
        """What server and Postgres use together."""
        return self.server_us + self.postgres_us


@dataclass(slots=True)
class Memory:
    """Bytes that a contender holds when it has answered its first question, and after all others."""

    start: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class Filled:
    """What Entente holds after so many texts, each another one."""

    texts: int
    resident: int


@dataclass(frozen=True, slots=True)
class Thinking:
    """How a crowd of brains fared that think for so long between two questions."""

    contender: str
    brains: int
    think: float
    rate: float
    p50: float
    p99: float
    longest: float
    server_us: float
    postgres_us: float
    bad: int


@dataclass(slots=True)
class Results:
    """All that was measured."""

    cells: list[Cell] = field(default_factory=list)
    unseen: list[Cell] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    filled: list[Filled] = field(default_factory=list)
    thinking: list[Thinking] = field(default_factory=list)

    def cell(self, contender: str, question: str, at_once: int) -> Cell | None:
        """How this contender fared with this question, if that was measured."""
        wanted = (contender, question, at_once)
        return next((c for c in self.cells if (c.contender, c.question, c.at_once) == wanted), None)


@dataclass(slots=True)
class Meter:
    """Asks servers, and reads meanwhile what they and Postgres use."""

    ground: Ground
    effort: Effort
    core: int | None
    """Where the load runs, beside Postgres."""
    numbers: Iterator[int] = field(default_factory=lambda: count(0, 200_000))

    def warm(self, servers: Sequence[Server], questions: Sequence[str], told: Told) -> None:
        """Ask each server a while without looking, so that what is compiled in time is."""
        for server in servers:
            told(f"warming {server.contender.name}")
            for question in questions:
                self._load(self._plan(server, question, WARM_AT_ONCE, self.effort.warm))

    def loads(self, servers: Sequence[Server], question: str, at_once: int, told: Told) -> list[Cell]:
        """Medians of rounds in which the servers take turns, so that a busy moment hits all of them."""
        rounds: dict[str, list[Cell]] = {}
        for number in range(self.effort.rounds):
            for server in servers:
                told(f"{question}, {at_once} at once, round {number + 1}: {server.contender.name}")
                plan = self._plan(server, question, at_once, self.effort.seconds)
                rounds.setdefault(server.contender.name, []).append(self._cell(server, question, plan))
        return [middle(cells) for cells in rounds.values()]

    def unseen(self, servers: Sequence[Server], told: Told) -> list[Cell]:
        """The context question, each time in a text that the server has never seen."""
        rounds: dict[str, list[Cell]] = {}
        for _ in range(self.effort.rounds):
            for server in servers:
                if server.contender.part is not Part.LIMIT and server.contender.sees_all("page"):
                    told(f"texts never seen: {server.contender.name}")
                    plan = self._unseen_plan(server, "context", self.effort.seconds, 1)
                    rounds.setdefault(server.contender.name, []).append(self._cell(server, "unseen", plan))
        return [middle(cells) for cells in rounds.values()]

    def fill(self, server: Server, told: Told) -> list[Filled]:
        """What the server holds while it is asked in more and more texts, each another one."""
        steps = 10
        each = self.effort.texts // steps
        found, asked = [Filled(0, usage.resident(server.pid))], 0
        for _ in range(steps):
            told(f"distinct texts: {asked:,}")
            for shape, how_many in (
                ("small", each - each // CONTEXT_SIZED),
                ("context", each // CONTEXT_SIZED),
            ):
                plan = self._unseen_plan(server, shape, self.effort.text_seconds / steps, 4)
                asked += self._load(replace(plan, count=how_many)).requests
            usage.settle(server.pid)
            found.append(Filled(asked, usage.resident(server.pid)))
        return found

    def thinking(self, server: Server, told: Told) -> Iterator[Thinking]:
        """Each brain on a connection of its own, asking about itself, thinking, and asking again."""
        questions = [
            (shapes.body(server.contender.texts["context"], npc_id), server.contender.keys.get(npc_id, ""))
            for npc_id in shapes.NPCS
        ]
        for think, seconds in self.effort.thinking:
            told(f"{len(questions)} brains, {think:g} s of thinking: {server.contender.name}")
            plan = Plan(
                server.port, len(questions), seconds, questions, think=think, own=True, core=self.core
            )
            cell, answered = self._measured(server, "context", plan)
            yield Thinking(
                server.contender.name, len(questions), think,
                answered.rate, answered.p50, answered.p99, answered.longest,
                cell.server_us, cell.postgres_us, answered.bad,
            )  # fmt: skip

    def _plan(self, server: Server, question: str, at_once: int, seconds: float) -> Plan:
        return Plan(server.port, at_once, seconds, server.contender.questions(question), core=self.core)

    def _unseen_plan(self, server: Server, shape: str, seconds: float, at_once: int) -> Plan:
        plan = Plan(server.port, at_once, seconds, server.contender.unseen(shape), core=self.core)
        return replace(plan, first_number=next(self.numbers))

    def _cell(self, server: Server, question: str, plan: Plan) -> Cell:
        return self._measured(server, question, plan)[0]

    def _measured(self, server: Server, question: str, plan: Plan) -> tuple[Cell, Answered]:
        watched = (server.pid, self.ground.postgres)
        before = [usage.seconds(pid) for pid in watched]
        answered = self._load(plan)
        usage.settle(server.pid)  # what it still does for these answers is theirs
        after = [usage.seconds(pid) for pid in watched]
        server_s, postgres_s = (usage.between(*pair) for pair in zip(before, after, strict=True))
        micro = 1e6 / max(1, answered.requests)
        cell = Cell(
            server.contender.name, question, plan.connections, answered.rate, answered.p50, answered.p99,
            server_s * micro, postgres_s * micro, answered.cpu * micro, answered.bytes * micro / 1e6,
            answered.bad,
        )  # fmt: skip
        return cell, answered

    def _load(self, plan: Plan) -> Answered:
        command = (sys.executable, "-m", "bench.generator")
        done = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(asdict(plan)),
            capture_output=True,
            text=True,
            cwd=PEERS.parent.parent,
            timeout=plan.seconds + 90,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"The load generator failed:\n{done.stderr[-2000:]}")
        return Answered(**json.loads(done.stdout))


def middle(cells: Sequence[Cell]) -> Cell:
    """The medians of several rounds; what went wrong is counted in all of them."""
    numbers = {name: median(getattr(cell, name) for cell in cells) for name in MEASURED}
    return replace(cells[0], **numbers, bad=sum(cell.bad for cell in cells))


MEASURED = ("rate", "p50", "p99", "server_us", "postgres_us", "generator_us", "bytes")
