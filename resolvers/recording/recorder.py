"""Recorder: lets events happen in the order in which they are given, in one transaction of their world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from resolvers.changes import Change
from resolvers.recording.scene import Scene, Wanted, scene
from resolvers.refusal import Refusal, RefusedError


class Happening(Protocol):
    """Something that happened in a world."""

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""

    def record(self, scene: Scene) -> list[int]:
        """What is to be written of it, added to the scene; the ids of its records. Where the rules say no,
        it is refused before it has added anything."""
        ...


async def record(change: Change, happening: Happening) -> list[int]:
    """Record one event; the ids of its records."""
    ground = await _ground(change, [happening])
    recorded = happening.record(ground)
    await ground.write()
    return recorded


async def record_each(change: Change, happenings: Sequence[Happening]) -> list[list[int] | Refusal]:
    """Record events, each accepted or refused on its own: the ids of its records, or why not."""
    ground = await _ground(change, happenings)
    outcomes = [_unless_refused(ground, one) for one in happenings]
    await ground.write()
    return outcomes


async def _ground(change: Change, happenings: Sequence[Happening]) -> Scene:
    wanted = Wanted()
    for one in happenings:
        one.name(wanted)
    return await scene(change, wanted)


def _unless_refused(ground: Scene, happening: Happening) -> list[int] | Refusal:
    try:
        return happening.record(ground)
    except RefusedError as refused:
        return refused.refusal
