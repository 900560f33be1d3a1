"""The command line: its help, its exit codes, and what it says when it cannot do what was asked."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from entente import cli
from entente.stores import StoreUrls

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"
COMMANDS = [
    "serve",
    "migrate",
    "doctor",
    "import travian",
    "import trust",
    "load demo",
    "export schema",
    "explain",
    "maintain",
]
EDGES = "Cleo,Clio,8,1407470400\nClio,Cleo,-3,1407470401\n"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """What it printed as JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], urls: StoreUrls) -> Run:
    """Runs `entente` with these arguments over the stores of this worker."""
    for name in {"ENTENTE_ADMIN_KEY", "HOST", "PORT"} & set(os.environ):
        monkeypatch.delenv(name)
    for name, value in {
        "DATABASE_URL": urls.main,
        "WORLD_DATABASE_URL": urls.worlds,
        "REDIS_URL": urls.redis,
        "ENTENTE_STATE": "/nowhere/entente",
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }.items():
        monkeypatch.setenv(name, value)

    def run_it(*arguments: str, **environ: str) -> Done:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["entente", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run_it


@pytest.fixture
def edges(tmp_path: Path) -> str:
    """A list of who trusts whom."""
    file = tmp_path / "edges.csv"
    file.write_text(EDGES)
    return str(file)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def refused(done: Done, *words: str) -> bool:
    """Whether a command said in one line what a person can do about it."""
    assert done.code == 1
    [line] = done.err.strip().splitlines()
    assert line.startswith("entente: ")
    assert all(word in line for word in words), line
    assert not done.out
    return True


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(run: Run, command: str) -> None:
    done = run(*command.split(), "--help")

    assert done.code == 0
    assert f"entente {command}" in done.out


def test_without_arguments_it_lists_the_commands(run: Run) -> None:
    done = run()

    assert all(command.split()[0] in done.out + done.err for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments", ["nope", "import", "import travian", "serve --port 70000", "load demo --share 2"]
)
def test_a_wrong_usage_ends_with_2(run: Run, arguments: str) -> None:
    done = run(*arguments.split())

    assert done.code == 2
    assert "Usage: entente" in done.err + done.out
    assert "Traceback" not in done.err


def test_a_missing_file_is_named(run: Run) -> None:
    done = run("import", "trust", "/nowhere/edges.csv", "--world", "w")

    assert done.code == 2
    assert "/nowhere/edges.csv" in done.err
    assert "does not exist" in done.err


def test_a_query_is_explained(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "npc.graphql"
    file.write_text("query Named($npcId: Int!) { npc(npcId: $npcId) { name } }")
    run("migrate")

    told = run("explain", str(file), "--variables", '{"npcId": 1}', "--json").told
    shown = run("explain", str(file), "--variables", '{"npcId": 1}')
    wrong = run("explain", str(file), "--variables", "{")
    missing = run("explain", str(file))

    assert [one["source"] for one in told["statements"]] == ["npcs"]
    assert "npc one of npcs by npc_id" in shown.out
    assert (wrong.code, "--variables is no JSON" in wrong.err) == (2, True)
    assert (missing.code, "$npcId" in missing.err) == (2, True)


def test_results_come_as_json(run: Run, edges: str) -> None:
    assert run("migrate", "--json").told[0] == {"database": "main", "revisions": [], "problem": None}
    imported = run("import", "trust", edges, "--world", "cli", "--json").told
    assert imported["world_id"] == "cli"
    assert run("doctor", "--json").told[0]["subject"] == "Python"


def test_maintenance_tells_what_became_of_each_task(run: Run) -> None:
    told = run("maintain", "--json").told

    assert [one["problem"] for one in told] == [None] * len(told)
    assert ("trust that faded", False) in [(one["task"], one["left_to_another"]) for one in told]


def test_results_come_as_text(run: Run) -> None:
    done = run("migrate")

    assert done.code == 0
    assert done.out


@pytest.mark.parametrize("world_id", ["", "..", "a/b", "x" * 51, "naïve", "a b"])
def test_an_impossible_world_is_refused(run: Run, edges: str, world_id: str) -> None:
    assert refused(run("import", "trust", edges, "--world", world_id), "can't be a world's id")
    assert refused(run("load", "demo", "--world", world_id), "can't be a world's id")


def test_a_malformed_line_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text(EDGES + "Cleo,Clio\n")
    assert refused(run("import", "trust", str(file), "--world", "w"), "Line 3")

    file = tmp_path / "map.sql"
    file.write_text("INSERT INTO `x_world` VALUES (1,2);\n")
    assert refused(run("import", "travian", str(file), "--world", "w"), "Line 1")


def test_a_size_that_is_none_is_refused(run: Run) -> None:
    assert refused(run("load", "demo", "--size", "many"), "60x300")


@pytest.mark.parametrize("url", [NOBODY, "postgresql://127.0.0.1:1/x?sslmode=nope"])
@pytest.mark.parametrize("command", ["migrate", "load demo", "import trust {edges} --world w"])
def test_a_database_that_does_not_answer_is_told(run: Run, edges: str, command: str, url: str) -> None:
    done = run(*command.format(edges=edges).split(), DATABASE_URL=url)

    assert refused(done, "A store cannot be reached", "entente doctor")


def test_a_role_that_is_not_known_is_told(run: Run, urls: StoreUrls) -> None:
    stranger = urls.main.replace(str(urlsplit(urls.main).username), "stranger", 1)

    assert refused(run("migrate", DATABASE_URL=stranger), "A store cannot be reached", "stranger")
    assert run("doctor", DATABASE_URL=stranger).code == 1


def test_a_server_without_its_database_does_not_start(run: Run) -> None:
    done = run("serve", "--port", "0", DATABASE_URL=NOBODY)

    assert done.code == 1
    assert done.err.splitlines()[0] == "Starting the stores …"
    assert "A store cannot be reached" in done.err.splitlines()[1]


@pytest.mark.parametrize("name", ["DATABASE_URL", "WORLD_DATABASE_URL", "REDIS_URL", "PORT", "LOG_FORMAT"])
def test_a_setting_that_cannot_be_used_is_named(run: Run, name: str) -> None:
    assert refused(run("doctor", **{name: "nope"}), name)


def test_a_state_folder_that_cannot_be_made_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = run("migrate", ENTENTE_STATE=str(file / "state"), REDIS_URL="")

    assert refused(done, "ENTENTE_STATE", str(file))


def test_an_occupied_port_is_named(run: Run, taken_port: int) -> None:
    done = run("serve", "--port", str(taken_port))

    assert refused(done, f"127.0.0.1:{taken_port} cannot be used", "PORT=8001")


def test_an_open_server_is_refused_elsewhere(run: Run) -> None:
    assert refused(run("serve", "--host", "0.0.0.0"), "ENTENTE_ADMIN_KEY")  # noqa: S104


def test_the_schema_is_compared_and_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"

    stale = run("export", "schema", "--check", "--file", str(file))
    assert (stale.code, "make snapshots" in stale.err) == (1, True)
    assert run("export", "schema", "--file", str(file)).code == 0
    assert run("export", "schema", "--check", "--file", str(file)).code == 0
