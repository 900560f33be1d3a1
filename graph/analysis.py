"""Analysis: what was concluded from a snapshot and is worth keeping, and its form in the cache."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from graph.blocs import Division, Grouping, Level, alliance_blocs, player_blocs
from graph.packing import Array, UnreadableError, pack, unpack
from graph.snapshot import Snapshot
from graph.trust import Reputation, reputation

FORMAT = 1
"""Raised whenever what an analysis holds, or how it is worked out, changes."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """The conclusions from one snapshot; trust of single pairs follows from both together (`trust_of`)."""

    world_id: str
    version: int
    """The version of the world that it belongs to."""
    taken_at: datetime
    """When the facts were read."""
    reputation: Reputation
    divisions: dict[tuple[Level, Grouping], Division]


def analyse(snapshot: Snapshot) -> Analysis:
    """Everything about a world at one version that is worth keeping. Equal snapshots give equal analyses."""
    divisions: dict[tuple[Level, Grouping], Division] = {}
    for level, divided in ((Level.ALLIANCE, alliance_blocs), (Level.PLAYER, player_blocs)):
        divisions.update({(level, grouping): division for grouping, division in divided(snapshot).items()})
    return Analysis(snapshot.world_id, snapshot.version, snapshot.taken_at, reputation(snapshot), divisions)


def encode(analysis: Analysis) -> bytes:
    """As bytes for the cache; equal analyses give equal bytes."""
    numbers, arrays = _flat("reputation", analysis.reputation)
    for (level, grouping), division in analysis.divisions.items():
        more_numbers, more_arrays = _flat(f"{level}.{grouping}", division)
        numbers.update(more_numbers)
        arrays.update(more_arrays)
    header = {
        "kind": "analysis",
        "format": FORMAT,
        "world_id": analysis.world_id,
        "version": analysis.version,
        "taken_at": analysis.taken_at.isoformat(),
        "numbers": numbers,
    }
    return pack(header, arrays)


def decode(data: bytes) -> Analysis:
    """What `encode` was given; `UnreadableError` for anything else."""
    header, arrays = unpack(data, kind="analysis", format_number=FORMAT)
    values: dict[str, Any] = {**header["numbers"], **arrays}
    try:
        found = Reputation(**_nested("reputation", values))
        keys = [(level, grouping) for level in Level for grouping in Grouping]
        divisions = {key: Division(**_nested(f"{key[0]}.{key[1]}", values)) for key in keys}
    except TypeError as error:
        raise UnreadableError(f"these are not the arrays of an analysis: {error}") from error
    moment = datetime.fromisoformat(header["taken_at"])
    return Analysis(header["world_id"], header["version"], moment, found, divisions)


def _flat(prefix: str, part: Reputation | Division) -> tuple[dict[str, Any], dict[str, Array]]:
    """Its numbers, and its arrays, under names that begin with the prefix."""
    values = {f"{prefix}.{field.name}": getattr(part, field.name) for field in fields(part)}
    arrays = {name: value for name, value in values.items() if hasattr(value, "dtype")}
    return {name: value for name, value in values.items() if name not in arrays}, arrays


def _nested(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in values.items() if name.startswith(start)}
