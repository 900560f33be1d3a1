"""The division that frustrates least: parallel moves for any graph, branch and bound for small ones.

A free number of groups is correlation clustering (Bansal, Blum and Chawla, 2004), moved as in Louvain
(Blondel and others, 2008) but on the signed weights themselves; two camps give the line index of balance
(Harary, 1959), annealed. Nodes of one colour have no ties among them, so that all of them move at once and
the cost still only falls. Several starts run side by side, as copies of the graph that know nothing of each
other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.balance import cost
from graph.exact import numbered, parts, proven
from graph.matrices import Matrix, matrix_of
from graph.snapshot import Indices
from graph.ties import Floats, Ties

SEED = 1946
WORK = 500_000
"""How many ties all copies of a graph may have together."""
MOST_COPIES = 24
KICKS = 3
KICKED_COPIES = 4
"""With fewer copies than this a graph is large, and kicks would cost more than they find."""
KICKED = 0.15
"""The share of the nodes that a kick throws into other groups."""
HOT, COLD, SWEEPS = 3.0, 0.15, 120
"""The annealing; large graphs get half of the sweeps."""
GAIN = 1e-9
"""An improvement below this is rounding."""

Spins = NDArray[np.float64]


class Found(NamedTuple):
    """A division, what it costs, and whether none is cheaper."""

    labels: Indices
    cost: float
    proved: bool


class Coloured(NamedTuple):
    """A graph split into classes without ties inside; nodes without any tie are in none of them."""

    size: int
    classes: list[tuple[Indices, Matrix]]


def both(ties: Ties) -> tuple[Found, Found]:
    """The best two camps found, and the best free number of groups, for which the camps are one start.

    In each connected part the lowest node is in the first camp. A node without ties is in the first camp, and
    in a group of its own where the number is free.
    """
    if not len(ties.weight):
        alone = np.arange(ties.size, dtype=np.int32)
        return Found(np.zeros_like(alone), 0.0, True), Found(alone, 0.0, True)
    matrix = matrix_of(ties)
    graph = _coloured(matrix)
    camps = _settled(ties, _annealed(ties, graph), camps=2)
    groups = _settled(ties, _clustered(ties, graph, matrix, camps.labels), camps=None)
    return camps, groups


def _settled(ties: Ties, labels: Indices, camps: int | None) -> Found:
    """Improved and proved where that is cheap, and the groups numbered by their lowest node."""
    labels, proved = proven(ties, labels, camps)
    labels = numbered(labels) if camps is None else _faced(ties, labels)
    return Found(labels, cost(ties, labels), proved)


def _faced(ties: Ties, camps: Indices) -> Indices:
    """Turned in each connected part, which changes no cost, so that its lowest node is in the first camp."""
    _, first, part_of = np.unique(parts(ties), return_index=True, return_inverse=True)
    return camps ^ camps[first][part_of]


def _annealed(ties: Ties, graph: Coloured) -> Indices:
    random = np.random.default_rng(SEED)
    spins = np.where(random.random((ties.size, _copies(ties))) < 0.5, -1.0, 1.0)
    spins[:, 0] = 1.0
    for temperature in np.geomspace(HOT, COLD, SWEEPS if spins.shape[1] >= KICKED_COPIES else SWEEPS // 2):
        _warm_sweep(graph, spins, temperature, random)
    while _cold_sweep(graph, spins):
        pass
    return _cheapest(ties, (spins < 0).T.astype(np.int32))


def _warm_sweep(graph: Coloured, spins: Spins, temperature: float, random: np.random.Generator) -> None:
    """Each node takes a side with the odds that its ties give it (Glauber dynamics)."""
    for rows, part in graph.classes:
        pull = np.tanh(_pull(part, spins) / temperature)
        spins[rows] = np.where(2 * random.random(pull.shape) - 1 < pull, 1.0, -1.0)


def _pull(part: Matrix, spins: Spins) -> Floats:
    return np.asarray(part @ spins, dtype=np.float64)


def _cold_sweep(graph: Coloured, spins: Spins) -> bool:
    moved = False
    for rows, part in graph.classes:
        against = _pull(part, spins) * spins[rows] < -GAIN
        moved = moved or bool(against.any())
        spins[rows] = np.where(against, -spins[rows], spins[rows])
    return moved


def _clustered(ties: Ties, graph: Coloured, matrix: Matrix, camps: Indices) -> Indices:
    count = _copies(ties)
    matrix = sparse.kron(sparse.eye_array(count), matrix, format="csr")
    graph = _copied(graph, matrix, count)
    starts = np.arange(count * ties.size, dtype=np.int32).reshape(count, -1)
    starts[-1] = _apart(camps, ties) + starts[-1, :1]
    best = _cheapest(ties, _climbed(graph, matrix, starts.ravel()).reshape(count, -1))
    random = np.random.default_rng(SEED)
    for _ in range(KICKS if count >= KICKED_COPIES else 0):
        kicked = _climbed(graph, matrix, _kicked(best, count, random))
        best = _cheapest(ties, np.vstack((best, kicked.reshape(count, -1))))
    return best


def _apart(camps: Indices, ties: Ties) -> Indices:
    """Two camps as groups of a free number: nodes without ties stand alone."""
    lowest = np.array([np.argmax(camps == 0), np.argmax(camps == 1)])
    tied = np.zeros(ties.size, dtype=np.bool_)
    tied[ties.first] = tied[ties.second] = True
    return np.where(tied, lowest[camps], np.arange(ties.size)).astype(np.int32)


def _climbed(graph: Coloured, matrix: Matrix, labels: Indices) -> Indices:
    """Moves of single nodes, then of whole groups, until neither helps."""
    while True:
        labels = _settle(graph, labels)
        groups, member = np.unique(labels, return_inverse=True)
        merged = _merged(matrix, member.astype(np.int32), len(groups))
        if len(np.unique(merged)) == len(groups):
            return labels
        labels = groups[merged[member]].astype(np.int32)


def _merged(matrix: Matrix, member: Indices, groups: int) -> Indices:
    """Where each group goes when groups move like nodes."""
    belongs = _membership(member, groups)
    between = sparse.coo_array(belongs.T @ matrix @ belongs)
    apart = between.row != between.col
    ends = (between.row[apart], between.col[apart])
    coarse = sparse.coo_array((between.data[apart], ends), shape=(groups, groups)).tocsr()
    return _settle(_coloured(coarse), np.arange(groups, dtype=np.int32))


def _settle(graph: Coloured, labels: Indices) -> Indices:
    """Single nodes moved until no move helps. The cost falls with each, so this ends."""
    membership = _membership(labels, len(labels))
    restless = np.zeros(len(labels), dtype=np.bool_)
    for rows, _ in graph.classes:
        restless[rows] = True
    while restless.any():
        for rows, part in graph.classes:
            stirred = np.flatnonzero(restless[rows])
            if len(stirred):
                some = (rows, part) if 2 * len(stirred) > len(rows) else (rows[stirred], part[stirred])
                _move(*some, membership, restless)
    return membership.indices


def _membership(labels: Indices, groups: int) -> Matrix:
    """A row for each node with a one at its group; its `indices` are the labels."""
    size = len(labels)
    parts = (np.ones(size), labels.copy(), np.arange(size + 1))
    return sparse.csr_array(parts, shape=(size, groups), dtype=np.float64)


def _move(rows: Indices, part: Matrix, membership: Matrix, restless: NDArray[np.bool_]) -> None:
    """Move each of these nodes to the group that pulls most, or out of one that repels it into a group of its
    own. Then they rest until one of those they have ties with moves."""
    labels, pulls = membership.indices, part @ membership
    sizes = np.diff(pulls.indptr)
    node = np.repeat(np.arange(len(rows)), sizes)
    top = np.maximum.reduceat(np.append(pulls.data, 0.0), pulls.indptr[:-1])
    top[sizes == 0] = 0.0  # the product leaves out pulls that cancel, even all of a node
    mine = pulls.indices == labels[rows][node]
    own = np.bincount(node[mine], pulls.data[mine], len(rows))
    better = top > np.maximum(own, 0.0) + GAIN
    outcast = (own < -GAIN) & ~better
    target = np.full(len(rows), len(labels), dtype=np.int32)
    best = np.flatnonzero(pulls.data == top[node])
    np.minimum.at(target, node[best], pulls.indices[best])
    target[outcast] = _unused(labels, int(outcast.sum()))
    leaving = better | outcast
    labels[rows[leaving]] = target[leaving]
    restless[rows] = False
    restless[part[np.flatnonzero(leaving)].indices] = True


def _unused(labels: Indices, count: int) -> Indices:
    """Labels that no node bears. There are enough: whoever is pushed out leaves somebody behind."""
    if not count:
        return np.empty(0, dtype=np.int32)
    borne = np.bincount(labels, minlength=len(labels))
    return np.flatnonzero(borne == 0)[:count].astype(np.int32)


def _kicked(best: Indices, count: int, random: np.random.Generator) -> Indices:
    """A copy for each start, with some nodes thrown into the group of another."""
    size = len(best)
    labels = np.tile(best, (count, 1))
    thrown = random.random(labels.shape) < KICKED
    labels[thrown] = best[random.integers(0, size, int(thrown.sum()))]
    return (labels + size * np.arange(count)[:, None]).astype(np.int32).ravel()


def _cheapest(ties: Ties, divisions: Indices) -> Indices:
    costs = [cost(ties, labels) for labels in divisions]
    return numbered(divisions[int(np.argmin(np.round(costs, 9)))])


def _copies(ties: Ties) -> int:
    return max(1, min(MOST_COPIES, WORK // max(1, 2 * len(ties.weight))))


def _coloured(matrix: Matrix) -> Coloured:
    """Greedy colouring, the most tied nodes first."""
    starts, ends = matrix.indptr.tolist(), matrix.indices.tolist()
    degree = np.diff(matrix.indptr)
    colour = [-1] * matrix.shape[0]
    for node in np.argsort(-degree, kind="stable").tolist():
        if starts[node] == starts[node + 1]:
            break
        taken = {colour[other] for other in ends[starts[node] : starts[node + 1]]}
        colour[node] = next(free for free in range(len(taken) + 1) if free not in taken)
    colours = np.array(colour, dtype=np.int32)
    shades = range(int(colours.max(initial=-1)) + 1)
    classes = [np.flatnonzero(colours == shade).astype(np.int32) for shade in shades]
    return Coloured(matrix.shape[0], [(rows, matrix[rows]) for rows in classes])


def _copied(graph: Coloured, matrix: Matrix, count: int) -> Coloured:
    if count == 1:
        return graph
    offsets = graph.size * np.arange(count, dtype=np.int32)[:, None]
    classes = [(rows + offsets).ravel().astype(np.int32) for rows, _ in graph.classes]
    return Coloured(count * graph.size, [(rows, matrix[rows]) for rows in classes])
