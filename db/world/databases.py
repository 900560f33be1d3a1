"""The databases of the worlds: made when they are missing, and brought to the newest revision."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import quote, unquote, urlsplit

import asyncpg

from db import migrations
from db.connection import WorldPools

AT_ONCE = 8
LONGEST_NAME = 63  # Postgres cuts what is longer, so that two worlds could get the same database
SERVERS_OWN = "postgres"


Outcome = list[str] | Exception


class DatabaseRefusedError(Exception):
    """The server does not let us make a world's database; the message says what to do."""


# One world that cannot be had is no reason to keep the others waiting.
FAILURES = (
    DatabaseRefusedError,
    migrations.MigrationError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)


async def ready(pools: WorldPools, world_id: str) -> list[str]:
    """Have the database of a world that is added, made or migrated as it is needed; says which revisions were
    applied. One that is attached is its game's own, and stays as it is."""
    return [] if world_id in pools.attached else await create(pools.beside, pools.pattern, world_id)


async def create(main_url: str, pattern: str, world_id: str) -> list[str]:
    """Make the database of this world if it is missing, and migrate it; says which revisions were applied."""
    url = pattern.replace("{world_id}", world_id)
    try:
        return await migrations.migrate(url, "world")
    except asyncpg.InvalidCatalogNameError:
        await _create(url, neighbours=(_name(main_url), SERVERS_OWN))
        return await migrations.migrate(url, "world")


async def migrate_all_worlds(
    main_url: str, pattern: str, target: str = "head", attached: Collection[str] = ()
) -> dict[str, Outcome]:
    """Make or migrate the database of every world but those attached: the revisions it went through, or what
    went wrong."""
    worlds = [world_id for world_id in await world_ids(main_url) if world_id not in attached]
    places = asyncio.Semaphore(AT_ONCE)

    async def bring(world_id: str) -> Outcome:
        async with places:
            try:
                if target == "head":
                    return await create(main_url, pattern, world_id)
                return await migrations.migrate(pattern.replace("{world_id}", world_id), "world", target)
            except FAILURES as error:
                return error

    return dict(zip(worlds, await asyncio.gather(*map(bring, worlds)), strict=True))


async def world_ids(main_url: str) -> list[str]:
    """Every world that there is."""
    conn = await asyncpg.connect(main_url)
    try:
        return [record[0] for record in await conn.fetch("SELECT world_id FROM worlds ORDER BY world_id")]
    finally:
        await conn.close()


async def _create(url: str, neighbours: tuple[str, ...]) -> None:
    """Make a database from within another one of its server, which need not be the main database's."""
    name = _name(url)
    if len(name.encode()) > LONGEST_NAME:
        raise DatabaseRefusedError(
            f'"{name}" is longer than the {LONGEST_NAME} bytes that Postgres has for a name.'
        )
    conn = await _connect_to_any(url, neighbours)
    try:
        # template0 can always be copied; template1 only while nobody is connected to it.
        await conn.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # somebody else was quicker
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseRefusedError(_what_to_do(url, name)) from error
    finally:
        await conn.close()


async def _connect_to_any(url: str, names: tuple[str, ...]) -> asyncpg.Connection[asyncpg.Record]:
    *others, last = names
    for name in others:
        try:
            return await asyncpg.connect(_beside(url, name))
        except (asyncpg.InvalidCatalogNameError, asyncpg.InsufficientPrivilegeError):
            continue
    return await asyncpg.connect(_beside(url, last))


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.removeprefix("/"))


def _beside(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{quote(name, safe='')}").geturl()


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _what_to_do(url: str, name: str) -> str:
    user = urlsplit(url).username
    owner = f" OWNER {_quoted(unquote(user))}" if user else ""
    return (
        f"The database {_quoted(name)} is missing and this Postgres user may not make it. Have an "
        f"administrator run CREATE DATABASE {_quoted(name)}{owner}, or grant the user CREATEDB."
    )
