"""The servers of a test run, the same for all its workers, and the database that each of them copies."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from db import migrations
from entente import embedded
from entente.stores import StoreUrls

# Nothing of a test run outlives it, so nothing needs to survive a crash.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "400",
    "deadlock_timeout": "50ms",
}
DATA = "postgres"
IN_THE_MAIN_DATABASE: tuple[migrations.Store, ...] = ("main", "metrics")


@dataclass(frozen=True, slots=True)
class Servers:
    """Where they are, and how the names of this run's databases begin."""

    postgres: str
    redis: str
    prefix: str

    def database(self, name: str) -> str:
        """The URL of a database of this run."""
        return urlsplit(self.postgres)._replace(path=f"/{self.prefix}{name}").geturl()

    async def create(self, name: str, template: str = "template0") -> str:
        """Make a database of this run, and say where it is."""
        conn = await asyncpg.connect(self.postgres)
        await conn.execute(f'CREATE DATABASE "{self.prefix}{name}" TEMPLATE "{template}"')
        await conn.close()
        return self.database(name)

    async def make_template(self) -> None:
        """Make the migrated database that the workers copy."""
        url = await self.create("main")
        for store in IN_THE_MAIN_DATABASE:
            await migrations.migrate(url, store)

    async def for_worker(self, number: int) -> StoreUrls:
        """Give a worker of the run a main database, world databases and a Redis database of its own."""
        main = await self.create(f"main{number}", template=f"{self.prefix}main")
        worlds = self.database(f"{number}_{{world_id}}")
        return StoreUrls(main=main, worlds=worlds, redis=f"{self.redis}?db={number}")

    async def drop_all(self) -> None:
        """Remove every database of this run."""
        conn = await asyncpg.connect(self.postgres)
        for record in await conn.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", self.prefix
        ):
            await conn.execute(f'DROP DATABASE IF EXISTS "{record["datname"]}" WITH (FORCE)')
        await conn.close()


@contextmanager
def running() -> Iterator[Servers]:
    """Postgres and Valkey, or the Postgres of ENTENTE_TEST_DATABASE_URL in place of ours."""
    given = os.environ.get("ENTENTE_TEST_DATABASE_URL")
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        url = given or stack.enter_context(postgres(place))
        redis = stack.enter_context(embedded.valkey(place / "valkey", sockets=place))
        # Short, so that a world_id of the greatest length still makes the name of a database.
        servers = Servers(url, redis, prefix=f"t{secrets.token_hex(2)}_")
        if given:
            stack.callback(lambda: _in_a_thread(servers.drop_all()))
        _in_a_thread(servers.make_template())
        yield servers


def postgres(place: Path, programs: Path | None = None) -> AbstractContextManager[str]:
    """A Postgres with its data in this folder."""
    return embedded.postgres(place / DATA, options=QUICK, programs=programs, sockets=place)


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder for the data; and those that a killed run left behind are removed."""
    for lock in Path(tempfile.gettempdir()).glob(f"entente-*/{DATA}.lock"):
        with lock.open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock.parent, ignore_errors=True)
    new = embedded.new_socket_folder()
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _in_a_thread(coroutine: Coroutine[None, None, None]) -> None:
    """This thread's event loop belongs to pytest-asyncio."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()
