"""A server process that is started, watched and stopped with us, and cannot outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 120.0  # a server that was killed first replays its log
STOP_SECONDS = 60.0
LOG_LIMIT = 1_000_000
PR_SET_PDEATHSIG = 1

# Looked up here because nothing may be imported or looked up between fork and exec.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class EmbeddedError(RuntimeError):
    """An embedded server cannot run; the message says what to do."""


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[int], bool],
    log: Path,
    farewell: signal.Signals,
    user: int | None = None,
) -> Iterator[None]:
    """Run a server, entered once `ready(pid)` holds. Should our thread end first, it gets `farewell` too."""
    begin = _open_log(log)
    process = _start(command, log, farewell, user)
    try:
        _await(process, ready, log, begin)
        yield
    finally:
        _stop(process, farewell)


def end_orphan(pid_file: Path, mark: Path, farewell: signal.Signals) -> None:
    """End the server that a killed process of ours left behind; `mark` is in its command line."""
    pid = _pid_in(pid_file)
    if pid is None or not _alive(pid):
        return
    if os.fsencode(mark) not in _command_line(pid):
        pid_file.unlink()  # the number has gone to another program meanwhile
        return
    os.kill(pid, farewell)
    deadline = time.monotonic() + STOP_SECONDS
    while _alive(pid):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"A server that was left behind does not end. Stop it first: kill {pid}")
        time.sleep(0.01)


def _open_log(log: Path) -> int:
    """Make room in the log, and tell where this run's part of it begins."""
    log.touch(mode=0o600)
    if log.stat().st_size > LOG_LIMIT:
        os.truncate(log, 0)
    return log.stat().st_size


def _start(
    command: Sequence[str | Path], log: Path, farewell: signal.Signals, user: int | None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: we stop the server once all is put away
            preexec_fn=_tie(farewell),
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )


def _stop(process: subprocess.Popen[bytes], farewell: signal.Signals) -> None:
    process.send_signal(farewell)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()


def _tie(farewell: signal.Signals) -> Callable[[], None] | None:
    """What the child does before it becomes the server (after it changed its user, which would undo it)."""
    if _prctl is None:
        return None
    parent, prctl, number = os.getpid(), _prctl, int(farewell)

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def _await(process: subprocess.Popen[bytes], ready: Callable[[int], bool], log: Path, begin: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready(process.pid):
        if process.poll() is not None:
            raise EmbeddedError(f"{log.stem} ended as it started. From {log}:\n{_tail(log, begin)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{log.stem} is not ready after {START_SECONDS:.0f} s. See {log}")
        time.sleep(0.003)


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as lines:
        lines.seek(begin)
        return lines.read()[-2000:].decode(errors="replace").strip()


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_line(pid: int) -> bytes:
    """The command line of a process: from /proc, or where there is none, from ps."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        ask = ["/bin/ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(ask, capture_output=True, check=False).stdout  # noqa: S603
