"""sgqlc makes types and operations of our schema, and a program that uses them is answered."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

from tests.clients.tools import HERE, ROOT, SCHEMA, run

SOURCES = HERE / "sgqlc"


@pytest.fixture(scope="module")
async def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sgqlc, and with a graphql-core as old as it wants."""
    folder = tmp_path_factory.mktemp("sgqlc") / "library"
    uv = Path(sys.executable).with_name("uv")
    where = ("--quiet", "--target", folder, "--python", sys.executable)
    what = ("--require-hashes", "--requirement", SOURCES / "requirements.txt")
    await run(uv, "pip", "install", *where, *what, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
async def generated(library: Path) -> Path:
    """A folder with what sgqlc made of our schema and of the operations."""
    folder = library.with_name("generated")
    folder.mkdir()
    introspection = introspection_from_schema(build_schema(SCHEMA.read_text()))
    (folder / "schema.json").write_text(json.dumps(introspection))
    (folder / "operations.json").write_text(json.dumps(without_defaults(introspection)))
    await python(library, "-m", "sgqlc.codegen", "schema", "schema.json", "schema.py", cwd=folder)
    made = ("--schema", "operations.json", "schema", "operations.py")
    texts = SOURCES / "operations.graphql"
    await python(library, "-m", "sgqlc.codegen", "operation", *made, texts, cwd=folder)
    return folder


async def test_a_program_with_these_types_is_answered(
    library: Path, generated: Path, facts: dict[str, Any]
) -> None:
    said = await python(library, SOURCES / "program.py", cwd=generated, ENTENTE=json.dumps(facts))

    bela, otto = (f"{name} of {facts['worldId']}" for name in ("Bela", "Otto"))
    assert json.loads(said.splitlines()[-1]) == [
        [bela, 900, "North"],
        [[otto, 10]],
        ["Treaty", "BROKEN"],
        ["Refusal", "NOT_IN_FORCE"],
        "BAD_USER_INPUT",
    ]


def without_defaults(introspection: Any) -> Any:
    """A schema for sgqlc 18, which refuses operations that leave a default as it is, or seem to."""
    copy = json.loads(json.dumps(introspection))
    for kind in copy["__schema"]["types"]:
        for argument in (one for field in kind["fields"] or () for one in field["args"]):
            argument["defaultValue"] = None
    return copy


async def python(library: Path, *arguments: Path | str, cwd: Path, **environment: str) -> str:
    """What a program prints that finds these libraries, and what was generated."""
    paths = os.pathsep.join([str(library), str(cwd)])
    return await run(sys.executable, *arguments, cwd=cwd, PYTHONPATH=paths, **environment)
