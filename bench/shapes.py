"""The three questions, as each server is asked them."""

from __future__ import annotations

import json
from pathlib import Path

from bench.generator import NUMBER
from bench.world import SIZE

SHAPES = ("context", "page", "small")
OURS = Path(__file__).parent / "queries"
POSTGRAPHILES = Path(__file__).parent / "peers" / "queries"
NPCS = range(1, SIZE.npcs + 1)


def texts(folder: Path) -> dict[str, str]:
    """The texts of a folder, by name."""
    return {shape: (folder / f"{shape}.graphql").read_text() for shape in SHAPES}


def body(text: str, npc_id: int) -> str:
    """A request for one NPC, or for none in particular where the text has no variable for it."""
    asked: dict[str, object] = {"query": text}
    if "$npcId" in text:
        asked["variables"] = {"npcId": npc_id}
    return json.dumps(asked)


def unseen(text: str) -> str:
    """The text with an alias that the generator makes another for each request."""
    return text.replace("tribe\n", f"a{NUMBER}: tribe\n", 1)
