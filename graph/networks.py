"""networkx graphs of a world, for whoever asks for one: exports, exploring, and the oracle of the tests."""

from __future__ import annotations

from typing import TypeVar

import networkx as nx
import numpy as np

from graph.snapshot import NOBODY, Snapshot
from graph.ties import Ties, alliance_power, alliance_ties, pair_key, summed_ties

Node = TypeVar("Node", bound=int | str)


def ties_of(graph: nx.Graph[Node]) -> tuple[list[Node], Ties]:
    """The nodes in order, and the ties between them, of any graph whose edges have a signed `weight`."""
    nodes = sorted(graph)
    number = {node: place for place, node in enumerate(nodes)}
    pairs = [(number[some], number[other], data["weight"]) for some, other, data in graph.edges(data=True)]
    ends = np.array([pair[:2] for pair in pairs], dtype=np.int32).reshape(-1, 2)
    keys = pair_key(ends[:, 0], ends[:, 1], len(nodes))
    apart = ends[:, 0] != ends[:, 1]
    weights = np.array([pair[2] for pair in pairs], dtype=np.float64)
    return nodes, summed_ties(len(nodes), keys[apart], weights[apart])


def trust_graph(snapshot: Snapshot) -> nx.DiGraph[int]:
    """Who trusts whom: players by id; an edge for each relationship, `weight` -1..1 and `score` -100..100."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    alliances = snapshot.alliance_ids.tolist()
    leagues = [None if place == NOBODY else alliances[place] for place in snapshot.alliance_of.tolist()]
    players = snapshot.player_ids.tolist()
    for player, league, people in zip(players, leagues, snapshot.population.tolist(), strict=True):
        graph.add_node(player, alliance_id=league, population=people)
    trusters = snapshot.player_ids[snapshot.truster].tolist()
    trusteds = snapshot.player_ids[snapshot.trusted].tolist()
    for truster, trusted, score in zip(trusters, trusteds, snapshot.score.tolist(), strict=True):
        graph.add_edge(truster, trusted, weight=score / 100, score=score)
    return graph


def alliance_graph(snapshot: Snapshot) -> nx.Graph[int]:
    """How alliances stand to each other: by id, with `members` and `power`; edges with `weight` -1..1."""
    ties = alliance_ties(snapshot)
    graph: nx.Graph[int] = nx.Graph()
    ids, count = snapshot.alliance_ids.tolist(), len(snapshot.alliance_ids)
    inside = snapshot.alliance_of != NOBODY
    members = np.bincount(snapshot.alliance_of[inside], minlength=count).tolist()
    power = alliance_power(snapshot).tolist()
    for alliance, size, strength in zip(ids, members, power, strict=True):
        graph.add_node(alliance, members=size, power=strength)
    columns = (ties.first.tolist(), ties.second.tolist(), ties.weight.tolist())
    for some, other, weight in zip(*columns, strict=True):
        graph.add_edge(ids[some], ids[other], weight=weight)
    return graph
