"""`entente doctor`: what is set up, and what is wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from db import migrations
from db.connection import Connection, connect
from db.outages import UNREACHABLE
from db.timeseries import hours
from db.world import attached
from entente.child import EmbeddedError
from entente.settings import SHORTEST_KEY, Settings
from entente.stores import StoreUrls, urls

OLDEST_POSTGRES = 150_000
OLDEST_REDIS = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at, and what is wrong with it."""

    subject: str
    state: str
    problem: str | None = None

    def __str__(self) -> str:
        mark = "✗" if self.problem else "✓"
        return f"{mark} {self.subject}: {self.state}" + (f"\n    {self.problem}" if self.problem else "")


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that a server needs; the embedded stores are started for it, if they do not run."""
    findings = [*_ground(settings)]
    try:
        with urls(settings) as known:
            findings += asyncio.run(_stores(settings, known))
    except EmbeddedError as error:
        findings.append(Finding("Embedded stores", "not started", str(error)))
    return findings


def _ground(settings: Settings) -> Iterator[Finding]:
    yield Finding("Python", sys.version.split()[0])
    yield Finding("State folder", str(settings.state))
    if settings.has_weak_key:
        weak = f"It may be guessed: make it {SHORTEST_KEY} characters or longer."
        yield Finding("Access", "a short admin key is set", weak)
    elif settings.admin_key is not None:
        yield Finding("Access", "an admin key is set")
    elif settings.loopback:
        yield Finding("Access", "open, on this machine only")
    else:
        yield Finding(
            "Access",
            "no key",
            f"To listen on {settings.host}, set ENTENTE_ADMIN_KEY or make a key: `entente keys create`.",
        )


async def _stores(settings: Settings, known: StoreUrls) -> list[Finding]:
    where = "DATABASE_URL" if settings.database_url else _embedded("postgres", settings.state)
    cache = "REDIS_URL" if settings.redis_url else _embedded("valkey", settings.state)
    return [
        await _found("Global database", where, lambda: _postgres(known.main)),
        await _found("Metrics", _of_metrics(known), lambda: _metrics(known.metrics)),
        *await _worlds(known),
        await _found("Redis", cache, lambda: _redis(known.redis)),
    ]


def _embedded(kind: str, state: Path) -> str:
    """Where the data is: outside of the state folder, if that is root's and closed to Postgres' user."""
    from entente.sharing import running  # needs what only Unix has

    found = running(kind, state)
    return "embedded" if found is None else f"embedded in {found.data}"


async def _found(subject: str, where: str, look: Callable[[], Coroutine[Any, Any, Finding]]) -> Finding:
    try:
        found = await look()
    except Exception as error:
        kind = "cannot be reached" if isinstance(error, UNREACHABLE) else "does not work"
        return Finding(subject, f"{where}, {kind}", str(error) or type(error).__name__)
    return Finding(subject, f"{where}, {found.state}", found.problem)


async def _postgres(url: str) -> Finding:
    conn = await connect(url)
    try:
        return await _database(conn)
    finally:
        await conn.close()


async def _database(conn: Connection) -> Finding:
    number = await conn.fetchval("SELECT current_setting('server_version_num')::int")
    name = await conn.fetchval("SHOW server_version")
    if number < OLDEST_POSTGRES:
        return Finding("", f"Postgres {name}", "Entente needs Postgres 15 or newer.")
    behind = await migrations.pending(conn, "main")
    problem = _missing(behind) if behind else None
    worlds = 0 if behind else await conn.fetchval("SELECT count(*) FROM worlds")
    return Finding("", f"Postgres {name}, worlds: {worlds}", problem)


def _of_metrics(known: StoreUrls) -> str:
    return "METRICS_DATABASE_URL" if known.metrics_apart else "in the global database"


async def _metrics(url: str) -> Finding:
    conn = await connect(url)
    try:
        behind = await migrations.pending(conn, "metrics")
        if behind:
            return Finding("", "behind", _missing(behind))
        with_timescale = await conn.fetchval(hours.WITH_TIMESCALE)
    finally:
        await conn.close()
    return Finding("", "on TimescaleDB" if with_timescale else "partitioned by month")


def _missing(revisions: list[str]) -> str:
    return f"Revisions {', '.join(revisions)} are missing: run `entente migrate`."


async def _worlds(known: StoreUrls) -> list[Finding]:
    try:
        conn = await connect(known.main)
    except Exception:
        return []  # said of the global database already
    try:
        if await migrations.pending(conn, "main"):
            return []
        ids = [
            record["world_id"] for record in await conn.fetch("SELECT world_id FROM worlds ORDER BY world_id")
        ]
    finally:
        await conn.close()
    nowhere = [_attached_to_nothing(one) for one in known.attached if one not in ids]
    return [*[await _look_at(known, one) for one in ids], *nowhere]


async def _look_at(known: StoreUrls, world_id: str) -> Finding:
    subject, url = f"World {world_id}", known.world(world_id)
    if world_id in known.attached:
        return await _found(subject, "attached database", lambda: _attached(url))
    return await _found(subject, "database", lambda: _world(url))


def _attached_to_nothing(world_id: str) -> Finding:
    told = f"There is no world {world_id}: make it with createWorld, or take it out of ATTACHED_WORLDS."
    return Finding(f"World {world_id}", "attached", told)


async def _world(url: str) -> Finding:
    behind = await migrations.pending(url, "world")
    return Finding("", "up to date", _missing(behind) if behind else None)


async def _attached(url: str) -> Finding:
    conn = await connect(url)
    try:
        lacks = await attached.lacks(conn)
    finally:
        await conn.close()
    return Finding("", "does not fit" if lacks else "read only", "\n    ".join(lacks) or None)


async def _redis(url: str) -> Finding:
    redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        told: dict[str, Any] = await redis.info()
    finally:
        await redis.aclose()
    name = f"{told.get('server_name', 'redis')} {told.get('valkey_version', told['redis_version'])}"
    return Finding("", name, unsuited(told))


def unsuited(told: Mapping[str, Any]) -> str | None:
    """Why a Redis does not serve, from what it tells about itself."""
    if int(str(told["redis_version"]).partition(".")[0]) < OLDEST_REDIS:
        return "Entente needs Redis 7 or newer, or Valkey."
    if told.get("cluster_enabled"):
        return "It is a cluster, which cannot hold the queue of decisions: take one without."
    if str(told["maxmemory_policy"]).startswith("allkeys"):
        return (
            f"With maxmemory-policy {told['maxmemory_policy']} it may evict decisions that wait: "
            "set volatile-lfu."
        )
    return None
