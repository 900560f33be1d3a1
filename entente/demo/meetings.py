"""Meetings: who gets to know whom: most of all who live close, stand together or fight each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.demo.court import CONFEDERACY, WAR, Court
from entente.demo.dice import Bools, Dice, Floats, Ints
from entente.demo.powers import NOBODY

TIES_AT_LEAST, TIES_AT_MOST = 40, 200
PLAYERS_FOR_A_TIE = 25
"""Between the two an NPC knows one in so many of its players."""
NPC_TIES_AT_LEAST = 12
LEADERS_ARE_KNOWN = 5.0


@dataclass(frozen=True, slots=True)
class Meetings:
    """Pairs that know each other, and the relationships that follow: one for each NPC of a pair."""

    truster: Ints
    trusted: Ints
    """The relationships, sorted by truster, then trusted: persons."""
    one: Ints
    other: Ints
    """The pairs: one is an NPC; the other may be one."""
    held_by_one: Ints
    held_by_other: Ints
    """The relationship that each holds about the other, or NOBODY."""
    apart: Floats
    """How many tiles lie between the two."""
    people: int

    def relationship(self, truster: Ints, trusted: Ints) -> Ints:
        """What these hold about those, or NOBODY."""
        keys = self.truster * self.people + self.trusted
        wanted = truster * self.people + trusted
        place = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
        if not len(keys):
            return np.full(len(wanted), NOBODY, dtype=np.int64)
        return np.where((keys[place] == wanted) & (truster >= 0) & (trusted >= 0), place, NOBODY)


def ties_for_each(players: int) -> int:
    """How many players an NPC knows."""
    return min(players - 1, TIES_AT_MOST, max(TIES_AT_LEAST, players // PLAYERS_FOR_A_TIE))


def arrange(seed: int, court: Court) -> Meetings:
    """Who knows whom."""
    dice, is_npc = Dice(seed, "meetings"), court.people.is_npc
    npcs = np.flatnonzero(is_npc).astype(np.int64)
    ties = ties_for_each(len(court.people))
    npc_ties = min(len(npcs) - 1, max(NPC_TIES_AT_LEAST, ties // 5))
    liked: list[Ints] = []
    humans: list[Ints] = []
    for npc in npcs.tolist():
        order = np.argsort(_reluctance(dice, court, npc), kind="stable")[:-1]
        liked.append(order[is_npc[order]][:npc_ties])
        humans.append(order[~is_npc[order]][:ties])
    among_npcs = _mutual(npcs, liked)
    known = [
        np.concatenate([npcs[mine], near[: max(0, ties - int(mine.sum()))]])
        for mine, near in zip(among_npcs, humans, strict=True)
    ]
    truster = np.repeat(npcs, [len(each) for each in known])
    trusted = np.concatenate(known)
    by_truster = np.lexsort((trusted, truster))
    return _meetings(court, truster[by_truster], trusted[by_truster])


def _reluctance(dice: Dice, court: Court, npc: int) -> Floats:
    """For each person a number that is small for those whom this NPC will meet; the NPC itself comes last."""
    people, powers = court.people, court.powers
    squares = (people.x - people.x[npc]) ** 2 + (people.y - people.y[npc]) ** 2
    near = 1 / (1 + np.sqrt(squares.astype(np.float64)) / 12)
    weight = near * near * _affinity(court, int(powers.power_of[npc]))
    leaders = powers.officers[:, 0]
    weight[leaders] *= LEADERS_ARE_KNOWN
    reluctance: Floats = (dice.floats(len(people)) + 1e-9) / weight
    reluctance[npc] = np.inf
    return reluctance


def _affinity(court: Court, mine: int) -> Floats:
    """How much more those of one's own and of some other powers are met."""
    theirs = court.powers.power_of
    affinity = np.ones(len(theirs))
    if mine != NOBODY:
        stance = court.stance[-1][mine][theirs]
        affinity[(theirs != NOBODY) & (stance == WAR)] = 2.5
        affinity[(theirs != NOBODY) & (stance == CONFEDERACY)] = 1.8
        affinity[theirs == mine] = 6.0
    return affinity


def _mutual(npcs: Ints, liked: list[Ints]) -> Bools:
    """Which NPCs know each other: when one would meet the other, both do."""
    known = np.zeros((len(npcs), len(npcs)), dtype=np.bool_)
    for row, others in enumerate(liked):
        known[row, np.searchsorted(npcs, others)] = True
    return known | known.T


def _meetings(court: Court, truster: Ints, trusted: Ints) -> Meetings:
    people = court.people
    first = ~people.is_npc[trusted] | (truster < trusted)
    one, other = truster[first], trusted[first]
    keys = truster * len(people) + trusted
    back = np.searchsorted(keys, other * len(people) + one)
    return Meetings(
        truster=truster,
        trusted=trusted,
        one=one,
        other=other,
        held_by_one=np.flatnonzero(first).astype(np.int64),
        held_by_other=np.where(people.is_npc[other], back, NOBODY).astype(np.int64),
        apart=np.sqrt(
            ((people.x[one] - people.x[other]) ** 2 + (people.y[one] - people.y[other]) ** 2).astype(float)
        ),
        people=len(people),
    )
