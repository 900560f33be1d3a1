"""Signed ties of worlds small enough to add up by hand."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given

from graph.matrices import matrix_of
from graph.networks import alliance_graph, ties_of, trust_graph
from graph.snapshot import Party, Snapshot
from graph.ties import Ties, alliance_ties, player_ties
from tests.graph.drawn import MOMENT, rows, snapshot_of, world


def weights(ties: Ties) -> dict[tuple[int, int], float]:
    columns = (ties.first.tolist(), ties.second.tolist(), ties.weight.tolist())
    return {(some, other): round(weight, 9) for some, other, weight in zip(*columns, strict=True)}


def test_alliances_by_treaties_and_by_the_trust_of_their_members() -> None:
    snapshot = world(
        {(1, 3): 60, (2, 3): 90, (3, 1): -20, (1, 2): 100, (5, 1): 40},
        {7: [1, 2], 8: [3, 4], 9: [5]},
        [("nap", ("alliance", 8), ("alliance", 7)), ("war", ("alliance", 7), ("alliance", 9))],
    )

    # 7 of 8: (60 + 90) / 3 voices = 50; 8 of 7: -20 / 2 = -10; their mean is 20. 9 of 7: 40 / 2 = 20.
    assert weights(alliance_ties(snapshot)) == {(0, 1): 0.4 + 0.6 * 0.20, (0, 2): -1.0 + 0.6 * 0.20}


def test_faint_trust_between_alliances_is_left_out_unless_a_treaty_stands() -> None:
    trust, alliances = {(1, 2): 10}, {7: [1], 8: [2]}
    pact: list[tuple[str, Party, Party]] = [("trade_agreement", ("alliance", 7), ("alliance", 8))]

    assert weights(alliance_ties(world(trust, alliances))) == {}
    assert weights(alliance_ties(world(trust, alliances, pact))) == {(0, 1): 0.33}


def test_players_by_trust_treaties_membership_and_battles() -> None:
    snapshot = Snapshot.of(
        "drawn",
        1,
        MOMENT,
        [(1, 7, 1), (2, 7, 1), (3, 8, 1), (4, None, 1)],
        [(1, 2, -50, 0, True), (1, 3, 50, 0, True), (3, 1, -10, 0, True)],
        [("war", ("alliance", 7), ("alliance", 8)), ("nap", ("player", 4), ("player", 1))],
        battles=[(2, 4, 0.5, 7.0)],
    )

    assert weights(player_ties(snapshot)) == {
        (0, 1): 0.7,  # same alliance, less 0.6 of 0.5
        (0, 2): -0.88,  # war of their alliances, and 0.6 of the mean 0.2
        (0, 3): 0.4,
        (1, 3): -0.4,  # half a battle, a week ago
        (0, 4): 1.0,  # the nodes 4 and 5 are the alliances
        (1, 4): 1.0,
        (2, 5): 1.0,
        (4, 5): -1.0,
    }


@given(rows())
def test_ties_are_sorted_pairs_within_bounds(facts: dict[str, list[Any]]) -> None:
    for ties in (alliance_ties(snapshot_of(facts)), player_ties(snapshot_of(facts))):
        pairs = list(zip(ties.first.tolist(), ties.second.tolist(), strict=True))
        assert pairs == sorted(set(pairs))
        assert all(0 <= some < other < ties.size for some, other in pairs)
        assert all(weight != 0 and -1 <= weight <= 1 for weight in ties.weight.tolist())


@given(rows())
def test_the_trust_graph_holds_every_relationship(facts: dict[str, list[Any]]) -> None:
    graph = trust_graph(snapshot_of(facts))

    assert sorted(graph) == [player for player, _, _ in facts["players"]]
    assert {(some, other): data["score"] for some, other, data in graph.edges(data=True)} == {
        (truster, trusted): score for truster, trusted, score, _, _ in facts["trust"]
    }
    assert {player: graph.nodes[player]["alliance_id"] for player in graph} == {
        player: league for player, league, _ in facts["players"]
    }


@given(rows())
def test_the_alliance_graph_has_the_same_ties(facts: dict[str, list[Any]]) -> None:
    snapshot = snapshot_of(facts)
    nodes, ties = ties_of(alliance_graph(snapshot))

    assert nodes == snapshot.alliance_ids.tolist()
    assert weights(ties) == weights(alliance_ties(snapshot))


def test_ties_of_any_graph() -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("c", "a", weight=-1.0)
    graph.add_edge("b", "b", weight=1.0)

    nodes, ties = ties_of(graph)

    assert nodes == ["a", "b", "c"]
    assert weights(ties) == {(0, 2): -1.0}
    assert matrix_of(ties).toarray()[2, 0] == pytest.approx(-1.0)
