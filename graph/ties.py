"""Signed ties: how two alliances, or two players, stand to each other, in one number from -1 to 1.

    s_ij = clip(1.0 confederacy or same alliance + 0.8 vassalage + 0.4 NAP + 0.3 trade agreement
                + 0.6 mean(t_ij, t_ji)/100 - 1.0 war - H_ij)

    H_ij = the sum of severity * 0.8^(age / 7 days) over the battles between the two.

The weights of treaties and of hostility were measured on the ATOP treaties
and the MID disputes; those of vassalage, trade, trust, and the seven days, are ours. Where one side only has
an opinion, the mean is that opinion. Battles fought on the same side do not count yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import NOBODY, TREATY_TYPES, Indices, Snapshot

TREATY_WEIGHT = {"confederacy": 1.0, "nap": 0.4, "trade_agreement": 0.3, "vassalage": 0.8, "war": -1.0}
SAME_ALLIANCE = 1.0
TRUST_WEIGHT = 0.6
FADING = 0.8
FADING_DAYS = 7.0
FAINT = 0.05
"""Between alliances, ties that rest on trust alone and are weaker than this are left out: they are noise."""

Floats = NDArray[np.float64]
Keys = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ties:
    """Undirected signed ties between nodes 0..size-1: each pair once, first < second, none of weight 0."""

    size: int
    first: Indices
    second: Indices
    weight: Floats


class Bonds(NamedTuple):
    """What the treaties in force weigh between two nodes of a snapshot, all types added up."""

    size: int
    keys: Keys
    weights: Floats

    def between(self, some: Indices, others: Indices) -> Floats:
        """Pairwise; 0 where there is no treaty, or where either is nobody (-1)."""
        if not len(self.keys):
            return np.zeros(np.broadcast(some, others).shape)
        key = pair_key(some, others, self.size)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        known = (self.keys[place] == key) & (some != NOBODY) & (others != NOBODY)
        return np.where(known, self.weights[place], 0.0)


def bonds(snapshot: Snapshot) -> Bonds:
    """The treaties in force, by pairs of nodes."""
    weight_of = np.array([TREATY_WEIGHT[kind] for kind in TREATY_TYPES])
    pairs = pair_key(snapshot.treaty_a, snapshot.treaty_b, snapshot.node_count)
    return Bonds(snapshot.node_count, *_summed(pairs, weight_of[snapshot.treaty_type]))


def standing(snapshot: Snapshot, treaties: Bonds, some: Indices, others: Indices) -> Floats:
    """What treaties and shared membership weigh between pairs of players, not yet clipped."""
    home, other_home = snapshot.home[some], snapshot.home[others]
    same = (home == other_home) & (home != NOBODY)
    pacts = treaties.between(some, others) + treaties.between(home, others)
    pacts += treaties.between(some, other_home) + treaties.between(home, other_home)
    pacts += SAME_ALLIANCE * same
    return pacts


def alliance_ties(snapshot: Snapshot) -> Ties:
    """Between alliances. The trust of one alliance in another is the mean over its members' relationships
    there and one neutral voice, so that a single grudge is not taken for a policy; treaties of single players
    bind only them."""
    count, players = len(snapshot.alliance_ids), snapshot.player_count
    league = snapshot.alliance_of
    treaties = (snapshot.treaty_a >= players) & (snapshot.treaty_b >= players)
    weights = np.array([TREATY_WEIGHT[kind] for kind in TREATY_TYPES])[snapshot.treaty_type[treaties]]
    pacts = pair_key(snapshot.treaty_a[treaties] - players, snapshot.treaty_b[treaties] - players, count)
    foes = _between(league[snapshot.attacker], league[snapshot.defender])
    feuds = pair_key(league[snapshot.attacker[foes]], league[snapshot.defender[foes]], count)
    felt, trust = _alliance_trust(snapshot)
    firm = np.concatenate((pacts, feuds))
    strong = (np.abs(trust) >= FAINT) | np.isin(felt, firm)
    keys = np.concatenate((firm, felt[strong]))
    return summed_ties(count, keys, np.concatenate((weights, -_hurt(snapshot)[foes], trust[strong])))


def player_ties(snapshot: Snapshot) -> Ties:
    """Between players who have dealings (a relationship, a treaty, a battle), and between every member and
    its alliance, which is a node too (see `Snapshot`): all pairs of an alliance of sixty would be 1,770 ties
    that say the same."""
    players, nodes = snapshot.player_count, snapshot.node_count
    treaties = bonds(snapshot)
    felt, trust = _opinions(snapshot.truster, snapshot.trusted, snapshot.score / 100.0, nodes)
    feuds = pair_key(snapshot.attacker, snapshot.defender, nodes)
    private = treaties.keys[treaties.keys % nodes < players]
    dealings = np.unique(np.concatenate((felt, feuds, private)))
    some, others = (dealings // nodes).astype(np.int32), (dealings % nodes).astype(np.int32)
    public = treaties.keys % nodes >= players
    members = np.flatnonzero(snapshot.home != NOBODY).astype(np.int32)
    loyal = pair_key(members, snapshot.home[members], nodes)
    keys = (dealings, felt, feuds, treaties.keys[public], loyal)
    weights = (
        standing(snapshot, treaties, some, others),
        TRUST_WEIGHT * trust,
        -_hurt(snapshot),
        treaties.weights[public],
        np.full(len(loyal), SAME_ALLIANCE),
    )
    return summed_ties(nodes, np.concatenate(keys), np.concatenate(weights))


def alliance_power(snapshot: Snapshot) -> Keys:
    """The population of each alliance."""
    power = np.zeros(len(snapshot.alliance_ids), dtype=np.int64)
    inside = snapshot.alliance_of != NOBODY
    np.add.at(power, snapshot.alliance_of[inside], snapshot.population[inside])
    return power


def _alliance_trust(snapshot: Snapshot) -> tuple[Keys, Floats]:
    count, league = max(len(snapshot.alliance_ids), 1), snapshot.alliance_of
    abroad = _between(league[snapshot.truster], league[snapshot.trusted])
    directed = league[snapshot.truster[abroad]].astype(np.int64) * count + league[snapshot.trusted[abroad]]
    keys, place, voices = np.unique(directed, return_inverse=True, return_counts=True)
    means = np.bincount(place, snapshot.score[abroad] / 100.0, len(keys)) / (voices + 1)
    some, others = (keys // count).astype(np.int32), (keys % count).astype(np.int32)
    pairs, opinion = _opinions(some, others, means, count)
    return pairs, TRUST_WEIGHT * opinion


def _opinions(some: Indices, others: Indices, opinions: Floats, size: int) -> tuple[Keys, Floats]:
    """The mean of what the two of each pair think of each other, as far as they do."""
    keys, place, voices = np.unique(pair_key(some, others, size), return_inverse=True, return_counts=True)
    return keys, np.bincount(place, opinions, len(keys)) / voices


def _hurt(snapshot: Snapshot) -> Floats:
    return snapshot.severity * FADING ** (snapshot.age_days / FADING_DAYS)


def _between(some: Indices, others: Indices) -> NDArray[np.bool_]:
    abroad: NDArray[np.bool_] = (some != NOBODY) & (others != NOBODY) & (some != others)
    return abroad


def pair_key(some: Indices, others: Indices, size: int) -> Keys:
    return np.minimum(some, others).astype(np.int64) * size + np.maximum(some, others)


def _summed(keys: Keys, weights: Floats) -> tuple[Keys, Floats]:
    unique, place = np.unique(keys, return_inverse=True)
    return unique, np.asarray(np.bincount(place, weights, len(unique)), dtype=np.float64)


def summed_ties(size: int, keys: Keys, weights: Floats) -> Ties:
    keys, weights = _summed(keys, weights)
    weights = np.clip(weights, -1.0, 1.0)
    keys, weights = keys[weights != 0.0], weights[weights != 0.0]
    divisor = max(size, 1)
    return Ties(size, (keys // divisor).astype(np.int32), (keys % divisor).astype(np.int32), weights)
