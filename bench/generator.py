"""The load: a process of its own that asks over keep-alive connections and tells how long answers took.

It reads one Plan as JSON and writes one Answered. Requests are made beforehand and of an answer only the head
is read, so that it takes little of the core that it shares with Postgres.
"""

from __future__ import annotations

import heapq
import json
import os
import re
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass, field

NUMBER = "_000000000"
"""Where a body has this, each request puts a number of its own in its place."""
LARGEST_READ = 1 << 18
LONGEST_HEAD = 1024
FAILED = re.compile(rb'\s*\{\s*"(errors"|data"\s*:\s*(null|\{\s*"\w+"\s*:\s*null))')
"""How an answer begins that has no data; each of our questions has something to say."""
PATIENCE = 20.0
"""For how many seconds an answer is waited for after the end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked: bodies, each with a key or an empty one, in turn or each by one connection."""

    port: int
    connections: int
    seconds: float
    questions: list[tuple[str, str]]
    count: int | None = None
    think: float = 0.0
    own: bool = False
    first_number: int = 0
    core: int | None = None


@dataclass(slots=True)
class Answered:
    """What came of it; milliseconds hold the median, the 99th percentile and the longest."""

    requests: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    bad: int = 0
    bytes: int = 0
    cpu: float = 0.0
    """Seconds of this process."""

    @property
    def rate(self) -> float:
        """Requests per second. The server was busy until the last answer, so that one counts too."""
        return self.requests / self.seconds if self.seconds else 0.0


class Connection:
    """One client: it asks, waits, thinks, and asks again."""

    __slots__ = ("began", "failed", "missing", "number", "sock", "unproved", "waits")

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.missing = 0
        self.began = 0.0
        self.waits = self.unproved = self.failed = False


@dataclass(slots=True)
class Run:
    """A plan as it is carried out."""

    plan: Plan
    told: Answered = field(default_factory=Answered)
    times: list[float] = field(default_factory=list)
    asked: int = 0
    waiting: int = 0
    until: float = 0.0
    last: float = 0.0
    """When the last answer came."""
    requests: list[tuple[bytes, int]] = field(default_factory=list)
    sleepers: list[tuple[float, int]] = field(default_factory=list)
    connections: dict[int, Connection] = field(default_factory=dict)
    space: memoryview = field(default_factory=lambda: memoryview(bytearray(LARGEST_READ)))

    def go(self) -> Answered:
        """Ask until the time or the number is used up, and for those still waiting a while longer."""
        self.requests = [prepared(body, key) for body, key in self.plan.questions]
        opened = [Connection(number, self.plan.port) for number in range(self.plan.connections)]
        self.connections = {one.sock.fileno(): one for one in opened}
        try:
            with select.epoll() as ready:
                for descriptor in self.connections:
                    ready.register(descriptor, select.EPOLLIN)
                self._ask_on(ready, opened)
        finally:
            for one in opened:
                one.sock.close()
        self._sum_up()
        return self.told

    def _ask_on(self, ready: select.epoll, opened: list[Connection]) -> None:
        self.told.cpu = -time.process_time()
        began = time.perf_counter()
        self.until = began + self.plan.seconds
        for one in opened:
            # Those who think begin one after the other, as if they had thought before.
            due = began + self.plan.think * one.number / len(opened)
            self._ask(one) if due == began else heapq.heappush(self.sleepers, (due, one.sock.fileno()))
        while self.waiting or self.sleepers:
            for descriptor, _ in ready.poll(self._pause()):
                self._read(self.connections[descriptor])
            now = time.perf_counter()
            while self.sleepers and self.sleepers[0][0] <= now:
                self._ask(self.connections[heapq.heappop(self.sleepers)[1]])
            if now > self.until + PATIENCE:
                self.told.bad += self.waiting
                break
        self.told.seconds = max(self.until, self.last) - began

    def _pause(self) -> float:
        now = time.perf_counter()
        if self.sleepers:
            return max(0.0, self.sleepers[0][0] - now)
        return max(0.0, self.until + PATIENCE - now) + 0.01

    def _ask(self, one: Connection) -> None:
        plan = self.plan
        now = time.perf_counter()
        if now >= self.until or (plan.count is not None and self.asked >= plan.count):
            return
        request, mark = self.requests[(one.number if plan.own else self.asked) % len(self.requests)]
        if mark:
            number = b"%09d" % (plan.first_number + self.asked)
            request = request[:mark] + number + request[mark + len(number) :]
        self.asked += 1
        self.waiting += 1
        one.waits = True
        one.began = now
        one.sock.send(request)

    def _read(self, one: Connection) -> None:
        read = one.sock.recv_into(self.space)
        if not read:
            self._hung_up(one)
            return
        self.told.bytes += read
        if one.missing:
            one.missing -= read
        else:
            one.missing = self._begun(one, bytes(self.space[: min(read, LONGEST_HEAD)])) - read
        if one.unproved:
            self._prove(one, bytes(self.space[: min(read, LONGEST_HEAD)]))
        if one.missing:
            return
        now = self.last = time.perf_counter()
        self.told.requests += 1
        self.waiting -= 1
        one.waits = False
        self.times.append((now - one.began) * 1000)
        if self.plan.think:
            heapq.heappush(self.sleepers, (now + self.plan.think, one.sock.fileno()))
        else:
            self._ask(one)

    def _hung_up(self, one: Connection) -> None:
        """Fine by one that is done and only waits for the others to be."""
        if one.waits:
            raise ConnectionError(f"The server hung up on connection {one.number}")
        one.sock.close()

    def _begun(self, one: Connection, start: bytes) -> int:
        """How long an answer will be, told by its start."""
        one.unproved, one.failed = True, not start.startswith(b"HTTP/1.1 200")
        return length(start, start.find(b"\r\n\r\n"))

    def _prove(self, one: Connection, start: bytes) -> None:
        """See whether an answer has data, once some of it is there: it may come after its head."""
        begins = start.find(b"\r\n\r\n") + 4 if start.startswith(b"HTTP/") else 0
        if begins < len(start):
            one.unproved = False
            self.told.bad += one.failed or FAILED.match(start, begins) is not None

    def _sum_up(self) -> None:
        self.times.sort()
        told, times = self.told, self.times
        told.cpu += time.process_time()
        if times:
            told.p50, told.p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
            told.longest = times[-1]


def prepared(body: str, key: str) -> tuple[bytes, int]:
    """A whole request, and where in it a number goes; 0 for nowhere."""
    content = body.encode()
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n"
    )
    head += f"Authorization: Bearer {key}\r\n" if key else ""
    request = head.encode() + b"\r\n" + content
    return request, request.find(NUMBER.encode()) + 1


def length(start: bytes, head: int) -> int:
    """How long an answer is, of which this is the start, its head ending here."""
    names = start[: head + 2].lower()
    at = names.find(b"\ncontent-length:")
    if head < 0 or at < 0:
        raise ValueError(f"The server does not tell the length of its answers: {start!r}")
    return head + 4 + int(names[at + 16 : names.find(b"\r", at)])


def main() -> None:
    """Carry out the plan that standard input holds."""
    given = json.load(sys.stdin)
    plan = Plan(**given)
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    json.dump(asdict(Run(plan).go()), sys.stdout)


if __name__ == "__main__":
    main()
