"""The graph worker: one process beside the server that does the arithmetic, so that the event loop is never
held up."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from graph.analysis import analyse, encode
from graph.snapshot import Snapshot


class GraphWorker:
    """Analyses snapshots in a process of its own; it is started when first needed, and again should it
    die."""

    def __init__(self) -> None:
        self._pool = _pool()

    async def analyse(self, snapshot: bytes) -> bytes:
        """The analysis of a snapshot, both as bytes."""
        pool = self._pool
        try:
            return await _ask(pool, snapshot)
        except BrokenProcessPool:
            if self._pool is pool:  # else another one who waited has replaced it
                self._pool = _pool()
            return await _ask(self._pool, snapshot)

    def warm(self) -> None:
        """Start the process ahead of the first question."""
        self._pool.submit(_get_ready)

    def close(self) -> None:
        """End the process; work that nobody waits for any more is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


async def _ask(pool: ProcessPoolExecutor, snapshot: bytes) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(pool, _analysed, snapshot)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=_live_with_the_server
    )


def _live_with_the_server() -> None:
    """End with the server, however it ends; an interrupt from the keyboard is for the server to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_server, daemon=True).start()


def _end_with_the_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
    os._exit(0)


def _get_ready() -> None:
    import graph.search  # noqa: F401  scipy, which takes longest to import


def _analysed(snapshot: bytes) -> bytes:
    return encode(analyse(Snapshot.decode(snapshot)))
