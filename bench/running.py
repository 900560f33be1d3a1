"""Starting contenders, each on a free port and on the core of the servers, and stopping them."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import Contender

REPOSITORY = Path(__file__).parent.parent
START_SECONDS = 90.0
STOP_SECONDS = 10.0
TIED = ("/usr/bin/setpriv", "--pdeathsig", "TERM")
"""If this process is killed, no server must stay behind."""


class NotServingError(RuntimeError):
    """A contender cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A contender that runs."""

    contender: Contender
    port: int
    pid: int

    def ask(self, question: tuple[str, str]) -> Any:
        """The answer to one question, as what its JSON holds."""
        body, key = question
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        try:
            conn.request("POST", "/graphql", body, headers)
            return json.loads(conn.getresponse().read())
        finally:
            conn.close()


@contextmanager
def running(contenders: Sequence[Contender], core: int | None, logs: Path) -> Iterator[list[Server]]:
    """Start these side by side, and go on when all of them answer."""
    with ExitStack() as stack:
        started = [stack.enter_context(_started(one, core, logs)) for one in contenders]
        for server, process, log in started:
            _await(server, process, log)
        yield [server for server, _, _ in started]


@contextmanager
def _started(
    contender: Contender, core: int | None, logs: Path
) -> Iterator[tuple[Server, subprocess.Popen[bytes], Path]]:
    port = _free_port()
    log = logs / f"{contender.name}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "ENTENTE_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            (*(TIED if Path(TIED[0]).exists() else ()), *contender.command),
            cwd=REPOSITORY,
            env={**kept, **contender.environ, "PORT": str(port), "UVICORN_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_stay_on(core),
        )
    try:
        yield Server(contender, port, process.pid), process, log
    finally:
        _stop(process)


def _stay_on(core: int | None) -> Callable[[], None] | None:
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    question = server.contender.questions("small")[0]
    said: object = "nothing"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            said = server.ask(question)
        except (OSError, ValueError, http.client.HTTPException) as error:
            said = error
        if isinstance(said, dict) and said.get("data"):
            return
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:]
    raise NotServingError(f"{server.contender.name} does not serve: {said}\n{tail}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
