"""Blocs: alliances, or players, that stand together; what that division costs, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from graph.balance import balance, cohesion
from graph.snapshot import Ids, Indices, Snapshot
from graph.ties import Floats, Ties, alliance_power, alliance_ties, player_ties

if TYPE_CHECKING:
    from graph.search import Found


class Level(StrEnum):
    """Whose blocs."""

    ALLIANCE = "alliance"
    """Those of alliances."""
    PLAYER = "player"
    """Those of players."""


class Grouping(StrEnum):
    """Into how many groups."""

    FREE = "free"
    """As many as it takes (correlation clustering)."""
    TWO_CAMPS = "two_camps"
    """Two at most, as in a great war (line index of balance); who has no ties is counted to the first."""


@dataclass(frozen=True, slots=True)
class Bloc:
    """Alliances or players found to stand together: a conclusion, never a fact."""

    id: int
    """The lowest id among the members; it names the bloc within one analysis."""
    members: tuple[int, ...]
    """Ids of alliances or of players, ascending."""
    cohesion: float
    """The mean signed tie among those members who have one: -1 (torn) to 1 (sworn); 1 for a bloc of one."""
    power: int
    """The population of all members together."""


@dataclass(frozen=True, slots=True)
class Blocs:
    """A division of a world into blocs: everybody is in exactly one."""

    blocs: tuple[Bloc, ...]
    """The most powerful first."""
    cost: float
    """The weight of the ties that go against it: negative ones within blocs, positive ones between them."""
    balance: float
    """The share of the weight of all ties that does not go against it: 0 to 1, and 1 when all ties agree."""
    bound: float | None
    """No division costs less than this; none where no bound is known."""
    gap: float | None
    """Cost less bound: 0 when the division is proved best; none where no bound is known."""
    proved: bool
    """Whether no division costs less."""


@dataclass(frozen=True, eq=False)
class Division:
    """Blocs as arrays: what an analysis keeps."""

    ids: Ids
    """All who are divided, ascending."""
    labels: Indices
    """For each the number of its bloc, numbered by the lowest member."""
    cohesion: Floats
    """For each bloc."""
    power: Ids
    """For each bloc."""
    cost: float
    balance: float
    proved: bool

    def values(self) -> Blocs:
        """As plain values."""
        order = np.argsort(self.labels, kind="stable")
        ends = np.cumsum(np.bincount(self.labels, minlength=len(self.power)))[:-1]
        groups = [group.tolist() for group in np.split(self.ids[order], ends)] if len(self.ids) else []
        rows = zip(groups, self.cohesion.tolist(), self.power.tolist(), strict=True)
        blocs = [Bloc(members[0], tuple(members), close, power) for members, close, power in rows]
        blocs.sort(key=lambda bloc: (-bloc.power, bloc.id))
        bound, gap = (self.cost, 0.0) if self.proved else (None, None)
        return Blocs(tuple(blocs), self.cost, self.balance, bound, gap, self.proved)

    def bloc_of(self, member_id: int) -> int | None:
        """The id of the bloc that this alliance or player is in."""
        place = int(np.searchsorted(self.ids, member_id))
        if place == len(self.ids) or int(self.ids[place]) != member_id:
            return None
        return int(self.ids[np.argmax(self.labels == self.labels[place])])


def alliance_blocs(snapshot: Snapshot) -> dict[Grouping, Division]:
    """The alliances of a world, divided both ways."""
    ties = alliance_ties(snapshot)
    return _both(ties, snapshot.alliance_ids, alliance_power(snapshot))


def player_blocs(snapshot: Snapshot) -> dict[Grouping, Division]:
    """The players of a world, divided both ways. Cost and balance count also the ties of alliances (see
    `player_ties`)."""
    ties = player_ties(snapshot)
    return _both(ties, snapshot.player_ids, snapshot.population)


def _both(ties: Ties, ids: Ids, power: Ids) -> dict[Grouping, Division]:
    from graph.search import both  # whoever only reads analyses is spared scipy

    camps, groups = both(ties)
    return {
        Grouping.FREE: _division(ties, groups, ids, power),
        Grouping.TWO_CAMPS: _division(ties, camps, ids, power),
    }


def _division(ties: Ties, found: Found, ids: Ids, power: Ids) -> Division:
    """Only those with ids are divided: the first nodes of the ties; a bloc of none of them is left out."""
    close = cohesion(ties, found.labels)
    kept, labels = np.unique(found.labels[: len(ids)], return_inverse=True)
    strength = np.zeros(len(kept), dtype=np.int64)
    np.add.at(strength, labels, power)
    return Division(
        ids=ids,
        labels=labels.astype(np.int32),
        cohesion=_alone_is_one(close[kept], labels),
        power=strength,
        cost=found.cost,
        balance=balance(ties, found.cost),
        proved=found.proved,
    )


def _alone_is_one(close: Floats, labels: NDArray[np.intp]) -> Floats:
    return np.where(np.bincount(labels, minlength=len(close)) == 1, 1.0, close)
