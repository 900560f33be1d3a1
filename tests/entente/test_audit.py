"""The reference audit of GraphQL over HTTP, whole: what a server must, should and may do."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening
from tests.npm import installed, node

AUDIT = Path(__file__).parents[1] / "clients" / "audit"
ALL = 61


def audit(folder: Path, url: str) -> Any:
    """What the audit finds at an address."""
    program = [str(node()), "audit.mjs", url]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


async def test_every_audit_is_ok(urls: StoreUrls) -> None:
    folder = await asyncio.to_thread(installed, AUDIT)
    async with listening(create_app(Settings(state=Path("/nowhere")), urls)) as port:
        found = await asyncio.to_thread(audit, folder, f"http://127.0.0.1:{port}/graphql")

    assert [one for one in found if one["status"] != "ok"] == []
    assert len(found) == ALL
