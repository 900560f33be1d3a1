"""Embedded servers that all commands share: the first starts them, they end with the last, however that ends.

Every user of a server holds a shared lock on `<kind>.users` in the state folder. Its keeper (keeper.py) waits
for the exclusive lock, which the system grants when the last user is gone, killed or not, and stops it then.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO

from entente.child import EmbeddedError

READY, FAILED, BUSY = 0, 1, 75  # how the start of a keeper ends; BUSY: another one is at it
START_SECONDS = 150.0
WITHDRAWN_SECONDS = 1.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running server, as its keeper publishes it in the state folder."""

    url: str
    socket: Path
    data: Path
    keeper: int

    @classmethod
    def read(cls, published: Path) -> Running | None:
        """What was published last, whether or not it still runs."""
        try:
            known = json.loads(published.read_text())
        except FileNotFoundError:
            return None
        return cls(known["url"], Path(known["socket"]), Path(known["data"]), known["keeper"])

    def publish(self, published: Path) -> None:
        """Write it whole, for our eyes only: the URL has the password."""
        draft = published.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), default=str))
        draft.replace(published)

    @property
    def answers(self) -> bool:
        """Whether somebody listens: the socket's folder is new with every keeper, so it can be no other."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except OSError:
                return True  # too busy to answer
            return True


def running(kind: str, state: Path) -> Running | None:
    """The server of this kind, if one runs and is kept: one whose keeper was killed is about to end."""
    found = Running.read(state / f"{kind}.json")
    return found if found is not None and found.answers and _kept(kind, state) else None


def make_state(state: Path) -> None:
    """A folder for us alone; root's may be passed through by Postgres, which then runs as another user."""
    try:
        if not state.exists():
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                state.chmod(0o711)
        (state / "serve.lock").touch()
    except OSError as error:
        raise EmbeddedError(
            f"The state folder cannot be used: {error}. Set ENTENTE_STATE to another."
        ) from None


@contextmanager
def only_server(state: Path) -> Iterator[None]:
    """Hold the state folder's lock: the embedded stores have one server."""
    with (state / "serve.lock").open("a+") as lock:
        if not _free(lock, fcntl.LOCK_EX):
            lock.seek(0)
            raise EmbeddedError(
                f"A server runs already on {state} (process {lock.read().strip()}). "
                "Stop it, or give this one another ENTENTE_STATE."
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def shared(kinds: Sequence[str], state: Path) -> Iterator[dict[str, str]]:
    """Use these servers, by kind; their URLs."""
    with ExitStack() as stack:
        for kind in kinds:
            stack.enter_context(_user(kind, state))
        with ThreadPoolExecutor() as pool:  # they start side by side
            found = list(pool.map(partial(_join, state), kinds))
        yield dict(zip(kinds, found, strict=True))


@contextmanager
def _user(kind: str, state: Path) -> Iterator[None]:
    with (state / f"{kind}.users").open("a") as users:
        os.register_at_fork(after_in_child=users.close)  # a child of ours is no user of its own
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper stops its server
        try:
            yield
        finally:
            _leave(users, state, kind)


def _leave(users: IO[str], state: Path, kind: str) -> None:
    """The last one waits until the server has ended: nothing of ours is left behind when we are gone."""
    published = state / f"{kind}.json"
    last = _free(users, fcntl.LOCK_EX)
    fcntl.flock(users, fcntl.LOCK_UN)
    if last and _until(lambda: not published.exists(), WITHDRAWN_SECONDS):  # else somebody came
        _until(lambda: published.exists() or not _kept(kind, state), STOP_SECONDS)


def _kept(kind: str, state: Path) -> bool:
    """Whether a keeper holds the lock on the data; when it lets go, the server has ended."""
    with (state / f"{kind}.lock").open("a") as lock:
        return not _free(lock, fcntl.LOCK_SH)


def _free(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _join(state: Path, kind: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    while (found := running(kind, state)) is None:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{kind} is not ready after {START_SECONDS:.0f} s. See {state / kind}.log")
        _start_keeper(kind, state)
    return found.url


def _start_keeper(kind: str, state: Path) -> None:
    started = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "entente.keeper", kind, state],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[1],  # where this package is, installed or not
        start_new_session=True,  # Ctrl-C is for us
        text=True,
        check=False,
    )
    if started.returncode == BUSY:
        time.sleep(0.05)
    elif started.returncode != READY:
        raise EmbeddedError(started.stderr.strip() or f"The keeper of {kind} ended without a word.")
