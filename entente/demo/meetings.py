"""Meetings: who gets to know whom: most of all who live close, stand together or fight each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.demo.court import CONFEDERACY, WAR, Court
from entente.demo.dice import Bools, Dice, Floats, Ints
from entente.demo.powers import NOBODY

TIES_AT_LEAST = 40
PLAYERS_FOR_A_TIE = 25
"""An NPC of a large world knows one in so many of its players."""
NPC_TIES_AT_LEAST = 12


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
    return min(players - 1, max(TIES_AT_LEAST, players // PLAYERS_FOR_A_TIE))


def arrange(seed: int, court: Court) -> Meetings:
    """Who knows whom."""
    npcs = np.flatnonzero(court.people.is_npc).astype(np.int64)
    ties = ties_for_each(len(court.people))
    order = np.argsort(_reluctance(Dice(seed, "meetings"), court, npcs), axis=1, kind="stable")
    among_npcs = _among_npcs(
        court.people.is_npc, npcs, order, min(len(npcs) - 1, max(NPC_TIES_AT_LEAST, ties // 5))
    )
    pairs = [(npcs[row], npcs[among_npcs[row]]) for row in range(len(npcs))]
    pairs += [
        (npc, _humans(court.people.is_npc, order[row], ties - int(among_npcs[row].sum())))
        for row, npc in enumerate(npcs)
    ]
    truster = np.concatenate([np.full(len(known), npc, dtype=np.int64) for npc, known in pairs])
    trusted = np.concatenate([known for _, known in pairs])
    by_truster = np.lexsort((trusted, truster))
    return _meetings(court, truster[by_truster], trusted[by_truster])


def _reluctance(dice: Dice, court: Court, npcs: Ints) -> Floats:
    """For each NPC and person a number that is small for those who will meet; the NPC itself comes last."""
    people, powers = court.people, court.powers
    squares = (people.x[npcs, None] - people.x) ** 2 + (people.y[npcs, None] - people.y) ** 2
    apart = np.sqrt(squares.astype(np.float64))
    weight = 1 / (1 + apart / 12) ** 2
    mine, theirs = powers.power_of[npcs, None], powers.power_of[None, :]
    in_powers = (mine != NOBODY) & (theirs != NOBODY)
    stance = court.stance[-1][mine, theirs] if len(powers) else np.zeros(in_powers.shape)
    weight = weight * np.where(in_powers & (mine == theirs), 6.0, 1.0)
    weight = weight * np.where(in_powers & (stance == WAR), 2.5, 1.0)
    weight = weight * np.where(in_powers & (stance == CONFEDERACY), 1.8, 1.0)
    leads = np.isin(np.arange(len(people)), powers.officers[:, 0])
    weight = weight * np.where(leads, 5.0, 1.0)
    reluctance = (dice.floats(*weight.shape) + 1e-9) / weight
    reluctance[np.arange(len(npcs)), npcs] = np.inf
    return reluctance


def _among_npcs(is_npc: Bools, npcs: Ints, order: Ints, ties: int) -> Bools:
    """Which NPCs know each other: when one would meet the other, both do."""
    place = np.full(len(is_npc), NOBODY, dtype=np.int64)
    place[npcs] = np.arange(len(npcs))
    known = np.zeros((len(npcs), len(npcs)), dtype=np.bool_)
    for row in range(len(npcs)):
        nearest = order[row][:-1]
        known[row, place[nearest[is_npc[nearest]][:ties]]] = True
    return known | known.T


def _humans(is_npc: Bools, order: Ints, count: int) -> Ints:
    nearest = order[:-1]
    return nearest[~is_npc[nearest]][: max(0, count)].astype(np.int64)


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
