"""What processes use, as the system tells it: processor and memory; and on which cores they run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
GONE = (FileNotFoundError, ProcessLookupError)


def parent(pid: int) -> int:
    """Who started a process."""
    return int(_stat(pid)[1])


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    found, unseen = list[int](), [pid]
    while unseen:
        one = unseen.pop()
        found.append(one)
        for children in (PROC / str(one)).glob("task/*/children"):
            with suppress(*GONE):
                unseen += map(int, children.read_text().split())
    return found


def seconds(pid: int) -> dict[int, float]:
    """For each process of a tree the time it has had."""
    used = dict[int, float]()
    for one in tree(pid):
        with suppress(*GONE):
            stat = _stat(one)
            used[one] = (int(stat[11]) + int(stat[12])) / TICKS
    return used


def between(before: dict[int, float], after: dict[int, float]) -> float:
    """The time that a tree has had from one look to the next."""
    return sum(used - before.get(pid, 0.0) for pid, used in after.items())


def resident(pid: int) -> int:
    """How many bytes of memory a tree holds."""
    held = 0
    for one in tree(pid):
        with suppress(*GONE):
            held += int((PROC / str(one) / "statm").read_text().split()[1]) * PAGE
    return held


def settle(pid: int, patience: float = 5.0) -> None:
    """Wait until a tree has come to rest."""
    deadline = time.monotonic() + patience
    before = seconds(pid)
    while time.monotonic() < deadline:
        time.sleep(0.05)
        now = seconds(pid)
        if between(before, now) < 2 / TICKS:
            return
        before = now


def cores() -> tuple[int, int] | None:
    """A core for the server under test and one for all else; None where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else None


@contextmanager
def pinned(pids: Iterable[int], core: int | None) -> Iterator[None]:
    """Keep processes on a core for a while; what they start from now on stays there too."""
    before = dict[int, set[int]]()
    for pid in pids if core is not None else ():
        with suppress(*GONE):
            before[pid] = os.sched_getaffinity(pid)
            os.sched_setaffinity(pid, {core} if core is not None else set())
    try:
        yield
    finally:
        for pid, usual in before.items():
            with suppress(*GONE):
                os.sched_setaffinity(pid, usual)


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may itself hold blanks and brackets."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
