"""`entente serve` from its first start to its end, as a process of its own over a state folder of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commanding import Serving, entente_command, left_running, parsed, serving, state_folder

PROC = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
DEMO = '{ world(worldId: "demo") { version players(first: 1) { totalCount nodes { name } } } }'
BLOCS = '{ blocs(worldId: "demo") { version } }'
MAP = """\
INSERT INTO `x_world` VALUES (1,1,1,1,1001,'Home',1,'Ann',10,'RED',100,NULL,TRUE,NULL,NULL,NULL);
INSERT INTO `x_world` VALUES (2,2,2,2,1002,'Hill',2,'Bob',0,'',80,NULL,TRUE,NULL,NULL,NULL);
"""


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that nothing was ever started over."""
    with state_folder() as folder:
        yield folder


def nothing_is_left(state: Path, within: float = 20) -> bool:
    """Whether all processes over a state folder have ended, or end soon."""
    deadline = time.monotonic() + within
    while left := left_running(state):
        if time.monotonic() > deadline:
            raise AssertionError(left)
        time.sleep(0.05)
    return True


@PROC
def test_the_days_of_a_server(state: Path) -> None:
    with serving(state) as server:
        demo = server.ask(DEMO)
        assert demo["world"]["players"]["totalCount"] > 100
        assert server.ask(BLOCS)["blocs"]["version"] == demo["world"]["version"]
        commands_work_beside(server)
        another_one_is_refused(server)

        assert server.end(signal.SIGINT) in (0, 130)
        assert "Traceback" not in server.told
    assert nothing_is_left(state)

    began = time.monotonic()
    with serving(state) as again:
        print(f"\nThe second start took {time.monotonic() - began:.1f} s.")  # noqa: T201
        assert again.ask(DEMO) == demo
        assert "Making the demo world" not in again.told
        assert again.end(signal.SIGTERM) in (0, 143, -15)
    assert nothing_is_left(state)


def commands_work_beside(server: Serving) -> None:
    """The doctor looks at the running server, and an import shows in it at once."""
    findings = parsed(entente_command(server.state, "doctor", "--json"))
    assert [one["subject"] for one in findings if one["problem"]] == []
    assert "World demo" in [one["subject"] for one in findings]

    map_file = server.state / "map.sql"
    map_file.write_text(MAP)
    done = parsed(
        entente_command(server.state, "import", "travian", str(map_file), "--world", "s4", "--json")
    )
    assert (done["world_id"], done["villages"]) == ("s4", 2)
    names = server.ask('{ players(worldId: "s4", orderBy: NAME) { nodes { name alliance { tag } } } }')
    assert names["players"]["nodes"] == [
        {"name": "Ann", "alliance": {"tag": "RED"}},
        {"name": "Bob", "alliance": None},
    ]


def another_one_is_refused(server: Serving) -> None:
    """The state folder is taken, and a second server says by whom."""
    other = entente_command(server.state, "serve", "--port", "0")

    assert other.returncode == 1
    assert f"runs already on {server.state} (process {server.process.pid})" in other.stderr
    assert "Traceback" not in other.stderr


@PROC
def test_killed_it_leaves_nothing_behind(state: Path) -> None:
    with serving(state, "--no-demo") as server:
        assert server.ask("{ worlds { totalCount } }") == {"worlds": {"totalCount": 0}}
        assert len(left_running(state)) >= 5  # the server, two keepers, Postgres and Valkey

        server.end(signal.SIGKILL)
        assert nothing_is_left(state)

    with serving(state, "--no-demo") as again:
        assert again.ask("{ __typename }") == {"__typename": "Query"}
    assert nothing_is_left(state)
