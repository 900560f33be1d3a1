"""The world that is asked about: in stores of the benchmarks' own, made when it is not there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from bench import usage
from db.connection import connect
from db.main import api_keys
from db.main.api_keys import NewKey
from db.viewer import Role
from entente.commands.load_demo import load_demo
from entente.commands.migrate import migrate_all
from entente.demo.land import Size
from entente.demo.progress import bars
from entente.keyring import hash_of, made
from entente.settings import Settings
from entente.stores import StoreUrls, urls

WORLD = "bench"
SIZE = Size(500, 5000)
SEED = 1
PEERS = Path(__file__).parent / "peers"
WHERE = ("ENTENTE_STATE", "XDG_STATE_HOME", "HOME")
"""All that is taken from the environment: a benchmark never runs on somebody's own stores."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The stores with the world in them, and which process their Postgres is."""

    urls: StoreUrls
    postgres: int
    keys: Mapping[int, str] = field(default_factory=dict, repr=False)
    """For each NPC the key of its brain."""

    def libpq(self) -> dict[str, str]:
        """The main database as the variables that every driver knows."""
        url = urlsplit(self.urls.main)
        given = parse_qs(url.query)
        return {
            "PGHOST": given["host"][0],
            "PGPORT": given["port"][0],
            "PGUSER": unquote(url.username or ""),
            "PGPASSWORD": unquote(url.password or ""),
            "PGDATABASE": url.path.removeprefix("/"),
        }

    def ours(self) -> dict[str, str]:
        """The stores as Entente's settings name them."""
        return {
            "DATABASE_URL": self.urls.main,
            "WORLD_DATABASE_URL": self.urls.worlds,
            "REDIS_URL": self.urls.redis,
        }


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the stores, and see to it that the world is there and Postgres knows what PostGraphile needs."""
    usual = Settings.read({name: os.environ[name] for name in WHERE if name in os.environ})
    with urls(replace(usual, state=usual.state.parent / "entente-bench")) as known:
        yield Ground(known, *asyncio.run(_prepare(known)))
        asyncio.run(_run(known, "postgraphile.down.sql"))


async def _prepare(known: StoreUrls) -> tuple[int, Mapping[int, str]]:
    await _run(
        known, "postgraphile.down.sql"
    )  # a run that was killed may have left it; migrations come first
    await migrate_all(known)
    conn = await connect(known.main)
    there = await conn.fetchval("SELECT EXISTS (SELECT FROM worlds WHERE world_id = $1)", WORLD)
    backend: int = await conn.fetchval("SELECT pg_backend_pid()")
    postgres = usage.parent(backend)
    await conn.close()
    if not there:
        with bars() as told:
            await load_demo(known, SEED, world_id=WORLD, size=SIZE, told=told)
    await _run(known, "postgraphile.sql")
    return postgres, await _make_keys(known)


async def _make_keys(known: StoreUrls) -> Mapping[int, str]:
    """A key for each brain, new in each run: of those of earlier runs only hashes were kept."""
    keys = {npc_id: made(Role.BRAIN) for npc_id in range(1, SIZE.npcs + 1)}
    conn = await connect(known.main)
    async with conn.transaction():
        await conn.execute("DELETE FROM api_keys")
        for npc_id, key in keys.items():
            await api_keys.add(conn, _brains(npc_id, key))
    await conn.close()
    return keys


def _brains(npc_id: int, key: str) -> NewKey:
    return NewKey(
        label=f"brain {npc_id}",
        role=Role.BRAIN,
        npc_id=npc_id,
        worlds=None,
        budget=None,
        expires_at=None,
        key_hash=hash_of(key),
        hint="",
    )


async def _run(known: StoreUrls, file: str) -> None:
    conn = await connect(known.main)
    await conn.execute("SET client_min_messages = warning")
    await conn.execute((PEERS / file).read_text())
    await conn.close()
