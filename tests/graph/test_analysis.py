"""An analysis is the same from equal facts, and survives the cache byte for byte."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis import Analysis, analyse, decode, encode
from graph.blocs import Grouping, Level
from graph.packing import UnreadableError
from graph.trust import trust_of
from tests.graph.drawn import MOMENT, PLAYERS, rows, snapshot_of, world


@settings(max_examples=30)
@given(rows(), st.randoms())
def test_equal_facts_give_equal_bytes(facts: dict[str, list[Any]], random: Any) -> None:
    shuffled = {name: random.sample(values, len(values)) for name, values in facts.items()}

    assert encode(analyse(snapshot_of(shuffled))) == encode(analyse(snapshot_of(facts)))


@settings(max_examples=30)
@given(rows())
def test_bytes_give_the_same_analysis_back(facts: dict[str, list[Any]]) -> None:
    analysis = analyse(snapshot_of(facts))
    again = decode(encode(analysis))

    assert (again.world_id, again.version, again.taken_at) == ("random", 7, MOMENT)
    assert list(again.divisions) == list(analysis.divisions)
    for key, division in analysis.divisions.items():
        assert again.divisions[key].values() == division.values()
    for field in fields(analysis.reputation):
        assert np.array_equal(getattr(again.reputation, field.name), getattr(analysis.reputation, field.name))


@settings(max_examples=30)
@given(rows(), st.sampled_from(PLAYERS))
def test_a_kept_analysis_answers_alike(facts: dict[str, list[Any]], truster: int) -> None:
    snapshot = snapshot_of(facts)
    analysis = analyse(snapshot)
    kept = decode(encode(analysis))

    assert trust_of(snapshot, kept.reputation, truster, PLAYERS, paths=2) == trust_of(
        snapshot, analysis.reputation, truster, PLAYERS, paths=2
    )


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, world().encode(), encode(analyse(world()))[:-16]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(data)


@pytest.mark.parametrize("players", [[], [1], [1, 2]])
def test_a_world_where_nothing_happened_has_an_analysis(players: list[int]) -> None:
    analysis = analyse(world(players=players))

    assert members(analysis, Grouping.FREE) == [(player,) for player in players]
    assert members(analysis, Grouping.TWO_CAMPS) == ([tuple(players)] if players else [])


def members(analysis: Analysis, grouping: Grouping) -> list[tuple[int, ...]]:
    return [bloc.members for bloc in analysis.divisions[Level.PLAYER, grouping].values().blocs]
