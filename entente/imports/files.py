"""Files as they come: plain, gzip or zip; read in pieces, as UTF-8 text without NUL characters."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, cast

from entente.imports import ImportRefused

CHUNK = 1 << 18
LONGEST_LINE = 1 << 16
CLOCKS_DIFFER_BY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file, and how many of its bytes on disk were read."""

    stream: IO[bytes]
    position: Callable[[], int]


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The content of a file; of a zip file, its only member."""
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            stream = stack.enter_context(_unpacked(raw, path.suffix.lower()))
        except (OSError, zipfile.BadZipFile) as error:
            raise ImportRefused(f"{path} cannot be read: {_why(error)}.") from error
        yield Source(stream, raw.tell)


def _unpacked(raw: IO[bytes], suffix: str) -> IO[bytes]:
    if suffix == ".gz":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if suffix == ".zip":
        archive = zipfile.ZipFile(raw)
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise ImportRefused(f"A zip file with one file in it is wanted; this one holds {len(names)}.")
        return archive.open(names[0])
    return raw


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")


def texts(stream: IO[bytes]) -> Iterator[str]:
    """The file as text, piece by piece; a byte order mark is passed over."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    line = 1
    while chunk := _read(stream, line):
        text = _decoded(decoder, chunk, line)
        line += text.count("\n")
        yield text
    _decoded(decoder, b"", line)


def _read(stream: IO[bytes], line: int) -> bytes:
    try:
        return stream.read(CHUNK)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise ImportRefused(f"the file cannot be read on: {_why(error)}.", line) from error


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, line: int) -> str:
    try:
        text = decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        broken = line + error.object.count(b"\n", 0, error.start)
        raise ImportRefused(
            f"this is not UTF-8 text: byte 0x{error.object[error.start]:02x}.", broken
        ) from error
    if "\0" in text:
        raise ImportRefused("a NUL character.", line + text.count("\n", 0, text.index("\0")))
    return text


def lines(stream: IO[bytes]) -> Iterator[str]:
    """The file line by line, line ends included."""
    rest, line = "", 0
    for text in texts(stream):
        *whole, rest = (rest + text).split("\n")
        for each in whole:
            line += 1
            yield each + "\n"
        if len(rest) > LONGEST_LINE:
            raise ImportRefused("this line does not end.", line + 1)
    if rest:
        yield rest


def time_of(path: Path, at: datetime | None, now: datetime) -> datetime:
    """The moment that a file speaks of: the stated one (UTC without a zone), else that of its last change."""
    if at is None:
        try:
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise ImportRefused(f"{path} cannot be read: {_why(error)}.") from error
    elif at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if at > now + CLOCKS_DIFFER_BY:
        raise ImportRefused(
            f"The time of the file, {at:%Y-%m-%d %H:%M} UTC, lies in the future; state it with --at."
        )
    return at
