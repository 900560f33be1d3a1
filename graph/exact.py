"""Proving that a division frustrates least, for graphs whose connected parts are small: branch and bound.

Nodes are placed one after the other, the heaviest ties first. A branch ends when what it costs already, what
the nodes to come must pay towards those placed, and what they must pay among themselves is not below the best
known. The last of these is known from solving the last node alone, then the last two, and so on (Russian doll
search; Verfaillie, Lemaitre and Schiex, 1996).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from graph.balance import frustrated
from graph.matrices import matrix_of
from graph.snapshot import Indices
from graph.ties import Floats, Ties

MOST_NODES = 32
STEPS = 4_000
"""Placements tried before giving up, over all parts of a graph: a tenth of a second."""
GAIN = 1e-9


class _GaveUpError(Exception):
    """The search would take too long."""


def proven(ties: Ties, labels: Indices, camps: int | None) -> tuple[Indices, bool]:
    """The best division, and True, where every connected part that holds a frustrated tie could be searched
    through; else the division as far as it was improved, and False."""
    part_of = parts(ties)
    hurt = np.unique(part_of[ties.first[frustrated(ties, labels)]])
    if np.any(np.bincount(part_of, minlength=1)[hurt] > MOST_NODES):
        return labels, False
    labels, steps = labels.copy(), _Steps()
    try:
        for part in hurt:
            members = np.flatnonzero(part_of == part)
            fresh = np.int32(0 if camps else labels.max() + 1)
            labels[members] = fresh + _solved(_dense(ties, members), labels[members], camps, steps)
    except _GaveUpError:
        return labels, False
    return labels, True


def parts(ties: Ties) -> Indices:
    """For each node the number of its connected part."""
    _, part_of = csgraph.connected_components(matrix_of(ties), directed=False)
    return np.asarray(part_of, dtype=np.int32)


class _Steps:
    def __init__(self) -> None:
        self.left = STEPS

    def take(self) -> None:
        if not self.left:
            raise _GaveUpError
        self.left -= 1


def _dense(ties: Ties, members: NDArray[np.intp]) -> Floats:
    matrix: Floats = matrix_of(ties)[members][:, members].toarray()
    return matrix


def _solved(weights: Floats, labels: Indices, camps: int | None, steps: _Steps) -> Indices:
    """The best groups, numbered from 0, of one part; `labels` is the best division known."""
    order = _order(weights)
    weights = weights[np.ix_(order, order)]
    size = len(order)
    owed = np.zeros(size + 1)
    best = np.zeros(0, dtype=np.int32)
    for start in range(size - 1, -1, -1):
        tail = weights[start:, start:]
        doll = _Doll(tail, owed[start:], _led(tail, best, camps), camps or len(tail), steps)
        if start == 0:
            doll.offer(numbered(labels[order]))
        best = doll.solved()
        owed[start] = doll.least
    result = np.empty(size, dtype=np.int32)
    result[order] = best
    return result


def _order(weights: Floats) -> list[int]:
    """Each next node is the one with most weight towards those before it."""
    weight = np.abs(weights)
    order = [int(np.argmax(weight.sum(axis=1)))]
    pull = weight[order[0]].copy()
    while len(order) < len(weights):
        pull[order] = -1.0
        order.append(int(np.argmax(pull)))
        pull = pull + weight[order[-1]]
    return order


def _led(weights: Floats, rest: Indices, camps: int | None) -> Indices:
    """The best division of all nodes but the first, with the first one placed where it costs least."""
    groups = camps or int(rest.max(initial=-1)) + 2
    pulls = np.bincount(rest, weights[0, 1:], minlength=groups)
    return numbered(np.concatenate(([int(np.argmax(pulls))], rest)))


def numbered(labels: NDArray[np.integer]) -> Indices:
    """Groups numbered in the order in which they first appear."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group].astype(np.int32)


class _Doll:
    """The best division of some nodes, given the least cost of every tail of them but the whole."""

    def __init__(self, weights: Floats, owed: Floats, known: Indices, most: int, steps: _Steps) -> None:
        self.weights = weights
        self.wished = np.maximum(weights, 0.0)
        self.owed = owed
        self.most = most
        self.steps = steps
        self.best = known
        self.least = self._cost(known)
        self.labels = np.zeros(len(weights), dtype=np.int32)

    def offer(self, labels: Indices) -> None:
        """Take these labels where they are better than the best known."""
        if self._cost(labels) < self.least - GAIN:
            self.best, self.least = labels, self._cost(labels)

    def solved(self) -> Indices:
        """The best division: every other one costs as much or more."""
        if self.least > self.owed[1] + GAIN:
            self._place(0, 0, 0.0, np.zeros((len(self.weights), self.most)), np.zeros(len(self.weights)))
        return self.best

    def _place(self, node: int, groups: int, cost: float, pulls: Floats, wishes: Floats) -> None:
        """Try each group for this node. `pulls` are the signed ties of each node to each group so far,
        `wishes` all its positive ones: to join a group costs the wishes less its pull."""
        if node == len(self.labels):
            self.best, self.least = self.labels.copy(), cost
            return
        offered = min(groups + 1, self.most)
        for group in np.argsort(-pulls[node, :offered], kind="stable").tolist():
            self.steps.take()
            paid = cost + float(wishes[node] - pulls[node, group])
            pulled, wished = pulls.copy(), wishes + self.wished[:, node]
            pulled[:, group] += self.weights[:, node]
            used = max(groups, group + 1)
            if paid + self._due(node + 1, used, pulled, wished) < self.least - GAIN:
                self.labels[node] = group
                self._place(node + 1, used, paid, pulled, wished)

    def _due(self, node: int, groups: int, pulls: Floats, wishes: Floats) -> float:
        """What the nodes from this one on must pay at least."""
        open_groups = min(groups + 1, self.most)
        towards = wishes[node:] - pulls[node:, :open_groups].max(axis=1)
        return float(towards.sum() + self.owed[node])

    def _cost(self, labels: Indices) -> float:
        together = labels[:, None] == labels
        return float(np.abs(self.weights[together == (self.weights < 0)]).sum() / 2)
