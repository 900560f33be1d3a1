"""Whether the server is alive, and whether it is ready to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.connection import Stores

PATIENCE_SECONDS = 2


async def healthz(_: Request) -> Response:
    """Alive: the process answers."""
    return JSONResponse({"status": "alive"})


def readyz(stores: Callable[[], Stores]) -> Callable[[Request], Awaitable[Response]]:
    """Ready: the stores answer. Redis is a cache: without it the server is ready, and slower."""

    async def answer(_: Request) -> Response:
        database, redis = await asyncio.gather(_works(_database(stores())), _works(_redis(stores())))
        state = {"database": "up" if database else "down", "redis": "up" if redis else "down"}
        return JSONResponse(
            {"status": "ready" if database else "not ready", **state}, 200 if database else 503
        )

    return answer


async def _works(probe: Coroutine[Any, Any, None]) -> bool:
    task = asyncio.create_task(probe)
    await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    if not task.done():
        task.cancel()  # and not waited for: a store that hangs takes its time with this, too
        return False
    return task.exception() is None


async def _database(stores: Stores) -> None:
    async with stores.main.acquire() as conn:
        await conn.fetchval("SELECT count(*) FROM schema_versions")


async def _redis(stores: Stores) -> None:
    await stores.redis.ping()
