"""Exports: a world written to a file, by a command or as a job of a server that tells how far it is."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import IO, Annotated, cast

import strawberry

from db import exports
from db.connection import Stores
from db.exports import NoSuchWorldError, Told
from db.outages import StoreUnavailableError
from resolvers.changes import Change, aside
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld, kept_whole

log = logging.getLogger(__name__)
KEPT = timedelta(hours=1)
MOST_KEPT = 5


async def write(stores: Stores, world_id: str, out: Path | None, told: Told) -> int:
    """Write a world to a file, whole or not at all, packed where its name ends in .gz; without one to
    standard output. Says how many lines."""
    lines = 0
    with _written(out) as file:
        async with aclosing(exports.world(stores, world_id, told)) as parts:
            async for some in parts:
                await asyncio.to_thread(file.writelines, some)
                lines += len(some)
    return lines


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


class ExportStatus(Enum):
    """How far an export is."""

    RUNNING = "running"
    """It is being written."""
    DONE = "done"
    """The file is there."""
    FAILED = "failed"
    """There is no file."""


enum(ExportStatus)


@dataclass(slots=True)
class ExportJob:
    """An export under way, or over."""

    export_id: str
    world_id: str
    started_at: datetime
    status: ExportStatus = ExportStatus.RUNNING
    table: str | None = None
    rows: int = 0
    rows_of_table: int = 0
    finished_at: datetime | None = None
    problem: str | None = None

    def tell(self, table: str, done: int, of: int) -> None:
        """So many rows of a table are written."""
        self.table, self.rows, self.rows_of_table = table, done, of


@dataclass
class Exports:
    """The exports of a server: one at a time, the last few kept for an hour in a folder of its own."""

    stores: Stores
    folder: Path
    _jobs: dict[str, ExportJob] = field(default_factory=dict)
    _running: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def over(cls, stores: Stores) -> AsyncIterator[Exports]:
        """Exports of these stores; at the end nothing is left of them."""
        with tempfile.TemporaryDirectory(prefix="entente-exports-", ignore_cleanup_errors=True) as folder:
            made = cls(stores, Path(folder))
            try:
                yield made
            finally:
                if made._running is not None:
                    made._running.cancel()
                    await asyncio.gather(made._running, return_exceptions=True)

    def begin(self, world_id: str, now: datetime) -> ExportJob | None:
        """Begin to write a world; None while another is being written. Of the same world it is that one."""
        self._clear_away(now)
        under_way = next((one for one in self._jobs.values() if one.status is ExportStatus.RUNNING), None)
        if under_way is not None:
            return under_way if under_way.world_id == world_id else None
        job = ExportJob(secrets.token_urlsafe(16), world_id, now)
        self._jobs[job.export_id] = job
        self._running = asyncio.create_task(self._write(job))
        return job

    def find(self, export_id: str, now: datetime) -> ExportJob | None:
        """The export of this id, as long as it is kept."""
        self._clear_away(now)
        return self._jobs.get(export_id)

    def file(self, export_id: str, now: datetime) -> Path | None:
        """Where a world was written to, as long as it is kept."""
        job = self.find(export_id, now)
        return self._path(job) if job is not None and job.status is ExportStatus.DONE else None

    async def _write(self, job: ExportJob) -> None:
        try:
            await write(self.stores, job.world_id, self._path(job), job.tell)
            job.status = ExportStatus.DONE
        except (NoSuchWorldError, StoreUnavailableError) as error:
            job.status, job.problem = ExportStatus.FAILED, str(error)
        except Exception:
            log.exception("an export failed", extra={"world": job.world_id})
            job.status, job.problem = ExportStatus.FAILED, "Unexpected error."
        job.finished_at = datetime.now(UTC)

    def _clear_away(self, now: datetime) -> None:
        """Forget what was kept long enough, and the oldest where there are too many."""
        over = [one for one in self._jobs.values() if one.finished_at is not None]
        for job in over:
            if job.finished_at is not None and job.finished_at + KEPT <= now:
                self._forget(job)
        for job in over[: max(0, len(over) - MOST_KEPT)]:
            self._forget(job)

    def _forget(self, job: ExportJob) -> None:
        if self._jobs.pop(job.export_id, None) is not None:
            self._path(job).unlink(missing_ok=True)

    def _path(self, job: ExportJob) -> Path:
        return self.folder / f"{job.export_id}.jsonl.gz"


@input_type
class ExportWorldInput(OfWorld):
    """Which world to export."""


@kept_whole
@dataclass(frozen=True, slots=True)
class BegunExport:
    """An export that was begun."""

    export_id: str


async def export_world(
    info: Info, input: Annotated[ExportWorldInput, strawberry.argument(description="Which world to export.")]
) -> ExportJob | Refusal:
    """Write a world to a file, as `entente export world` does: ask `exportJob` how far it is. A server writes
    one world at a time, and keeps a file for an hour. Of a world that is being written it is the same export
    again."""
    kept = _exports(info)

    async def act(under_way: Change) -> BegunExport:
        job = kept.begin(under_way.world_id, under_way.now)
        if job is None:
            refuse(RefusalCode.BUSY, "Another world is being exported: wait until that is done.")
        return BegunExport(job.export_id)

    begun = await aside(info, input, act)
    if isinstance(begun, Refusal):
        return begun
    job = kept.find(begun.export_id, info.context.now)
    return job or Refusal(RefusalCode.NOT_FOUND, "This export is kept no longer: begin another one.")


async def export_job(
    info: Info,
    export_id: Annotated[strawberry.ID, strawberry.argument(description="The id that exportWorld gave.")],
) -> ExportJob | None:
    """How far an export is that this server began; null where it keeps none of this id."""
    kept = info.context.exports
    return None if kept is None else kept.find(export_id, info.context.now)


def path(job: strawberry.Parent[ExportJob]) -> str | None:
    """Where on this server the file can be fetched, with an admin's key; null while it is not there."""
    return f"/exports/{job.export_id}.jsonl.gz" if job.status is ExportStatus.DONE else None


def _exports(info: Info) -> Exports:
    if info.context.exports is None:
        raise bad_input("Exports need a server: use the command `entente export world`.")
    return info.context.exports
