"""`entente doctor`: what it finds where all is well, and where it is not."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis

from db import migrations
from db.world import databases
from entente import embedded, unprivileged
from entente.commands.doctor import Finding, examine, unsuited
from entente.settings import Settings
from tests.servers import Servers, folder

KEY = "s3cret-of-us-all"
MAKE_A_KEY = "set ENTENTE_ADMIN_KEY or make a key: `entente keys create`."
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def settings(servers: Servers) -> Settings:
    """Settings that name a main database of this test, migrated, and no world yet."""
    name = f"doctor_{secrets.token_hex(4)}"
    return Settings(
        state=Path("/nowhere/entente"),
        database_url=await servers.create(name, template=f"{servers.prefix}main"),
        world_database_url=servers.database(f"{name}_{{world_id}}"),
        redis_url=servers.redis,
    )


async def found(settings: Settings) -> dict[str, Finding]:
    """What the doctor finds, by its subject."""
    return {one.subject: one for one in await asyncio.to_thread(examine, settings)}


async def problems(settings: Settings) -> dict[str, str]:
    """What is wrong, by its subject."""
    return {subject: one.problem for subject, one in (await found(settings)).items() if one.problem}


async def add_world(settings: Settings, *, with_database: bool) -> None:
    main, worlds = settings.database_url or "", settings.world_database_url or ""
    conn = await asyncpg.connect(main)
    await conn.execute("INSERT INTO worlds (world_id, name) VALUES ('s4', 'Fourth')")
    await conn.close()
    if with_database:
        await databases.create(main, worlds, "s4")


async def test_where_all_is_well_it_says_what_there_is(settings: Settings) -> None:
    await add_world(settings, with_database=True)

    findings = await found(settings)

    subjects = ["Python", "State folder", "Access", "Global database", "Metrics", "World s4", "Redis"]
    assert list(findings) == subjects
    assert [one.problem for one in findings.values()] == [None] * len(subjects)
    assert findings["Metrics"].state == "in the global database, partitioned by month"
    assert findings["Global database"].state.startswith("DATABASE_URL, Postgres 1")
    assert findings["Global database"].state.endswith("worlds: 1")
    assert "valkey" in findings["Redis"].state
    assert str(findings["World s4"]) == "✓ World s4: database, up to date"


async def test_a_database_that_does_not_answer(settings: Settings) -> None:
    wrong = await problems(dataclasses.replace(settings, database_url=NOBODY))

    assert list(wrong) == ["Global database", "Metrics"]
    assert "Connect call failed" in wrong["Global database"]


async def test_a_role_that_is_not_known(settings: Settings) -> None:
    url = settings.database_url or ""
    stranger = url.replace(str(urlsplit(url).username), "stranger", 1)

    wrong = await problems(dataclasses.replace(settings, database_url=stranger))

    assert "stranger" in wrong["Global database"]


async def test_a_redis_that_may_evict_what_waits(settings: Settings) -> None:
    with folder() as place, embedded.valkey(place / "valkey", sockets=place) as url:
        alone = dataclasses.replace(settings, redis_url=url)
        assert "Redis" not in await problems(alone)
        async with Redis.from_url(url) as redis:
            await redis.config_set("maxmemory-policy", "allkeys-lru")

        assert "set volatile-lfu" in (await problems(alone))["Redis"]


def test_a_redis_that_is_too_old_or_a_cluster() -> None:
    usual = {"redis_version": "7.0.15", "maxmemory_policy": "noeviction", "cluster_enabled": 0}

    assert unsuited(usual) is None
    assert "Redis 7 or newer" in str(unsuited(usual | {"redis_version": "6.2.1"}))
    assert "cluster" in str(unsuited(usual | {"cluster_enabled": 1}))


async def test_a_redis_that_does_not_answer(settings: Settings) -> None:
    assert list(await problems(dataclasses.replace(settings, redis_url="redis://127.0.0.1:1"))) == ["Redis"]


async def test_an_empty_database(settings: Settings, servers: Servers) -> None:
    empty = await servers.create(f"doctor_{secrets.token_hex(4)}")

    wrong = await problems(dataclasses.replace(settings, database_url=empty))

    assert list(wrong) == ["Global database", "Metrics"]
    assert {one.endswith("are missing: run `entente migrate`.") for one in wrong.values()} == {True}


async def test_metrics_with_a_database_of_their_own(settings: Settings, servers: Servers) -> None:
    apart = await servers.create(f"doctor_{secrets.token_hex(4)}")
    settings = dataclasses.replace(settings, metrics_database_url=apart)
    assert list(await problems(settings)) == ["Metrics"]

    await migrations.migrate(apart, "metrics")

    told = (await found(settings))["Metrics"]
    assert str(told) == "✓ Metrics: METRICS_DATABASE_URL, partitioned by month"


async def test_a_world_without_its_database(settings: Settings) -> None:
    await add_world(settings, with_database=False)

    assert list(await problems(settings)) == ["World s4"]


async def test_a_world_that_is_behind(settings: Settings) -> None:
    await add_world(settings, with_database=True)
    world = (settings.world_database_url or "").replace("{world_id}", "s4")
    await migrations.migrate(world, "world", "base")

    assert "run `entente migrate`" in (await problems(settings))["World s4"]


async def test_it_says_where_the_data_of_embedded_stores_is() -> None:
    with folder() as state:
        embedded = await found(Settings(state=state))
        data = unprivileged.home(state / "postgres")

    where = embedded["Global database"].state
    assert where.startswith(f"embedded in {data}, Postgres ")
    assert embedded["Redis"].state.startswith(f"embedded in {state / 'valkey'}, ")


@pytest.mark.parametrize(
    ("host", "key", "problem"),
    [
        ("127.0.0.1", None, None),
        ("0.0.0.0", KEY, None),  # noqa: S104
        ("0.0.0.0", KEY[:15], "It may be guessed: make it 16 characters or longer."),  # noqa: S104
        ("127.0.0.1", KEY[:15], "It may be guessed: make it 16 characters or longer."),
        ("0.0.0.0", None, f"To listen on 0.0.0.0, {MAKE_A_KEY}"),  # noqa: S104
    ],
)
async def test_who_is_let_in(settings: Settings, host: str, key: str | None, problem: str | None) -> None:
    access = (await found(dataclasses.replace(settings, host=host, admin_key=key)))["Access"]

    assert access.problem == problem
    assert KEY[:15] not in str(access)


async def test_a_problem_is_marked_and_told_below() -> None:
    assert str(Finding("Redis", "down", "Start it.")) == "✗ Redis: down\n    Start it."


async def test_an_attached_world_that_nobody_made_is_named(settings: Settings) -> None:
    attached = dataclasses.replace(settings, attached_worlds={"speed": NOBODY})

    told = await problems(attached)

    assert told["World speed"].startswith("There is no world speed: make it with createWorld")
