"""Postgres refuses to run as root: whom it runs as then, from where, and where its data lives."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from entente.child import EmbeddedError

NOBODY = 65534
CACHE = Path("/var/cache/entente")
DATA = Path("/var/lib/entente")


def user() -> int | None:
    """The user that Postgres runs as, where it cannot be ours."""
    return NOBODY if os.geteuid() == 0 else None


def usable(path: Path) -> bool:
    """Whether Postgres' user may enter this folder, or run this program."""
    as_user = user()
    return as_user is None or _may_use(path, as_user)


def give(path: Path) -> None:
    """Make Postgres' user the owner."""
    as_user = user()
    if as_user is not None:
        os.chown(path, as_user, as_user)


def home(data: Path) -> Path:
    """A private folder for the data: the one asked for, or one in /var/lib where Postgres cannot go there."""
    folder = _home(data)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give(folder)
    return folder


def _home(data: Path) -> Path:
    elsewhere = DATA / hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    if user() is None or (usable(data.parent) and not elsewhere.exists()):
        return data
    if data.exists():
        raise EmbeddedError(
            f"The data in {data} is out of reach of user {NOBODY}, as whom Postgres runs when we are root. "
            "Use the account that made it, or another ENTENTE_STATE."
        )
    _passable(DATA)
    return elsewhere


def programs(package: Path, version: str) -> Path:
    """The folder with the programs of the wheel, or of a copy where Postgres' user cannot use the wheel's."""
    inside = Path("pginstall") / "bin"
    if usable(package / inside / "postgres"):
        return package / inside
    copy = CACHE / f"postgres-{version}"
    if not copy.exists():
        _copy(package, copy)
    return copy / package.name / inside


def _copy(package: Path, target: Path) -> None:
    """All or nothing, and in the wheel's own layout: the programs find their libraries by relative paths."""
    _passable(CACHE)
    libraries = package.with_name(f"{package.name}.libs")
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        whole = Path(scratch) / "whole"
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, whole / package.name / "pginstall" / part)
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name)
        _readable(whole)
        _publish(whole, target)


def _publish(whole: Path, target: Path) -> None:
    try:
        whole.rename(target)
    except OSError:
        if not target.exists():  # else another process was quicker
            raise


def _readable(folder: Path) -> None:
    """Let everybody read our copy, whatever the permissions of the wheel's files."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _passable(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir()
        folder.chmod(0o755)  # whatever our umask is


def _may_use(path: Path, as_user: int) -> bool:
    """Asked of the system, as that user, since access lists and mounts have a say too."""
    try:
        ask: list[str | Path] = ["/usr/bin/env", "test", "-x", path]
        probe = subprocess.run(ask, check=False, user=as_user, group=as_user, extra_groups=[])  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(
            f"Postgres refuses to run as root, and we may not change to user {as_user}: {error}. "
            "Use an ordinary account, or set DATABASE_URL."
        ) from None
    return probe.returncode == 0
