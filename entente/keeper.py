"""Keeps an embedded server for as long as any command uses it: entente.keeper postgres|valkey STATE."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from entente import embedded, unprivileged
from entente.child import EmbeddedError
from entente.sharing import BUSY, FAILED, READY, Running

RESTART_SECONDS = 1.0


class ServerEndedError(Exception):
    """The server ended without being asked to."""


def main() -> int:
    """Ends when the server is ready, or cannot be; a child goes on and keeps it."""
    kind, state = sys.argv[1], Path(sys.argv[2])
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        told = os.read(reader, 1)
        return told[0] if told else FAILED
    os.close(reader)
    try:
        _keep(kind, state, writer)
    except embedded.InUseError:
        os.write(writer, bytes([BUSY]))
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
    return 0


def _keep(kind: str, state: Path, writer: int) -> None:
    """Publish the server and keep it until its last user is gone; start it again should it end before."""
    signal.signal(signal.SIGTERM, _leave)
    published = state / f"{kind}.json"
    with _sockets() as sockets, (state / f"{kind}.users").open("a") as users:
        told = False
        while True:
            with _server(kind, state / kind, sockets) as running:
                _forget(Running.read(published), sockets)
                running.publish(published)
                if not told:
                    _let_go(writer, state / f"{kind}.log")
                    told = True
                if _everyone_left(users):
                    published.unlink()  # whoever comes now waits at the lock that we hold, then starts anew
                    return
            time.sleep(RESTART_SECONDS)


@contextmanager
def _server(kind: str, data: Path, sockets: Path) -> Iterator[Running]:
    if kind == "postgres":
        with embedded.postgres(data, sockets=sockets) as url:
            yield Running(url, sockets / embedded.POSTGRES_SOCKET, unprivileged.home(data), os.getpid())
    else:
        with embedded.valkey(data, sockets=sockets) as url:
            yield Running(url, sockets / embedded.VALKEY_SOCKET, data, os.getpid())


@contextmanager
def _sockets() -> Iterator[Path]:
    """The socket keeps its place when the server is started again, so that its users find it."""
    folder = embedded.new_socket_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget(before: Running | None, sockets: Path) -> None:
    """Remove what a keeper left that was killed: the server is ours now, so it can be used no more."""
    if before is not None and before.socket.parent != sockets:
        shutil.rmtree(before.socket.parent, ignore_errors=True)


def _let_go(writer: int, log: Path) -> None:
    """Tell the parent that all is ready, and keep nothing open of whoever started it."""
    nowhere, errors = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(errors, 2)
    os.close(nowhere)
    os.close(errors)
    os.write(writer, bytes([READY]))
    os.close(writer)


def _everyone_left(users: IO[str]) -> bool:
    """Wait until nobody shares the users' lock (True) or the server ends (False)."""
    signal.signal(signal.SIGCHLD, _server_ended)
    try:
        if _ended():
            return False
        fcntl.flock(users, fcntl.LOCK_EX)
    except ServerEndedError:
        return False
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return True


def _server_ended(_number: int, _frame: FrameType | None) -> None:
    if _ended():  # else it was only stopped, or goes on again
        raise ServerEndedError


def _ended() -> bool:
    return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit


if __name__ == "__main__":
    sys.exit(main())
