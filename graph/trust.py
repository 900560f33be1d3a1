"""How far one player trusts others, also those it never met: experience, and what others' lets infer.

On a scale of -1..1, with t_ij the score that i holds about j:

- own experience counts a = c/(c+3) after c interactions, and a = 1 where the score was declared;
- reputation is *goodness* g_X = (sum f_k t_kX + mu) / (sum f_k + 1), where the *fairness* of a rater is f_k =
  1 - mean|t_kX - g_X|/2, iterated to 1e-4 (Kumar, Spezzano, Subrahmanian and Faloutsos, 2016; shrunk);
- biases: how leniently i judges (b_i, shrunk by 3), and how well X is judged beyond its judges' leniency
  (d_X, by 1);
- referral: what those whom i trusts think of X beyond what is expected of them, r_kX = t_kX - mu - b_k - d_X:
  sum w_k r_kX / (sum w_k + 0.5) with w_k = t_ik f_k over t_ik > 0; like-minded raters in the same way, with
  w_k their agreement with i on common targets, sum(1 - |t_iY - t_kY|) / (n + 1), where that is positive;
- reciprocity: t_Xi;
- group: i's trust in the other members of X's alliance, sum t_iY / (n + 1), and what treaties and membership
  weigh.

The inferred score is linear in these, so that its parts are the explanation. What i itself holds about X is
left out of every part. stated = a * direct + (1 - a) * inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from graph.paths import Path, best_paths
from graph.snapshot import NOBODY, Indices, Snapshot
from graph.ties import Floats, bonds, standing

SETTLED = 1e-4
MOST_ROUNDS = 100
EXPERIENCE = 3.0
LENIENCY_SHRINKAGE = 3.0
STANDING_SHRINKAGE = 1.0
NETWORK_SHRINKAGE = 0.5


class Kind(StrEnum):
    """What a stated trust rests on."""

    DIRECT = "direct"
    """Own experience alone."""
    BLENDED = "blended"
    """Own experience and what others think."""
    INFERRED = "inferred"
    """What others think alone."""
    UNKNOWN = "unknown"
    """Nothing is known of this player: the answer is what this truster grants a stranger."""


class Term(StrEnum):
    """One line of an explanation."""

    EXPERIENCE = "experience"
    """Own experience."""
    BASELINE = "baseline"
    """What anybody is granted."""
    REPUTATION = "reputation"
    """The reputation in this world."""
    LENIENCY = "leniency"
    """How leniently the truster judges."""
    STANDING = "standing"
    """How well this player is judged, whoever judges."""
    REFERRAL = "referral"
    """What those it trusts think."""
    LIKE_MINDED = "like_minded"
    """What those who judge alike think."""
    RECIPROCITY = "reciprocity"
    """How far it is trusted in return."""
    GROUP = "group"
    """Its trust in the rest of the alliance."""
    TREATIES = "treaties"
    """Treaties and shared membership."""
    LIMIT = "limit"
    """What keeps the score within -100 and 100."""


LABELS = {
    Term.EXPERIENCE: "own experience",
    Term.BASELINE: "what anybody is granted",
    Term.REPUTATION: "reputation in this world",
    Term.LENIENCY: "how leniently the truster judges",
    Term.STANDING: "how well this player is judged, whoever judges",
    Term.REFERRAL: "what those it trusts think",
    Term.LIKE_MINDED: "what those who judge alike think",
    Term.RECIPROCITY: "how far it is trusted in return",
    Term.GROUP: "its trust in the rest of the alliance",
    Term.TREATIES: "treaties and shared membership",
    Term.LIMIT: "kept within -100 and 100",
}

COEFFICIENTS = {
    Term.BASELINE: 0.0375,
    Term.REPUTATION: 0.3048,
    Term.LENIENCY: 0.6804,
    Term.STANDING: 0.3437,
    Term.REFERRAL: 0.4385,
    Term.LIKE_MINDED: 0.6008,
    Term.RECIPROCITY: 0.4674,
    Term.GROUP: 0.20,
    Term.TREATIES: 0.25,
}
"""Shipped defaults. Baseline to reciprocity: least squares over all 24,186 ratings of Bitcoin Alpha (SNAP,
ratings / 10), each predicted from the nine tenths of the others that do not hold it (ten folds, permutation
of seed 0); the features are one of eleven sets tried on those folds, close to the best and plainer. Fitted
anew on the visible ratings only, hidden ones are predicted as well, within 0.002 RMSE. Group and treaties do
not occur in that data: their coefficients are ours, and not measured."""

RATER_BINS = (1, 3, 10)
GIVEN_BINS = (1, 5)
RESIDUALS = np.array(
    [
        [(-0.29, 0.61), (-0.56, 0.43), (-1.02, 0.38)],
        [(-0.17, 0.44), (-0.24, 0.50), (-0.43, 0.37)],
        [(-0.25, 0.51), (-0.23, 0.50), (-0.37, 0.38)],
        [(-0.32, 0.50), (-0.24, 0.42), (-0.48, 0.47)],
    ]
)
"""5 % and 95 % quantiles of what was inferred wrongly, by raters of the trusted (0, 1-2, 3-9, 10 and more)
and by ratings of the truster (0, 1-4, 5 and more). Measured on Bitcoin Alpha with half of the ratings hidden,
and forward in time from 50, 60 .. 90 % of them, pooled. They cover 92-94 % of ratings hidden at random and
88-90 % of later ones, but of that very data; made in the same way from the past alone, 82 % (half of the
ratings known), 89 % (70 %) and 90 % (90 %) of later ones. Of worlds of another kind nothing is known yet."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a trust; all parts of a trust sum to `stated`."""

    term: Term
    """What kind of reason it is."""
    label: str
    """The reason in a few words."""
    points: float
    """How much it adds, in points of trust."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far one player trusts another, and why. Scores are points: -100 (hostile) to 100."""

    trusted_id: int
    """The player who is trusted, or not."""
    direct: int | None
    """The score in the truster's own ledger; none where they have no relationship."""
    inferred: float
    """What would be expected from everybody else's relationships, treaties and memberships."""
    stated: float
    """The answer: direct and inferred, blended by how much experience there is."""
    kind: Kind
    """What the answer rests on."""
    confidence: float
    """The share of own experience in the answer, 0 to 1."""
    low: float
    """With 90 % probability the truth is not below this."""
    high: float
    """With 90 % probability the truth is not above this."""
    raters: int
    """How many others hold a relationship with the trusted."""
    referrers: int
    """How many of these the truster trusts."""
    like_minded: int
    """How many of these have judged others as the truster did."""
    contributions: tuple[Contribution, ...]
    """The parts of the answer; they sum to `stated`."""
    paths: tuple[Path, ...]
    """The strongest chains of trust from truster to trusted, as many as were asked for."""


@dataclass(frozen=True, eq=False)
class Reputation:
    """What a world thinks of each of its players, in the order of the snapshot, on a scale of -1..1."""

    mean: float
    """The mean of all scores."""
    goodness: Floats
    """How far each player is trusted, by fair raters above all; the mean where nobody rated it. -1..1."""
    fairness: Floats
    """How well each player's judgement agrees with that of the others. 0..1; 1 where it never judged."""
    leniency: Floats
    """How much better than others each player judges."""
    standing: Floats
    """How much better than others each player is judged, its judges' leniency apart."""
    weight: Floats
    """The sum of the fairness of each player's raters."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What the network says of each trusted, beyond what is expected of each rater, and from how many."""

    referral: Floats
    like_minded_view: Floats
    raters: Indices
    referrers: Indices
    like_minded: Indices


@dataclass(frozen=True, eq=False)
class Estimates:
    """Trust of one truster in many, as arrays in the order asked, on a scale of -1..1."""

    trusted: Indices
    direct: Floats
    """NaN where there is no relationship."""
    confidence: Floats
    inferred: Floats
    stated: Floats
    low: Floats
    high: Floats
    heard: Heard
    known: NDArray[np.bool_]
    """Whether anything but the truster's own experience is known of the trusted."""
    parts: dict[Term, Floats]


def reputation(snapshot: Snapshot) -> Reputation:
    """Fairness, goodness and biases of all players."""
    truster, trusted, count = snapshot.truster, snapshot.trusted, snapshot.player_count
    score = snapshot.score / 100.0
    mean = float(score.mean()) if len(score) else 0.0
    goodness, fairness = _fairness_goodness(truster, trusted, score, mean, count)
    leniency, standing_ = _biases(truster, trusted, score - mean, count)
    weight = np.asarray(np.bincount(trusted, fairness[truster], count), dtype=np.float64)
    return Reputation(mean, goodness, fairness, leniency, standing_, weight)


def trust_of(
    snapshot: Snapshot, reputation: Reputation, truster_id: int, trusted_ids: Sequence[int], *, paths: int = 0
) -> tuple[Trust | None, ...]:
    """The trust of one player in others, in the order asked, each with its `paths` strongest chains; None for
    a player who is not of this world, and for the truster itself."""
    truster = snapshot.player_number(truster_id)
    places = [None if wanted == truster_id else snapshot.player_number(wanted) for wanted in trusted_ids]
    if truster is None:
        return (None,) * len(places)
    asked = np.array(sorted({place for place in places if place is not None}), dtype=np.int32)
    values = _values(snapshot, truster, estimate(snapshot, reputation, truster, asked), paths)
    return tuple(None if place is None else values[place] for place in places)


def estimate(snapshot: Snapshot, reputation: Reputation, truster: int, trusted: Indices) -> Estimates:
    """The trust of one player in others, all given by their numbers; nobody may be asked about itself."""
    own = _Own(snapshot, truster)
    direct = own.score[trusted]
    parts, heard = _parts(snapshot, reputation, own, trusted)
    sum_of_parts = np.sum(list(parts.values()), axis=0)
    inferred = np.clip(sum_of_parts, -1.0, 1.0)
    parts[Term.LIMIT] = inferred - sum_of_parts
    confidence = own.confidence[trusted]
    stated = confidence * np.nan_to_num(direct) + (1.0 - confidence) * inferred
    parts = {term: (1.0 - confidence) * part for term, part in parts.items()}
    parts[Term.EXPERIENCE] = confidence * np.nan_to_num(direct)
    low, high = _interval(heard.raters, own.count - ~np.isnan(direct), stated, 1.0 - confidence)
    return Estimates(
        trusted, direct, confidence, inferred, stated, low, high, heard, _known(heard, parts), parts
    )


def _known(heard: Heard, parts: dict[Term, Floats]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = heard.raters > 0
    for term in (Term.RECIPROCITY, Term.GROUP, Term.TREATIES):
        known = known | (parts[term] != 0.0)
    return known


class _Own:
    """What one player holds about the others, looked up by their number."""

    def __init__(self, snapshot: Snapshot, truster: int) -> None:
        ties = slice(snapshot.given_starts[truster], snapshot.given_starts[truster + 1])
        count = snapshot.player_count
        self.truster = truster
        self.met = snapshot.trusted[ties]
        self.count = len(self.met)
        self.score = np.full(count, np.nan)
        self.score[self.met] = snapshot.score[ties] / 100.0
        self.confidence = np.zeros(count)
        meetings = snapshot.interactions[ties]
        self.confidence[self.met] = np.where(snapshot.declared[ties], 1.0, meetings / (meetings + EXPERIENCE))


def _parts(
    snapshot: Snapshot, reputation: Reputation, own: _Own, trusted: Indices
) -> tuple[dict[Term, Floats], Heard]:
    goodness, leniency, standing_ = _without(snapshot, reputation, own, trusted)
    heard = _heard(snapshot, reputation, own, trusted, standing_)
    features = {
        Term.BASELINE: np.ones(len(trusted)),
        Term.REPUTATION: goodness,
        Term.LENIENCY: leniency,
        Term.STANDING: standing_,
        Term.REFERRAL: heard.referral,
        Term.LIKE_MINDED: heard.like_minded_view,
        Term.RECIPROCITY: _returned(snapshot, own.truster)[trusted],
        Term.GROUP: _group(snapshot, own, trusted),
        Term.TREATIES: _treaties(snapshot, own.truster, trusted),
    }
    return {term: COEFFICIENTS[term] * feature for term, feature in features.items()}, heard


def _without(
    snapshot: Snapshot, world: Reputation, own: _Own, trusted: Indices
) -> tuple[Floats, Floats, Floats]:
    """Goodness, leniency and standing as they are without what the truster holds about each trusted."""
    score, met = np.nan_to_num(own.score[trusted]), ~np.isnan(own.score[trusted])
    fair = met * world.fairness[own.truster]
    weight = world.weight[trusted] + 1.0
    goodness = (world.goodness[trusted] * weight - fair * score) / (weight - fair)
    raters = np.diff(snapshot.received_starts)[trusted] + STANDING_SHRINKAGE
    surprise = met * (score - world.mean - world.leniency[own.truster])
    standing_ = (world.standing[trusted] * raters - surprise) / (raters - met)
    given = own.count + LENIENCY_SHRINKAGE
    surprise = met * (score - world.mean - world.standing[trusted])
    leniency = (world.leniency[own.truster] * given - surprise) / (given - met)
    return goodness, leniency, standing_


def _heard(snapshot: Snapshot, world: Reputation, own: _Own, trusted: Indices, expected: Floats) -> Heard:
    ties, about = _received_by(snapshot, trusted)
    others = snapshot.truster[ties] != own.truster
    ties, about = ties[others], about[others]
    rater, score = snapshot.truster[ties], snapshot.score[ties] / 100.0
    surprise = score - world.mean - world.leniency[rater] - expected[about]
    trusts = (np.nan_to_num(own.score).clip(0.0) * world.fairness)[rater]
    alike = _agreement(snapshot, own, rater, score, own.score[trusted][about])
    count = len(trusted)
    return Heard(
        _weighted(about, trusts, surprise, count),
        _weighted(about, alike, surprise, count),
        np.bincount(about, minlength=count).astype(np.int32),
        np.bincount(about, trusts > 0, count).astype(np.int32),
        np.bincount(about, alike > 0, count).astype(np.int32),
    )


def _agreement(snapshot: Snapshot, own: _Own, rater: Indices, score: Floats, same: Floats) -> Floats:
    """How far each rater judges like the truster, where they have judged the same players, the one in
    question apart: `score` and `same` are what rater and truster hold about that one."""
    ties, about = _received_by(snapshot, own.met)
    agreed = 1.0 - np.abs(snapshot.score[ties] / 100.0 - own.score[own.met][about])
    sums = np.bincount(snapshot.truster[ties], agreed, snapshot.player_count)
    counts = np.bincount(snapshot.truster[ties], minlength=snapshot.player_count)
    here = ~np.isnan(same)
    left = sums[rater] - np.where(here, 1.0 - np.abs(score - same), 0.0)
    shared = counts[rater] - here
    return np.where(shared > 0, left / (shared + 1.0), 0.0).clip(0.0)


def _received_by(snapshot: Snapshot, players: Indices) -> tuple[Indices, Indices]:
    """The ties that these players receive, and for each the position of its player in the list."""
    starts = snapshot.received_starts[players]
    counts = snapshot.received_starts[players + 1] - starts
    about = np.repeat(np.arange(len(players), dtype=np.int32), counts)
    before = np.cumsum(counts) - counts
    return snapshot.received[np.arange(len(about)) + (starts - before)[about]], about


def _weighted(about: Indices, weight: Floats, value: Floats, count: int) -> Floats:
    return np.bincount(about, weight * value, count) / (np.bincount(about, weight, count) + NETWORK_SHRINKAGE)


def _returned(snapshot: Snapshot, truster: int) -> Floats:
    ties = snapshot.received[snapshot.received_starts[truster] : snapshot.received_starts[truster + 1]]
    returned = np.zeros(snapshot.player_count)
    returned[snapshot.truster[ties]] = snapshot.score[ties] / 100.0
    return returned


def _group(snapshot: Snapshot, own: _Own, trusted: Indices) -> Floats:
    """The truster's mean trust in the other members of each one's alliance, and a neutral voice."""
    count = len(snapshot.alliance_ids)
    inside = own.met[snapshot.alliance_of[own.met] != NOBODY]
    sums = np.bincount(snapshot.alliance_of[inside], own.score[inside], count)
    counts = np.bincount(snapshot.alliance_of[inside], minlength=count)
    league = snapshot.alliance_of[trusted]
    sums, counts = np.append(sums, 0.0)[league], np.append(counts, 0)[league]
    met = ~np.isnan(own.score[trusted]) & (league != NOBODY)
    mean: Floats = (sums - met * np.nan_to_num(own.score[trusted])) / (counts - met + 1.0)
    return mean


def _treaties(snapshot: Snapshot, truster: int, trusted: Indices) -> Floats:
    weights = standing(snapshot, bonds(snapshot), np.full(len(trusted), truster, dtype=np.int32), trusted)
    return np.clip(weights, -1.0, 1.0)


def _interval(raters: Indices, given: Indices, stated: Floats, guessed: Floats) -> tuple[Floats, Floats]:
    wrong = RESIDUALS[np.digitize(raters, RATER_BINS), np.digitize(given, GIVEN_BINS)] * guessed[:, None]
    low, high = np.clip(stated[:, None] + wrong, -1.0, 1.0).T
    return low, high


def _fairness_goodness(
    truster: Indices, trusted: Indices, score: Floats, mean: float, count: int
) -> tuple[Floats, Floats]:
    goodness, fairness = np.full(count, mean), np.ones(count)
    given = np.maximum(np.bincount(truster, minlength=count), 1)
    for _ in range(MOST_ROUNDS):
        before = goodness, fairness
        weight = fairness[truster]
        heard = np.bincount(trusted, weight * score, count) + mean
        goodness = heard / (np.bincount(trusted, weight, count) + 1.0)
        fairness = 1.0 - np.bincount(truster, np.abs(score - goodness[trusted]), count) / given / 2.0
        if max(_change(goodness, before[0]), _change(fairness, before[1])) < SETTLED:
            break
    return goodness, fairness


def _biases(truster: Indices, trusted: Indices, surprise: Floats, count: int) -> tuple[Floats, Floats]:
    """Leniency and standing, each given the other (additive empirical Bayes)."""
    leniency, standing_ = np.zeros(count), np.zeros(count)
    given = np.bincount(truster, minlength=count) + LENIENCY_SHRINKAGE
    received = np.bincount(trusted, minlength=count) + STANDING_SHRINKAGE
    for _ in range(MOST_ROUNDS):
        before = leniency
        standing_ = np.bincount(trusted, surprise - leniency[truster], count) / received
        leniency = np.bincount(truster, surprise - standing_[trusted], count) / given
        if _change(leniency, before) < SETTLED:
            break
    return leniency, standing_


def _change(now: Floats, before: Floats) -> float:
    return float(np.abs(now - before).max(initial=0.0))


def _values(snapshot: Snapshot, truster: int, found: Estimates, paths: int) -> dict[int, Trust]:
    places = enumerate(found.trusted.tolist())
    return {place: _value(snapshot, truster, found, row, paths) for row, place in places}


def _value(snapshot: Snapshot, truster: int, found: Estimates, row: int, paths: int) -> Trust:
    trusted = int(found.trusted[row])
    score = float(found.direct[row])
    return Trust(
        trusted_id=int(snapshot.player_ids[trusted]),
        direct=None if np.isnan(score) else round(100 * score),
        inferred=100 * float(found.inferred[row]),
        stated=100 * float(found.stated[row]),
        kind=_kind(float(found.confidence[row]), bool(found.known[row])),
        confidence=float(found.confidence[row]),
        low=100 * float(found.low[row]),
        high=100 * float(found.high[row]),
        raters=int(found.heard.raters[row]),
        referrers=int(found.heard.referrers[row]),
        like_minded=int(found.heard.like_minded[row]),
        contributions=_contributions(found, row),
        paths=best_paths(snapshot, truster, trusted, paths) if paths else (),
    )


def _kind(confidence: float, known: bool) -> Kind:
    if confidence == 1.0:
        return Kind.DIRECT
    if confidence > 0.0:
        return Kind.BLENDED
    return Kind.INFERRED if known else Kind.UNKNOWN


def _contributions(found: Estimates, row: int) -> tuple[Contribution, ...]:
    """Those that count, the weightiest first."""
    points = {term: 100 * float(part[row]) for term, part in found.parts.items()}
    terms = sorted((term for term in Term if points[term]), key=lambda term: -abs(points[term]))
    return tuple(Contribution(term, LABELS[term], points[term]) for term in terms)
