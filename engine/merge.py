"""Merging: requests that wait for the same plan share its batches, and whoever leaves disturbs no other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

MOST_IN_FLIGHT = 4
MOST_IN_A_BATCH = 16
MOST_EQUAL = 256
"""Of equal questions, which cost no more rows than one."""


@dataclass(eq=False, slots=True)
class Request:
    """A request that waits for its answer."""

    viewer: Any
    values: tuple[Any, ...]
    """The root keys that may differ between the requests of a batch."""
    request_id: str
    root: Any = None
    """The event, where the answer belongs to a subscription."""
    group: Any = None
    """What it has in common with those that it may share a batch with."""
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    crew: Crew | None = None

    async def settled(self) -> Any:
        """The answer; who is cancelled while waiting for it leaves the others to their work."""
        try:
            return await self.answer
        except asyncio.CancelledError:
            if self.crew is not None:
                self.crew.leave()
            raise


@dataclass(eq=False, slots=True)
class Crew:
    """The requests of one batch, and the task that works for them."""

    size: int
    task: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """One waits no longer; with the last one the work ends."""
        self.size -= 1
        if self.size == 0 and self.task is not None:
            self.task.cancel()


Serve = Callable[[list[Request]], Coroutine[Any, Any, None]]
"""Answers some requests: it settles each answer that nobody has settled before."""


@dataclass(eq=False, slots=True)
class Line:
    """The requests that wait for one plan with the same arguments."""

    serve: Serve
    waiting: deque[Request] = field(default_factory=deque)
    in_flight: int = 0
    called: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being served, and nobody waits."""
        return not self.in_flight and not self.waiting

    async def serve_alone(self, request: Request) -> None:
        """Serve a request within the task of who asks, which spares another one: the line is idle."""
        self.in_flight += 1
        try:
            await self.serve([request])
        finally:
            self.in_flight -= 1
            self._send_off()

    def join(self, request: Request) -> None:
        """Wait for the next batch."""
        self.waiting.append(request)
        if not self.called and self.in_flight < MOST_IN_FLIGHT:
            self.called = True
            asyncio.get_running_loop().call_soon(self._send_off)

    def _send_off(self) -> None:
        self.called = False
        while self.waiting and self.in_flight < MOST_IN_FLIGHT:
            batch = self._next()
            if not batch:
                return
            crew = Crew(len(batch))
            for one in batch:
                one.crew = crew
            self.in_flight += 1
            crew.task = asyncio.get_running_loop().create_task(self.serve(batch))
            crew.task.add_done_callback(partial(self._done, batch))

    def _next(self) -> list[Request]:
        """Those who wait longest; equal questions count as one."""
        batch: list[Request] = []
        different: set[Any] = set()
        while self.waiting and len(different) < MOST_IN_A_BATCH and len(batch) < MOST_EQUAL:
            one = self.waiting.popleft()
            if not one.answer.done():
                batch.append(one)
                different.add((one.viewer, one.values, id(one.root)))
        return batch

    def _done(self, batch: list[Request], task: asyncio.Task[None]) -> None:
        """Told by the task itself: work that is cancelled before it begins runs no line of its own."""
        self.in_flight -= 1
        self._send_off()
        error = None if task.cancelled() else task.exception()
        for one in batch:
            if task.cancelled():
                one.answer.cancel()
            elif error is not None and not one.answer.done():
                one.answer.set_exception(error)
