"""`entente export world`: a world as lines of JSON, in a file or on standard output."""

from __future__ import annotations

import gzip
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from db import exports
from db.connection import Stores
from db.exports import Told


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
    """Write a world; to a file whole or not at all, packed where its name ends in .gz."""
    began, lines = time.perf_counter(), 0
    with _written(out) as file:
        async with aclosing(exports.world(stores, world_id, told)) as parts:
            async for some in parts:
                file.writelines(some)
                lines += len(some)
    name = "standard output" if out is None else str(out)
    return Exported(world_id, name, lines, round(time.perf_counter() - began, 3))


@contextmanager
def _written(out: Path | None) -> Iterator[IO[str]]:
    """A file that is there once it is whole; nobody else may read it, since it holds what is private."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    try:
        with _opened(part, packed=out.suffix == ".gz") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[str]]:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as raw:
        inner = cast(IO[bytes], gzip.GzipFile(path.stem, "wb", 6, raw)) if packed else raw
        with io.TextIOWrapper(inner, encoding="utf-8") as file:
            yield file
