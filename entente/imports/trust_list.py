"""Who-trusts-whom lists: a line for each rating, with source, target, rating and, it may be, time.

A first line whose rating is no number is a heading. A time is in seconds since 1970 or in ISO 8601 (UTC
where it names no zone).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, NamedTuple

from entente.imports import ImportRefused
from entente.imports.files import CLOCKS_DIFFER_BY, lines

NAME_LIMIT = 100
GREATEST_RATING = 100.0


class Rating(NamedTuple):
    """What one says of another, and the line it stands on."""

    line: int
    truster: str
    trusted: str
    rating: float
    at: datetime | None


def ratings(stream: IO[bytes], now: datetime) -> Iterator[Rating]:
    """The ratings of a list, in the file's order."""
    for place, (line, fields) in enumerate(_rows(stream)):
        if fields and not (place == 0 and _is_heading(fields)):
            yield _rating(fields, line, now)


def _rows(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines(stream), strict=True)
    try:
        for fields in reader:
            yield reader.line_num, fields
    except csv.Error as error:
        raise ImportRefused(f"{error}.", reader.line_num) from error


def _is_heading(fields: list[str]) -> bool:
    return len(fields) in (3, 4) and _number(fields[2]) is None


def _rating(fields: list[str], line: int, now: datetime) -> Rating:
    if len(fields) not in (3, 4):
        raise ImportRefused(
            f"source, target, rating and perhaps time are wanted; here are {len(fields)} fields.", line
        )
    truster, trusted = _name(fields[0], "source", line), _name(fields[1], "target", line)
    if truster == trusted:
        raise ImportRefused(f"{truster} rates themselves.", line)
    rating = _number(fields[2])
    if rating is None:
        raise ImportRefused(f"the rating is {fields[2][:40]!r}, not a number.", line)
    if abs(rating) > GREATEST_RATING:
        raise ImportRefused(f"the rating is {rating:g}, out of the range of -100 to 100.", line)
    at = _time(fields[3].strip(), line, now) if len(fields) == 4 else None
    return Rating(line, truster, trusted, rating, at)


def _name(field: str, which: str, line: int) -> str:
    name = field.strip()
    if not name:
        raise ImportRefused(f"the {which} has no name.", line)
    if len(name) > NAME_LIMIT:
        raise ImportRefused(f"the {which} has {len(name)} characters; {NAME_LIMIT} are the most.", line)
    return name


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _time(field: str, line: int, now: datetime) -> datetime:
    try:
        seconds = _number(field)
        at = datetime.fromisoformat(field) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ImportRefused(
            f"the time is {field[:40]!r}; seconds since 1970 or ISO 8601 are wanted.", line
        ) from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at > now + CLOCKS_DIFFER_BY:
        raise ImportRefused(f"the time {field[:40]!r} lies in the future.", line)
    return at
