"""The programs in docs/clients.md run as they stand, but for the address and the world."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.tools import HERE, ROOT, install, run
from tests.npm import node

PAGE = (ROOT / "docs" / "clients.md").read_text()
PROGRAMS = re.findall(r"## (\w+)[^\n]*\n\n```(js|python)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("client", "language", "program"), PROGRAMS, ids=[one[0] for one in PROGRAMS])
async def test_a_program_of_the_page_runs(
    client: str, language: str, program: str, facts: dict[str, Any], tmp_path: Path
) -> None:
    text = program.replace("http://127.0.0.1:8000/graphql", facts["url"]).replace("demo", facts["worldId"])
    file = tmp_path / ("program.mjs" if language == "js" else "program.py")
    file.write_text(text)
    if language == "js":
        await install()
        (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    said = await run(node() if language == "js" else sys.executable, file, cwd=tmp_path)

    assert facts["worldId"] in said, f"{client} printed {said}"
