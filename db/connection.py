"""The handles to the stores: connections to the global database, pools for the worlds, and Redis."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from db.lending import Readers

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection | PoolConnectionProxy

CONNECTIONS_OF_THE_MAIN_POOL = 8
CONNECTIONS_THAT_READ = 12
CONNECTIONS_OF_A_WORLD = 4
CONNECTIONS_OF_ALL_WORLDS = 40
STATEMENT_TIMEOUT_MS = 30_000
VIEWS = "entente"
"""The schema in which an attached database shows what is read of it."""
PATIENCE_SECONDS = 35.0  # with a server that does not even end a statement


def _encode(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _prepare(conn: Any) -> None:
    for kind in ("json", "jsonb"):
        await conn.set_type_codec(kind, schema="pg_catalog", encoder=_encode, decoder=orjson.loads)


async def connect(url: str) -> Connection:
    """One connection of its own, for long work such as a load."""
    return await _prepared(await asyncpg.connect(url))


def open_pool(url: str, size: int, **settings: str) -> Pool:
    """A pool that connects when it is first asked, so that a store that is down does not keep the server
    from starting."""
    return asyncpg.create_pool(url, min_size=0, max_size=size, init=_prepare, **_of_requests(**settings))


async def _reader(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection for the statements of reads: each is planned once, for whatever values it will be given,
    and kept."""
    how = _of_requests(plan_cache_mode="force_generic_plan")
    conn: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        url, statement_cache_size=300, max_cached_statement_lifetime=0, **how
    )
    return await _prepared(conn)


async def _prepared(conn: asyncpg.Connection[asyncpg.Record]) -> asyncpg.Connection[asyncpg.Record]:
    try:
        await _prepare(conn)
    except BaseException:  # also who is cancelled meanwhile
        conn.terminate()
        raise
    return conn


def _of_requests(**settings: str) -> dict[str, Any]:
    """What holds for connections that answer requests."""
    settings |= {"application_name": "entente", "statement_timeout": str(STATEMENT_TIMEOUT_MS)}
    return {"timeout": 5, "command_timeout": PATIENCE_SECONDS, "server_settings": settings}


@dataclass(slots=True)
class _WorldPool:
    pool: Pool
    users: int = 0


@dataclass(slots=True)
class WorldPools:
    """The pools of the world databases: opened when first asked for, the least recently used one closed
    first."""

    pattern: str
    beside: str = ""
    """Another database of the server that new ones are made in: the global one."""
    attached: Mapping[str, str] = field(default_factory=dict)
    """For worlds that are read from their games' own databases, and never written, where these are."""
    known: set[str] = field(default_factory=set)
    """Worlds that there are, as far as anybody has asked."""
    _open: OrderedDict[str, _WorldPool] = field(default_factory=OrderedDict)
    _freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, world_id: str) -> str:
        """Where the database of this world is."""
        return self.attached.get(world_id) or self.pattern.replace("{world_id}", quote(world_id, safe=""))

    @asynccontextmanager
    async def acquire(self, world_id: str) -> AsyncIterator[Connection]:
        """A connection to the database of this world."""
        held = await self._hold(world_id)
        try:
            async with held.pool.acquire(timeout=PATIENCE_SECONDS) as conn:
                yield conn
        finally:
            held.users -= 1
            async with self._freed:
                self._freed.notify_all()

    async def _hold(self, world_id: str) -> _WorldPool:
        async with self._freed:
            await self._freed.wait_for(lambda: world_id in self._open or self._make_room())
            if world_id not in self._open:
                self._open[world_id] = _WorldPool(await self._opened(world_id))
            self._open.move_to_end(world_id)
            held = self._open[world_id]
            held.users += 1
            return held

    def _opened(self, world_id: str) -> Pool:
        attached = {"search_path": VIEWS, "default_transaction_read_only": "on"}
        settings = attached if world_id in self.attached else {}
        return open_pool(self.url(world_id), CONNECTIONS_OF_A_WORLD, **settings)

    def _make_room(self) -> bool:
        if (len(self._open) + 1) * CONNECTIONS_OF_A_WORLD <= CONNECTIONS_OF_ALL_WORLDS:
            return True
        idle = next((world for world, held in self._open.items() if not held.users), None)
        if idle is not None:
            self._open.pop(idle).pool.terminate()
        return idle is not None

    async def close(self) -> None:
        """Close every pool."""
        for held in self._open.values():
            await held.pool.close()
        self._open.clear()


@dataclass(frozen=True, slots=True)
class Stores:
    """Every store, ready to be asked."""

    main: Pool
    """Connections to the global database, for work of several statements."""
    reads: Readers
    """Connections to it for reads of one statement."""
    worlds: WorldPools
    redis: Redis
    metrics: Pool
    """Connections to the database of the metrics: the pool of the global one where that holds them."""
    metrics_reads: Readers

    @property
    def metrics_are_apart(self) -> bool:
        """Whether the metrics have a database of their own."""
        return self.metrics is not self.main


@asynccontextmanager
async def open_stores(
    main_url: str,
    world_pattern: str,
    redis_url: str,
    attached: Mapping[str, str] | None = None,
    metrics_url: str | None = None,
) -> AsyncIterator[Stores]:
    """The stores behind these addresses, closed at the end; without an address of their own, the metrics are
    in the global database."""
    worlds = WorldPools(world_pattern, main_url, attached or {})
    # One more try: the connection may be one that the server has closed. Whoever is down is not waited for.
    once_more = Retry(NoBackoff(), 1)
    redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2, retry=once_more)
    async with AsyncExitStack() as stack:
        main, reads = await _database(stack, main_url)
        metrics = (main, reads) if metrics_url in (None, main_url) else await _database(stack, metrics_url)
        stack.push_async_callback(worlds.close)
        stack.push_async_callback(redis.aclose)
        yield Stores(main, reads, worlds, redis, *metrics)


async def _database(stack: AsyncExitStack, url: str) -> tuple[Pool, Readers]:
    """Connections to one database: for work of several statements, and for reads."""
    pool = await stack.enter_async_context(open_pool(url, CONNECTIONS_OF_THE_MAIN_POOL))
    reads = Readers(partial(_reader, url), CONNECTIONS_THAT_READ)
    stack.push_async_callback(reads.close)
    return pool, reads
