"""`entente export world`: a world as lines of JSON, in a file or on standard output."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from db.connection import Stores
from db.exports import Told
from resolvers.exports import write


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    world_id: str
    file: str
    lines: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.world_id}: {self.lines:,} lines in {self.file}, in {self.seconds:.1f} s"


async def export_world(stores: Stores, world_id: str, out: Path | None, told: Told) -> Exported:
    """Write a world."""
    began = time.perf_counter()
    lines = await write(stores, world_id, out, told)
    name = "standard output" if out is None else str(out)
    return Exported(world_id, name, lines, round(time.perf_counter() - began, 3))
