"""A Postgres cluster: the folder of data that initdb makes once, its password, and its database `entente`."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from pathlib import Path

from entente import unprivileged
from entente.child import EmbeddedError


def password(home: Path) -> str:
    """The password of the user `entente`, made up the first time."""
    path, draft = home / "password", home / "password.draft"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(24))
        unprivileged.give(draft)
        draft.rename(path)
    return path.read_text()


def make(home: Path, programs: Path) -> Path:
    """The cluster's folder, named for its major version. A half-made one is never taken for a whole one."""
    major = _major(programs)
    cluster = home / str(major)
    if not cluster.exists():
        draft = home / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        _run(_initdb(programs, draft, home / "password", major))
        _run([programs / "postgres", "--single", "-D", draft, "postgres"], "CREATE DATABASE entente\n")
        draft.rename(cluster)
    return cluster


def is_ready(cluster: Path, pid: int) -> bool:
    """Whether the postmaster with this pid takes connections."""
    try:
        lines = (cluster / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _major(programs: Path) -> int:
    found = re.search(r"\d+", _run([programs / "postgres", "--version"]))
    if found is None:
        raise EmbeddedError(f"{programs / 'postgres'} does not tell its version")
    return int(found[0])


def _initdb(programs: Path, draft: Path, password_file: Path, major: int) -> list[str | Path]:
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    locale = builtin if major >= 17 else ["--locale=C.UTF-8"]
    access: list[str | Path] = ["-U", "entente", "-A", "scram-sha-256", "--pwfile", password_file]
    return [programs / "initdb", "-D", draft, "--encoding=UTF8", *access, *locale]


def _run(command: list[str | Path], text: str = "") -> str:
    user = unprivileged.user()
    done = subprocess.run(  # noqa: S603
        command,
        input=text,
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if done.returncode != 0:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
