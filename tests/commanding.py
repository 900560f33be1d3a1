"""Commands as a person runs them: processes of their own, over a state folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import entente

ROOT = Path(entente.__file__).parents[1]
START_SECONDS, END_SECONDS = 120, 60  # on a machine that has much else to do
OURS = ("ENTENTE_", "DATABASE_", "WORLD_DATABASE", "REDIS_", "HOST", "PORT", "LOG_FORMAT")


@contextmanager
def state_folder() -> Iterator[Path]:
    """A folder that Postgres can pass through when we are root; pytest's own it cannot.

    Its name is unlike those of tests/servers.py, which removes what looks left behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="state-of-entente-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def entente_command(state: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended."""
    return subprocess.run(
        _program(*arguments),
        env=_environ(state, environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "entente", *arguments]


def _environ(state: Path, given: dict[str, str]) -> dict[str, str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**usual, "ENTENTE_STATE": str(state), **given}


@dataclass(frozen=True, slots=True)
class Serving:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    state: Path
    said: Path

    @property
    def told(self) -> str:
        """What it has written so far."""
        return self.said.read_text()

    @property
    def url(self) -> str:
        """Where it answers."""
        return next(word for word in self.told.split() if word.endswith("/graphql"))

    def ask(self, query: str) -> Any:
        """The data of an answer without errors."""
        answer = httpx.post(self.url, json={"query": query}, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def end(self, how: signal.Signals) -> int:
        """End it, and tell its exit code."""
        self.process.send_signal(how)
        return self.process.wait(END_SECONDS)

    def await_ready(self) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + START_SECONDS
        while "Ready in" not in self.told:
            assert self.process.poll() is None, self.told
            assert time.monotonic() < deadline, self.told
            time.sleep(0.02)


@contextmanager
def serving(state: Path, *arguments: str, **environ: str) -> Iterator[Serving]:
    """A server that is ready, on a free port."""
    said = state / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            _program("serve", "--port", "0", *arguments),
            env=_environ(state, environ),
            cwd=ROOT,
            stdout=output,
            stderr=output,
            text=True,
            preexec_fn=_with_usual_signals,
        )
    try:
        server = Serving(process, state, said)
        server.await_ready()
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(END_SECONDS)


def _with_usual_signals() -> None:
    """A test run in the background of a shell ignores Ctrl-C, and so would the server."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def left_running(state: Path) -> list[str]:
    """What still runs of all that was ever started over this state folder."""
    return [
        (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        for process in Path("/proc").glob("[0-9]*")
        if _belongs_to(process, os.fsencode(state))
    ]


def _belongs_to(process: Path, state: bytes) -> bool:
    try:
        return state in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except OSError:  # it has ended meanwhile, or is not ours
        return False


def parsed(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed as JSON."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
