"""Trust among five, worked out by hand, and what must hold of every explanation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.networks import trust_graph
from graph.snapshot import Snapshot
from graph.trust import COEFFICIENTS, Kind, Term, Trust, reputation, trust_of
from tests.graph.drawn import PLAYERS, rows, snapshot_of, world


def trust(snapshot: Snapshot, truster: int, trusted: int, *, paths: int = 0) -> Trust:
    (found,) = trust_of(snapshot, reputation(snapshot), truster, [trusted], paths=paths)
    assert found is not None
    return found


def points(found: Trust) -> dict[Term, float]:
    return {part.term: part.points for part in found.contributions}


def test_two_judges_who_contradict_each_other_are_half_fair() -> None:
    found = reputation(world({(1, 3): 100, (2, 3): -100}))

    assert found.mean == 0
    assert found.goodness.tolist() == pytest.approx([0, 0, 0, 0, 0])
    assert found.fairness.tolist() == pytest.approx([0.5, 0.5, 1, 1, 1])
    assert found.leniency.tolist() == pytest.approx([0.25, -0.25, 0, 0, 0])
    assert found.standing.tolist() == pytest.approx([0, 0, 0, 0, 0])


def test_what_was_declared_is_the_answer() -> None:
    found = trust(world({(1, 2): 40, (3, 2): -80}, declared=True), 1, 2)

    assert (found.direct, found.stated, found.kind, found.confidence) == (40, 40, Kind.DIRECT, 1)
    assert (found.low, found.high) == (40, 40)
    assert points(found) == {Term.EXPERIENCE: 40}


def test_three_meetings_count_half() -> None:
    found = trust(world({(1, 2): 40, (3, 2): -80}, met=3), 1, 2)

    assert found.kind is Kind.BLENDED
    assert found.stated == pytest.approx(20 + found.inferred / 2)
    assert points(found)[Term.EXPERIENCE] == pytest.approx(20)
    assert (found.raters, found.referrers, found.like_minded) == (1, 0, 0)


def test_a_relationship_without_a_meeting_is_no_experience() -> None:
    found = trust(world({(1, 2): 40}, met=0), 1, 2)

    assert (found.direct, found.confidence, found.kind) == (40, 0, Kind.UNKNOWN)
    assert found.stated == found.inferred


def test_a_stranger_is_granted_what_anybody_is() -> None:
    found = trust(world(), 1, 2)

    assert (found.kind, found.direct, found.raters) == (Kind.UNKNOWN, None, 0)
    assert points(found) == {Term.BASELINE: pytest.approx(100 * COEFFICIENTS[Term.BASELINE])}


def test_friends_who_warn_are_heard_and_foes_who_praise_are_not() -> None:
    warned = trust(world({(1, 2): 80, (2, 4): -90}), 1, 4)
    praised = trust(world({(1, 3): -80, (3, 4): 90}), 1, 4)

    assert points(warned)[Term.REFERRAL] < -5
    assert (warned.referrers, praised.referrers) == (1, 0)
    assert Term.REFERRAL not in points(praised)


def test_trust_returned_counts() -> None:
    found = trust(world({(2, 1): 50}), 1, 2)

    assert points(found)[Term.RECIPROCITY] == pytest.approx(50 * COEFFICIENTS[Term.RECIPROCITY])
    assert found.kind is Kind.INFERRED


def test_who_is_trusted_in_an_alliance_speaks_for_the_rest_of_it() -> None:
    found = trust(world({(1, 2): 60, (1, 3): 90}, {7: [2, 3, 4]}), 1, 4)

    assert points(found)[Term.GROUP] == pytest.approx((60 + 90) / 3 * COEFFICIENTS[Term.GROUP])
    assert trust(world({(1, 2): 60}, {7: [2]}), 1, 2).contributions != ()
    assert Term.GROUP not in points(trust(world({(1, 2): 60}, {7: [2]}), 1, 2))


def test_treaties_and_membership_count() -> None:
    alliances = {7: [1], 8: [2, 3]}
    war = world(alliances=alliances, treaties=[("war", ("alliance", 7), ("alliance", 8))])
    nap = world(alliances=alliances, treaties=[("nap", ("player", 2), ("alliance", 7))])
    weight = 100 * COEFFICIENTS[Term.TREATIES]

    assert points(trust(war, 1, 2))[Term.TREATIES] == pytest.approx(-weight)
    assert points(trust(nap, 1, 2))[Term.TREATIES] == pytest.approx(0.4 * weight)
    assert Term.TREATIES not in points(trust(nap, 1, 3))
    assert points(trust(nap, 3, 2))[Term.TREATIES] == pytest.approx(weight)


def test_the_strongest_chains() -> None:
    snapshot = world({(1, 2): 80, (2, 5): -90, (1, 3): 50, (3, 4): 60, (4, 5): 70, (1, 4): -20, (3, 2): 100})
    chains = trust(snapshot, 1, 5, paths=5).paths

    assert [(chain.player_ids, chain.trusts) for chain in chains] == [
        ((1, 2, 5), (80, -90)),
        ((1, 3, 2, 5), (50, 100, -90)),
        ((1, 3, 4, 5), (50, 60, 70)),
    ]
    assert [chain.strength for chain in chains] == pytest.approx([-72, -45, 21])
    assert trust(snapshot, 1, 5, paths=1).paths == chains[:1]
    assert trust(snapshot, 1, 5).paths == ()


def test_nobody_is_asked_about_itself_or_about_strangers() -> None:
    snapshot = world({(1, 2): 10})
    known = reputation(snapshot)
    answers = trust_of(snapshot, known, 1, [2, 1, 99, 2])

    assert [answer and answer.trusted_id for answer in answers] == [2, None, None, 2]
    assert trust_of(snapshot, known, 99, [1, 2]) == (None, None)
    assert trust_of(snapshot, known, 1, []) == ()


@given(rows(), st.sampled_from(PLAYERS))
def test_contributions_sum_to_what_is_stated(facts: dict[str, list[Any]], truster: int) -> None:
    snapshot = snapshot_of(facts)
    scores = {(row[0], row[1]): row[2] for row in facts["trust"]}

    for found in filter(None, trust_of(snapshot, reputation(snapshot), truster, PLAYERS)):
        assert sum(part.points for part in found.contributions) == pytest.approx(found.stated, abs=1e-6)
        assert found.direct == scores.get((truster, found.trusted_id))
        assert -100 <= found.inferred <= 100
        assert -100 <= found.low <= found.stated <= found.high <= 100
        assert found.raters == sum(
            1 for some, other in scores if other == found.trusted_id and some != truster
        )


@given(rows(), st.sampled_from(PLAYERS))
def test_every_tie_of_a_chain_exists(facts: dict[str, list[Any]], truster: int) -> None:
    snapshot = snapshot_of(facts)
    graph = trust_graph(snapshot)

    for found in filter(None, trust_of(snapshot, reputation(snapshot), truster, PLAYERS, paths=5)):
        for chain in found.paths:
            assert (chain.player_ids[0], chain.player_ids[-1]) == (truster, found.trusted_id)
            assert len(set(chain.player_ids)) == len(chain.player_ids) in (3, 4)
            steps = zip(chain.player_ids, chain.player_ids[1:], chain.trusts, strict=False)
            assert all(graph[some][other]["score"] == score for some, other, score in steps)
            assert all(score > 0 for score in chain.trusts[:-1])
        sizes = [abs(chain.strength) for chain in found.paths]
        assert sizes == sorted(sizes, reverse=True)


@given(rows(), st.sampled_from(PLAYERS), st.sampled_from(PLAYERS))
def test_one_answer_does_not_depend_on_the_others(facts: dict[str, list[Any]], some: int, other: int) -> None:
    snapshot = snapshot_of(facts)
    known = reputation(snapshot)

    (alone,) = trust_of(snapshot, known, some, [other], paths=3)
    together = trust_of(snapshot, known, some, PLAYERS, paths=3)[PLAYERS.index(other)]

    assert (alone is None) == (some == other)
    if alone is not None and together is not None:
        assert together.stated == pytest.approx(alone.stated, abs=1e-9)
        assert together.paths == alone.paths


def test_what_is_inferred_leaves_out_what_the_truster_itself_holds() -> None:
    """Only through the fairness of others, and the world's mean, can it seep back."""
    random = np.random.default_rng(1)
    pairs = {(some, other) for some, other in random.integers(1, 41, (700, 2)).tolist() if some != other} | {
        (1, 2)
    }
    scores = dict(zip(sorted(pairs), random.integers(-100, 101, len(pairs)).tolist(), strict=True))
    praised, damned = (world(scores | {(1, 2): score}, players=range(1, 41)) for score in (100, -100))

    assert trust(praised, 1, 2).inferred == pytest.approx(trust(damned, 1, 2).inferred, abs=2)
