"""Waiting for what becomes so in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable


async def becomes(what: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so."""
    for _ in range(1000):
        found = what()
        if found is True or (isawaitable(found) and await found):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It never became so.")
