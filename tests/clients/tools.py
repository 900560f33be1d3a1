"""Runs the tools and programs of this folder: those of Node, and those of Python's packages."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.npm import installed, node

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCHEMA = ROOT / "schema.graphql"


async def run(program: Path | str, *arguments: Path | str, cwd: Path = HERE, **environment: str) -> str:
    """What a program prints; fails with it where the program fails."""
    said = await started(program, *arguments, cwd=cwd, **environment)
    output, _ = await said.communicate()
    text = output.decode()
    assert said.returncode == 0, f"{Path(program).name} ended with {said.returncode}:\n{text}"
    return text


async def started(
    program: Path | str, *arguments: Path | str, cwd: Path = HERE, **environment: str
) -> asyncio.subprocess.Process:
    """A program that runs, with what it prints in one stream."""
    return await asyncio.create_subprocess_exec(
        program,
        *arguments,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "NO_UPDATE_NOTIFIER": "1", **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def install() -> None:
    """Make sure that the packages of npm are here."""
    await asyncio.to_thread(installed, HERE)


async def run_npm(package: str, program: str, *arguments: Path | str, cwd: Path = HERE) -> str:
    """What a program of an npm package prints."""
    await install()
    return await run(node(), HERE / "node_modules" / package / program, *arguments, cwd=cwd)


async def run_stories(file: str, facts: dict[str, Any]) -> None:
    """Run the tests in a file for Node, which get to know these facts."""
    await install()
    options = ["--test", "--test-reporter=spec", "--test-timeout=60000"]
    await run(node(), *options, HERE / file, ENTENTE=json.dumps(facts))
