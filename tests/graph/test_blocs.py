"""Blocs that can be seen on paper, known optima, and what must hold of any division."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.balance import balance, cohesion, cost, frustrated
from graph.blocs import Division, Grouping, alliance_blocs, player_blocs
from graph.networks import ties_of
from graph.search import Found, both
from graph.snapshot import Party
from graph.ties import Ties
from tests.graph.drawn import rows, snapshot_of, world

WAR, NAP, CONFEDERACY = "war", "nap", "confederacy"


def signed(*edges: tuple[int, int, float]) -> Ties:
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from(edges)
    return ties_of(graph)[1]


def read(path: Path, *, header: bool = False, window: str | None = None) -> Ties:
    graph: nx.Graph[str] = nx.Graph()
    with path.open() as file:
        lines = list(csv.reader(file))[int(header) :]
    lines = [line[1:] for line in lines if line[0] == window] if window else lines
    for some, other, sign in lines:
        graph.add_edge(some, other, weight=float(sign))
    return ties_of(graph)[1]


def test_two_friends_and_their_common_enemies() -> None:
    two, free = both(signed((1, 2, 1.0), (3, 4, 0.5), (1, 3, -1.0), (2, 4, -1.0), (2, 5, -0.3), (4, 5, -0.2)))

    assert free.labels.tolist() == [0, 0, 1, 1, 2]
    assert (free.cost, free.proved) == (0.0, True)
    assert two.labels.tolist() == [0, 0, 1, 1, 1]
    assert two.cost == pytest.approx(0.2)
    assert two.proved


def test_a_division_weighed_by_hand() -> None:
    ties = signed((0, 1, 0.8), (1, 2, -0.4), (0, 2, 0.6), (2, 3, 0.2))
    labels = np.array([0, 0, 0, 1], dtype=np.int32)

    assert frustrated(ties, labels).tolist() == [False, False, True, True]
    assert cost(ties, labels) == pytest.approx(0.6)
    assert balance(ties, 0.6) == pytest.approx(0.7)
    assert cohesion(ties, labels).tolist() == pytest.approx([1 / 3, 1.0])


def test_alliances_at_war_are_in_different_blocs() -> None:
    treaties = [(CONFEDERACY, 1, 2), (NAP, 2, 3), (WAR, 1, 4), (WAR, 3, 4)]
    snapshot = world(
        alliances={1: [1, 5], 2: [2], 3: [3], 4: [4]},
        treaties=[(kind, ("alliance", a), ("alliance", b)) for kind, a, b in treaties],
    )
    blocs = alliance_blocs(snapshot)[Grouping.FREE].values()

    assert [(bloc.id, bloc.members, bloc.power) for bloc in blocs.blocs] == [
        (1, (1, 2, 3), 40),
        (4, (4,), 10),
    ]
    assert [bloc.cohesion for bloc in blocs.blocs] == pytest.approx([0.7, 1.0])
    assert (blocs.cost, blocs.balance, blocs.bound, blocs.gap, blocs.proved) == (0.0, 1.0, 0.0, 0.0, True)


def test_a_member_stands_with_its_alliance_until_its_friends_are_elsewhere() -> None:
    alliances = {1: [1, 2], 2: [3, 4]}
    war: list[tuple[str, Party, Party]] = [(WAR, ("alliance", 1), ("alliance", 2))]
    loyal = player_blocs(world({(3, 1): 100}, alliances, war))[Grouping.FREE]

    assert [bloc.members for bloc in loyal.values().blocs] == [(1, 2), (3, 4), (5,)]
    assert (loyal.bloc_of(4), loyal.bloc_of(5), loyal.bloc_of(6)) == (3, 5, None)

    feuds: list[tuple[str, Party, Party]] = [
        (WAR, ("player", 4), ("alliance", 1)),
        (WAR, ("player", 4), ("player", 3)),
    ]
    trust = {(3, 1): 100, (3, 2): 100, (3, 4): -100, (4, 5): 100}
    torn = player_blocs(world(trust, {1: [1, 2], 2: [3, 4, 5]}, feuds))[Grouping.FREE]

    assert [bloc.members for bloc in torn.values().blocs] == [(1, 2, 3), (4, 5)]
    assert torn.cost == pytest.approx(1.0)


@settings(max_examples=30)
@given(rows())
def test_everybody_is_in_exactly_one_bloc(facts: dict[str, list[Any]]) -> None:
    snapshot = snapshot_of(facts)
    for divisions, ids, power in (
        (alliance_blocs(snapshot), snapshot.alliance_ids, None),
        (player_blocs(snapshot), snapshot.player_ids, int(snapshot.population.sum())),
    ):
        for grouping, division in divisions.items():
            blocs = division.values()
            assert sorted(member for bloc in blocs.blocs for member in bloc.members) == ids.tolist()
            assert all(bloc.id == min(bloc.members) == division.bloc_of(bloc.id) for bloc in blocs.blocs)
            assert grouping is Grouping.FREE or len(blocs.blocs) <= 2
            assert power is None or sum(bloc.power for bloc in blocs.blocs) == power
            assert 0 <= blocs.balance <= 1
        assert divisions[Grouping.FREE].cost <= divisions[Grouping.TWO_CAMPS].cost + 1e-9


@settings(max_examples=30)
@given(rows(), st.randoms())
def test_the_order_of_rows_changes_no_bloc(facts: dict[str, list[Any]], random: Any) -> None:
    shuffled = {name: random.sample(values, len(values)) for name, values in facts.items()}

    assert values(player_blocs(snapshot_of(shuffled))) == values(player_blocs(snapshot_of(facts)))


def values(divisions: dict[Grouping, Division]) -> list[Any]:
    return [division.values() for division in divisions.values()]


def divisions(labels: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All ways to divide six, the first of whom are divided already."""
    if len(labels) == 6:
        yield labels
    else:
        for label in range(max(labels) + 2):
            yield from divisions((*labels, label))


WEIGHTS = st.lists(st.sampled_from([-1.0, -0.7, -0.4, 0.0, 0.3, 0.6, 1.0]), min_size=15, max_size=15)


@given(WEIGHTS)
def test_no_division_of_six_is_cheaper(drawn: list[float]) -> None:
    pairs = [(some, other) for some in range(6) for other in range(some)]
    ties = signed(*((some, other, weight) for (some, other), weight in zip(pairs, drawn, strict=True)))
    everything = [np.array(labels, dtype=np.int32) for labels in divisions((0,))]
    costs = [(cost(ties, labels), len(set(labels.tolist()))) for labels in everything]
    two, free = both(ties)

    assert two.proved
    assert free.proved
    assert free.cost == pytest.approx(min(price for price, _ in costs))
    assert two.cost == pytest.approx(min(price for price, groups in costs if groups <= 2))


def test_highland_tribes(shared_data: Path) -> None:
    """Read (1954): 16 tribes, 58 alliances and enmities."""
    two, free = both(read(shared_data / "highland_tribes.csv", header=True))

    assert (two.cost, two.proved) == (7, True)
    assert (free.cost, free.proved, len(set(free.labels.tolist()))) == (2, True, 3)


@pytest.mark.parametrize(
    ("window", "two_camps", "free_number"),
    [
        ("46-49", 17, 12),
        ("56-59", 34, 28),
        ("66-69", 28, 24),
        ("76-79", 50, 35),
        ("86-89", 32, 26),
        ("96-99", 45, 33),
    ],
)
def test_correlates_of_war(shared_data: Path, window: str, two_camps: int, free_number: int) -> None:
    ties = read(shared_data / "cow_signed_sample.csv", header=True, window=window)

    assert costs(both(ties)) == (two_camps, free_number)


def test_congress(shared_data: Path) -> None:
    assert costs(both(read(shared_data / "congress_votes.csv"))) == (18, 18)


def test_wikipedia_elections(shared_data: Path) -> None:
    two_camps, free_number = costs(both(read(shared_data / "wiki_elections.csv")))

    assert two_camps <= 15_052
    assert free_number <= 14_648


def costs(found: tuple[Found, Found]) -> tuple[float, float]:
    return found[0].cost, found[1].cost
