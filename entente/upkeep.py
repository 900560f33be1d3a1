"""Upkeep: a server maintains its stores from time to time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from db.connection import Stores
from entente.commands.maintain import Maintained, maintain

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def upkeep(stores: Stores, every: int) -> AsyncIterator[None]:
    """Maintain the stores every so many seconds until the end; 0: never."""
    if not every:
        yield
        return
    task = asyncio.create_task(_again_and_again(stores, every))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(stores: Stores, every: int) -> None:
    while True:
        await asyncio.sleep(every)
        for one in await maintain(stores, datetime.now(UTC)):
            _tell(one)


def _tell(one: Maintained) -> None:
    if one.done or one.problem:
        details = {"task": one.task, "done": one.done, "seconds": one.seconds, "problem": one.problem}
        log.log(logging.WARNING if one.problem else logging.INFO, "maintained", extra=details)
