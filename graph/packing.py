"""Named arrays as bytes: a JSON header and the raw buffers behind it, so that loading copies nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

ALIGNED = 8
"""Buffers begin at multiples of this many bytes, so that they can be used where they lie."""

Array = np.ndarray[Any, np.dtype[Any]]


class UnreadableError(ValueError):
    """These bytes are not what they should be, or were written in another format: compute anew."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Header and arrays as bytes; equal input gives equal bytes."""
    layout = [(name, array.dtype.str, len(array)) for name, array in arrays.items()]
    head = json.dumps({**header, "arrays": layout}, separators=(",", ":")).encode()
    parts = [len(head).to_bytes(ALIGNED, "little"), _padded(head)]
    parts += [_padded(np.ascontiguousarray(array).tobytes()) for array in arrays.values()]
    return b"".join(parts)


def unpack(data: bytes, *, kind: str, format_number: int) -> tuple[dict[str, Any], dict[str, Array]]:
    """What `pack` was given; the arrays are read-only views of `data`."""
    try:
        length = int.from_bytes(data[:ALIGNED], "little")
        header: dict[str, Any] = json.loads(data[ALIGNED : ALIGNED + length])
        found = (header["kind"], header["format"])
        if found != (kind, format_number):
            raise UnreadableError(f"wanted {kind} in format {format_number}, found {found[0]} in {found[1]}")
        return header, _views(data, ALIGNED + _rounded(length), header["arrays"])
    except UnreadableError:
        raise
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableError(f"not {kind} as this program writes it: {error}") from error


def _views(data: bytes, offset: int, layout: list[tuple[str, str, int]]) -> dict[str, Array]:
    views: dict[str, Array] = {}
    for name, kind, length in layout:
        views[name] = np.frombuffer(data, dtype=np.dtype(kind), count=length, offset=offset)
        offset += _rounded(views[name].nbytes)
    return views


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _padded(part: bytes) -> bytes:
    return part + bytes(_rounded(len(part)) - len(part))
