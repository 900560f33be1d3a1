"""What a client accepts: media types, their qualities and wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"
PAGE = "text/html"
UTF_8 = ("utf-8", "utf8")

QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
LONGEST = 2000  # bytes of a header that are looked at


@dataclass(frozen=True, slots=True)
class Accepts:
    """What may be sent to a client."""

    media: str | None
    """The media type of the answer; None where none that the client takes can be written."""
    events: bool = False
    """Whether server-sent events are asked for by name."""
    page: bool = False
    """Whether HTML is asked for by name, as browsers do."""
    by_status: bool = False
    """Whether the status code is the status of the operation, as with the newer of the two types."""


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    quality: float
    position: int

    def specificity(self, media: str) -> int | None:
        """How closely this range tells a media type; None where it does not tell it at all."""
        if self.name == media:
            return 2
        if self.name == media.partition("/")[0] + "/*":
            return 1
        return 0 if self.name == "*/*" else None


@lru_cache(1000)
def accepted(header: bytes | None) -> Accepts:
    """What a header `Accept` takes; without one JSON, as the oldest clients expect."""
    ranges = list(_ranges((header or b"*/*")[:LONGEST].decode("latin-1")))
    ranked = [(rank, media) for media in (JSON, RESPONSE) if (rank := _rank(media, ranges))]
    best = max(ranked, key=lambda one: one[0], default=None)
    named = {one.name for one in ranges if one.quality > 0}
    media = best[1] if best else None
    return Accepts(media, EVENTS in named, PAGE in named, media == RESPONSE)


def _rank(media: str, ranges: Iterable[_Range]) -> tuple[float, int, int] | None:
    """The closest range decides about a type; of equal ones the client named the first first."""
    telling = [
        (near, one.quality, -one.position) for one in ranges if (near := one.specificity(media)) is not None
    ]
    near, quality, position = max(telling, key=lambda one: (one[0], one[2]), default=(0, 0.0, 0))
    return (quality, near, position) if quality > 0 else None


def _ranges(header: str) -> Iterator[_Range]:
    for position, part in enumerate(header.split(",")):
        name, parameters = _split(part)
        quality, charset = parameters.get("q", "1"), parameters.get("charset", "utf-8")
        if QUALITY.fullmatch(quality) and charset in UTF_8:
            yield _Range(name, float(quality), position)


@lru_cache(1000)
def is_json(content_type: bytes) -> bool:
    """Whether a header `Content-Type` tells of JSON in UTF-8."""
    name, parameters = _split(content_type[:LONGEST].decode("latin-1"))
    return name == JSON and parameters.get("charset", "utf-8") in UTF_8


def _split(value: str) -> tuple[str, dict[str, str]]:
    """The name of a media type, and its parameters."""
    name, *parameters = (part.strip().lower() for part in value.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return name, {key.strip(): told.strip().strip('"') for key, _, told in pairs}
