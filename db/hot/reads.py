"""HotRead: a Read whose rows are looked up in Redis, for many keys in one round trip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.hot.troubles import troubled
from db.outages import StoreUnavailableError
from db.reads import Read, RowT, Store
from db.viewer import Viewer

Values: TypeAlias = Mapping[str, Any]
"""The stored values of a row, by their columns."""
Find: TypeAlias = Callable[[Redis, Sequence[Any]], Awaitable[Sequence[Values | Exception | None]]]
"""For each key the values of its row, None where there is none, or what is wrong with what is there."""


@dataclass(frozen=True, eq=False)
class HotRead(Read[RowT]):
    """A way of looking up rows in Redis, at most one for each key.

    `source` is the pattern of their keys. The owner that `visible` names is part of the key, so that what a
    viewer may not see is not even asked for.
    """

    store: Store = field(default=Store.HOT, init=False)
    find: Find = field(kw_only=True)

    def shows(self, viewer: Viewer, key: tuple[Any, ...]) -> bool:
        """Whether a viewer sees the row of a key."""
        owner = self.visible.owner
        return owner is None or viewer.sees_all or key[self.key.index(owner)] == viewer.npc_id


async def look_up(
    redis: Redis, read: HotRead[Any], columns: Sequence[Any], keys: Sequence[tuple[Viewer, tuple[Any, ...]]]
) -> list[list[Any] | StoreUnavailableError]:
    """For each viewer and key a record, if there is one: a number, then the columns."""
    places = [place for place, (viewer, key) in enumerate(keys) if read.shows(viewer, key)]
    answers: list[list[Any] | StoreUnavailableError] = [[] for _ in keys]
    if not places:
        return answers
    found = await _found(redis, read, [keys[place][1] for place in places])
    for place, one in zip(places, found, strict=True):
        if isinstance(one, Exception):
            answers[place] = troubled(one)
        elif one is not None and _is_within(keys[place][0], one):
            answers[place] = [(place + 1, *(one[column] for column in columns))]
    return answers


def _is_within(viewer: Viewer, row: Values) -> bool:
    """Whether a row is of a world that its viewer is shown, or of none."""
    return "world_id" not in row or viewer.is_in(row["world_id"])


async def _found(
    redis: Redis, read: HotRead[Any], keys: Sequence[tuple[Any, ...]]
) -> Sequence[Values | Exception | None]:
    try:
        return await read.find(redis, keys)
    except (RedisError, OSError) as error:
        return [error] * len(keys)
