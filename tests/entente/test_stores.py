"""Commands that share the embedded stores: the first starts them, the last one ends them, however it ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from entente import stores
from entente.child import EmbeddedError
from entente.settings import Settings
from entente.sharing import running

COMMAND = """
import sys
from pathlib import Path
from entente import stores
from entente.settings import Settings
with stores.urls(Settings(state=Path(sys.argv[1])), serve="serve" in sys.argv) as urls:
    print(urls.main, urls.redis, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder that Postgres can pass through when we are root; pytest's folders it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="entente state ", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def command(state: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Another command that uses the stores until its input ends, and the URLs that it has."""
    with begun(state, *arguments) as process:
        yield process, urls_of(process)


def begun(state: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(state), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(stores.__file__).parents[1],
    )


def urls_of(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def soon(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def processes(state: Path) -> list[int]:
    """The keepers and servers of this state folder."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(maxsplit=2) for line in listed.splitlines() if str(state) in line]
    mine = ("entente.keeper", "bin/postgres", "valkey-server")
    return [int(pid) for pid, stat, args in lines if stat[0] != "Z" and any(name in args for name in mine)]


def nothing_left(state: Path) -> bool:
    """A server has ended before its last user has; its keeper may be a moment behind."""
    return soon(lambda: not processes(state), seconds=2)


async def both_answer(main: str, redis: str) -> bool:
    try:
        connection = await asyncpg.connect(main)
        await connection.close()
        async with Redis.from_url(redis) as client:
            return bool(await client.ping())
    except (OSError, RedisError):
        return False


async def test_a_second_command_joins_and_outlives_the_first(state: Path) -> None:
    with command(state) as (first, started), command(state) as (_, joined):
        assert joined == started
        first.communicate()
        assert await both_answer(*joined)
        assert processes(state)
    assert nothing_left(state)
    assert not (state / "postgres.json").exists()


async def test_commands_that_begin_at_once_share_one_start(state: Path) -> None:
    with begun(state) as one, begun(state) as other, begun(state, "serve") as third:
        urls = urls_of(one)
        assert urls == urls_of(other) == urls_of(third)
        assert await both_answer(*urls)
    assert nothing_left(state)


async def test_nothing_stays_when_the_last_command_is_killed(state: Path) -> None:
    with command(state, "serve") as (process, _):
        assert len(processes(state)) >= 4
        process.kill()
    assert nothing_left(state)


async def test_ctrl_c_ends_command_and_stores_in_order(state: Path) -> None:
    with command(state, "serve") as (process, _):
        process.send_signal(signal.SIGINT)
        process.wait()
        assert nothing_left(state)
    assert "database system is shut down" in (state / "postgres.log").read_text().splitlines()[-1]


async def test_a_killed_keeper_is_replaced(state: Path) -> None:
    with command(state) as (_, before):
        for kind in ("postgres", "valkey"):
            os.kill(json.loads((state / f"{kind}.json").read_text())["keeper"], signal.SIGKILL)
        with command(state) as (_, after):
            assert after != before
            assert await both_answer(*after)
    assert nothing_left(state)


async def test_a_server_that_ends_is_started_again_in_its_place(state: Path) -> None:
    pid_file = state / "valkey" / "valkey.pid"
    with command(state) as (_, urls):
        before = pid_file.read_text()
        os.kill(int(before), signal.SIGKILL)
        assert soon(lambda: pid_file.read_text() != before and running("valkey", state) is not None)
        assert await both_answer(*urls)


async def test_a_server_that_is_paused_goes_on_where_it_was(state: Path) -> None:
    pid_file = state / "valkey" / "valkey.pid"
    with command(state) as (_, urls):
        before = pid_file.read_text()
        os.kill(int(before), signal.SIGSTOP)
        await asyncio.sleep(0.5)  # for a keeper that takes it for the end to start another
        os.kill(int(before), signal.SIGCONT)
        assert await both_answer(*urls)
        assert pid_file.read_text() == before


def test_the_stores_have_one_server(state: Path) -> None:
    with command(state, "serve") as (process, _):
        with (
            pytest.raises(EmbeddedError, match=rf"process {process.pid}\b.*ENTENTE_STATE"),
            stores.urls(Settings(state=state), serve=True),
        ):
            pass
        with stores.urls(Settings(state=state)) as urls:
            assert urls.redis.startswith("unix://")


def test_the_password_is_for_our_eyes_only(state: Path) -> None:
    with stores.urls(Settings(state=state)) as urls:
        assert (state / "postgres.json").stat().st_mode & 0o777 == 0o600
        assert urls.main not in repr(urls)


def test_given_stores_are_taken_as_they_are(tmp_path: Path) -> None:
    settings = Settings(
        state=tmp_path / "none", database_url="postgresql://db/main", redis_url="redis://cache"
    )

    with stores.urls(settings, serve=True) as urls:
        assert (urls.main, urls.redis) == (settings.database_url, settings.redis_url)
        assert urls.world("alpha") == "postgresql://db/world_alpha"
    assert not settings.state.exists()


def test_one_store_may_be_given_and_the_other_embedded(state: Path) -> None:
    with stores.urls(Settings(state=state, database_url="postgresql://db/main")) as urls:
        assert urls.main == "postgresql://db/main"
        assert urls.redis.startswith("unix://")
        assert not (state / "postgres.json").exists()


@pytest.mark.parametrize(
    ("main", "worlds"),
    [
        ("postgresql://me:pass@db:5433/main", "postgresql://me:pass@db:5433/world_{world_id}"),
        ("postgres://db", "postgres://db/world_{world_id}"),
        ("postgresql:///main?host=/run/pg", "postgresql:///world_{world_id}?host=/run/pg"),
        ("postgresql://db/main?dbname=x&sslmode=require", "postgresql://db/world_{world_id}?sslmode=require"),
    ],
)
def test_world_databases_lie_beside_the_main_one(main: str, worlds: str) -> None:
    assert stores.worlds_beside(main) == worlds


def test_a_state_folder_that_cannot_be_made_is_named() -> None:
    with (
        pytest.raises(EmbeddedError, match="ENTENTE_STATE"),
        stores.urls(Settings(state=Path("/dev/null/state"))),
    ):
        pass


def test_a_platform_without_embedded_servers_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "entente.sharing", None)
    monkeypatch.delattr("entente.sharing", raising=False)

    with (
        pytest.raises(EmbeddedError, match="DATABASE_URL and REDIS_URL"),
        stores.urls(Settings(state=tmp_path)),
    ):
        pass
