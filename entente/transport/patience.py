"""Patience: how long a request may take, and that nobody works on for a client that has left.

No request has a timer or a task of its own: one tick looks at all that are under way, and only those that
are still there at a later tick are worth a task that listens whether the client leaves. Whoever runs out of
time is told at once, and then its work is cancelled, however long that takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from entente.transport.exchange import Exchange
from entente.transport.problems import CLOSE, Problem, status

TICK_SECONDS = 0.05


class Wait:
    """A request under way."""

    __slots__ = ("began", "cancelled", "exchange", "is_over", "listener", "reads", "task", "teller")

    def __init__(self, exchange: Exchange, task: asyncio.Task[Any]) -> None:
        self.exchange, self.task = exchange, task
        self.began = 0.0
        """When the tick first saw it read its body, or look for an answer."""
        self.reads = True
        """Whether its body is still to come."""
        self.is_over = self.cancelled = False
        self.listener: asyncio.Task[None] | None = None
        self.teller: asyncio.Task[None] | None = None

    def has_body(self) -> None:
        """From now on an answer is looked for."""
        self.reads, self.began = False, 0.0

    def cancel(self) -> None:
        """End its work."""
        if not self.is_over:
            self.cancelled = True
            self.task.cancel()

    def was_ended(self) -> bool:
        """Whether its task was cancelled by nobody else; then it goes on as if it never had been."""
        return self.cancelled and not self.task.uncancel()

    async def settle(self) -> None:
        """Let nothing go on behind the request's back."""
        self.is_over = True
        if self.listener is not None:
            self.listener.cancel()
        if self.teller is not None:
            await self.teller


@dataclass(eq=False)
class Patience:
    """Watches over the requests under way."""

    reading_seconds: float
    """For a body to arrive."""
    answering_seconds: float
    """For an answer to be found."""
    observe: Callable[[str], None]
    """Told the code of each request that took too long."""
    _waits: dict[Wait, None] = field(default_factory=dict)
    _ticking: bool = False

    @property
    def under_way(self) -> int:
        """How many requests there are."""
        return len(self._waits)

    def begin(self, exchange: Exchange) -> Wait:
        """Watch over a request from now on, which this task answers."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        wait = Wait(exchange, task)
        self._waits[wait] = None
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK_SECONDS, self._tick, loop)
        return wait

    def end(self, wait: Wait) -> bool:
        """Watch no longer; whether there is something to settle."""
        del self._waits[wait]
        return wait.listener is not None or wait.teller is not None

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for wait in list(self._waits):
            if not wait.began:
                wait.began = now
            elif not wait.exchange.answered:
                self._look_at(wait, now - wait.began)
        self._ticking = bool(self._waits)
        if self._ticking:
            loop.call_later(TICK_SECONDS, self._tick, loop)

    def _look_at(self, wait: Wait, seconds: float) -> None:
        patience = self.reading_seconds if wait.reads else self.answering_seconds
        if seconds > patience and wait.teller is None:
            wait.teller = asyncio.create_task(self._tell(wait, patience))
        elif wait.listener is None and not wait.reads:
            wait.listener = asyncio.create_task(_listen(wait))

    async def _tell(self, wait: Wait, seconds: float) -> None:
        problem = _late(wait, seconds)
        if not wait.exchange.answered:
            self.observe(problem.code)
            await wait.exchange.refuse(problem)
            wait.cancel()


async def _listen(wait: Wait) -> None:
    await wait.exchange.gone()
    if not wait.exchange.answered:
        wait.cancel()


def _late(wait: Wait, seconds: float) -> Problem:
    if wait.reads:
        told = f"The body did not arrive within {seconds:g} seconds."
        return Problem(HTTPStatus.REQUEST_TIMEOUT, "BODY_TIMEOUT", told, CLOSE)
    code, by_status = "DEADLINE_EXCEEDED", wait.exchange.accepts.by_status
    told = f"No answer was found within {seconds:g} seconds: ask for less, or again later."
    return Problem(status(code, by_status), code, told)
