"""How well signed ties agree with a division into groups: cost, balance, cohesion.

A tie is *frustrated* when it is positive between two groups, or negative within one (Cartwright and Harary,
1956).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import Indices
from graph.ties import Floats, Ties


def frustrated(ties: Ties, labels: Indices) -> NDArray[np.bool_]:
    """For each tie, whether the division goes against it."""
    together = labels[ties.first] == labels[ties.second]
    against: NDArray[np.bool_] = together == (ties.weight < 0)
    return against


def cost(ties: Ties, labels: Indices) -> float:
    """The weight of all frustrated ties, 0 when the division explains every tie."""
    return float(np.abs(ties.weight[frustrated(ties, labels)]).sum())


def balance(ties: Ties, cost: float) -> float:
    """The share of the weight of all ties that is not frustrated, 0..1; 1 where there are no ties."""
    total = float(np.abs(ties.weight).sum())
    return 1.0 if total == 0.0 else 1.0 - cost / total


def cohesion(ties: Ties, labels: Indices) -> Floats:
    """For each group the mean signed tie among those of its members who have one, -1..1; 1 for a group of
    one."""
    groups = int(labels.max()) + 1 if len(labels) else 0
    inside = labels[ties.first] == labels[ties.second]
    where = labels[ties.first[inside]]
    count = np.bincount(where, minlength=groups)
    mean = np.bincount(where, ties.weight[inside], groups) / np.maximum(count, 1)
    return np.where(np.bincount(labels, minlength=groups) == 1, 1.0, mean)
