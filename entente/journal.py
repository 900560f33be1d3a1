"""Journal: a line in the log for each operation.

A record of `logging` would cost more than many an operation, so these lines are put together here, in the
same form, and written several at a time.
"""

from __future__ import annotations

import asyncio
import atexit
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from engine.runs import Ran
from entente.settings import LogFormat

FLUSH_SECONDS = 0.1
MOST_LINES = 1000
LONGEST_NAME = 100


def to_standard_error(text: str) -> None:
    """Write to whatever standard error is by now."""
    sys.stderr.write(text)
    sys.stderr.flush()


@dataclass(eq=False)
class Journal:
    """Lines that wait to be written, for a tenth of a second at most."""

    log_format: LogFormat = "text"
    write: Callable[[str], None] = to_standard_error
    _lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lose nothing at the end of the program."""
        atexit.register(self.flush)

    def note(self, ran: Ran) -> None:
        """Write a line for an operation, soon."""
        line = _as_json if self.log_format == "json" else _as_text
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append(line(ran, time.time()))
        if len(self._lines) >= MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines:
            text = "".join(self._lines)
            self._lines.clear()
            self.write(text)

    def close(self) -> None:
        """Write what waits, for the last time."""
        self.flush()
        atexit.unregister(self.flush)


def _as_json(ran: Ran, now: float) -> str:
    second = int(now)
    codes = orjson.dumps(list(ran.codes)).decode() if ran.codes else "[]"
    return (
        f'{{"time":"{_date(second)}.{int((now - second) * 1000):03d}+00:00","level":"info",'
        f'"logger":"entente.operations","message":"operation","operation":"{_named(ran.kind, ran.name)}",'
        f'"milliseconds":{ran.seconds * 1000:.1f},"statements":{ran.statements},"errors":{codes},'
        f'"role":"{_role(ran)}","request_id":"{ran.request_id}"}}\n'
    )


def _as_text(ran: Ran, now: float) -> str:
    codes = f"errors={list(ran.codes)}  " if ran.codes else ""
    return (
        f"{_date(int(now))[11:]} info    operation  operation={_named(ran.kind, ran.name)}  "
        f"milliseconds={ran.seconds * 1000:.1f}  statements={ran.statements}  {codes}"
        f"role={_role(ran)}  request_id={ran.request_id}\n"
    )


@lru_cache(1000)
def _named(kind: str, name: str | None) -> str:
    """The kind and name of an operation, as far as it has any; a name of GraphQL is safe to write."""
    safe = name if name and name.isascii() and name.isidentifier() else "-"
    return "-" if kind == "-" else f"{kind} {safe[:LONGEST_NAME]}"


def _role(ran: Ran) -> str:
    role: str = ran.caller.viewer.role._value_  # type: ignore[attr-defined]  # quicker than value
    return role


@lru_cache(2)
def _date(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
