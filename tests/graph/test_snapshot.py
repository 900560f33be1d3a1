"""Facts go in in any order, come out sorted, and contradictions are named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.packing import UnreadableError
from graph.snapshot import (
    ARRAYS,
    NO_BATTLES,
    Party,
    PlayerColumns,
    Snapshot,
    SnapshotError,
    TrustColumns,
)
from tests.graph.drawn import MOMENT, rows, snapshot_of, world


def test_facts_are_sorted_and_numbered() -> None:
    snapshot = world(
        {(4, 2): -30, (1, 5): 20, (1, 3): 70}, {8: [2, 4], 7: [5]}, [("war", ("alliance", 8), ("player", 1))]
    )

    assert snapshot.player_ids.tolist() == [1, 2, 3, 4, 5]
    assert snapshot.alliance_ids.tolist() == [7, 8]
    assert snapshot.alliance_of.tolist() == [-1, 1, -1, 1, 0]
    assert snapshot.home.tolist() == [-1, 6, -1, 6, 5]
    assert list(
        zip(snapshot.truster.tolist(), snapshot.trusted.tolist(), snapshot.score.tolist(), strict=True)
    ) == [
        (0, 2, 70),
        (0, 4, 20),
        (3, 1, -30),
    ]
    assert snapshot.given_starts.tolist() == [0, 2, 2, 2, 3, 3]
    assert snapshot.received.tolist() == [2, 0, 1]
    assert (snapshot.treaty_a.tolist(), snapshot.treaty_b.tolist()) == ([6], [0])


def test_nobody_can_change_a_snapshot() -> None:
    snapshot = world({(1, 2): 50})

    with pytest.raises(ValueError, match="read-only"):
        snapshot.score[0] = 99


@given(rows(), st.randoms())
def test_the_order_of_rows_does_not_matter(facts: dict[str, list[Any]], random: Any) -> None:
    shuffled = {name: random.sample(values, len(values)) for name, values in facts.items()}

    assert snapshot_of(shuffled).encode() == snapshot_of(facts).encode()


@given(rows())
def test_bytes_give_the_same_snapshot_back(facts: dict[str, list[Any]]) -> None:
    snapshot = snapshot_of(facts)
    again = Snapshot.decode(snapshot.encode())

    assert (again.world_id, again.version, again.taken_at) == ("random", 7, MOMENT)
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(snapshot, name)), name
        assert getattr(again, name).dtype == getattr(snapshot, name).dtype


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b"\x05" + bytes(7) + b"{}", bytes(64), world().encode()[:-9]]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        Snapshot.decode(data)


def test_columns_and_rows_say_the_same() -> None:
    columns = Snapshot.from_columns(
        "drawn",
        1,
        MOMENT,
        players=PlayerColumns(np.array([2, 1]), np.array([9, -1]), np.array([20, 10])),
        trust=TrustColumns([2, 1], [1, 2], [-5, 60], [4, 0], [False, True]),
        battles=NO_BATTLES,
    )
    rows = Snapshot.of(
        "drawn", 1, MOMENT, [(1, None, 10), (2, 9, 20)], [(1, 2, 60, 0, True), (2, 1, -5, 4, False)]
    )

    assert columns.encode() == rows.encode()


@pytest.mark.parametrize(
    ("trust", "complaint"),
    [
        ([(1, 2, 5, 0, True), (1, 2, 6, 0, True)], "player 1 with player 2 is listed twice"),
        ([(1, 77, 5, 0, True)], "player 77, who is not of this world"),
        ([(0, 1, 5, 0, True)], "player 0, who is not of this world"),
        ([(2, 2, 5, 0, True)], "player 2 cannot hold a relationship with itself"),
        ([(1, 2, 101, 0, True)], "outside -100..100"),
        ([(1, 2, 5, -1, True)], "interaction count of player 1 is negative"),
        ([(1, 2, float("nan"), 0, True)], "whole numbers are wanted"),
    ],
)
def test_impossible_relationships_are_named(trust: list[Any], complaint: str) -> None:
    with pytest.raises(SnapshotError, match=complaint):
        Snapshot.of("drawn", 1, MOMENT, [(1, None, 1), (2, None, 1)], trust)


@pytest.mark.parametrize(
    ("treaties", "complaint"),
    [
        ([("nap", ("player", 1), ("alliance", 4))], "alliance 4, which is not of this world"),
        ([("nap", ("player", 1), ("player", 1))], "with itself"),
        ([("marriage", ("player", 1), ("player", 2))], "not a type of treaty"),
        (
            [("nap", ("player", 1), ("player", 2)), ("nap", ("player", 2), ("player", 1))],
            "two treaties of type nap",
        ),
    ],
)
def test_impossible_treaties_are_named(treaties: Iterable[tuple[str, Party, Party]], complaint: str) -> None:
    with pytest.raises(SnapshotError, match=complaint):
        world(treaties=treaties)


def test_a_player_is_listed_once() -> None:
    with pytest.raises(SnapshotError, match="player 3 is listed twice"):
        world(players=[3, 1, 3])


def test_strangers_have_no_number() -> None:
    snapshot = world(alliances={7: [1]})

    assert (snapshot.player_number(3), snapshot.player_number(6), snapshot.player_number(10**30)) == (
        2,
        None,
        None,
    )
    assert (snapshot.alliance_number(7), snapshot.alliance_number(1)) == (0, None)
    assert world(players=[]).player_number(1) is None
