"""Trust, as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import resolvers.trust
from db.main import players
from graph.trust import Contribution, Kind, Term
from resolvers.relationships import TrustLevel
from resolvers.trust import PathRow, TrustRow
from schema.base import backed_by, listed, one, resolve
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.players import Player


@backed_by(TrustRow)
class Trust:
    """How far one player trusts another, and why. All scores are −100 (hostile) to 100 (trusts fully)."""

    truster: Player | None = one(players.BY_ID, key=("world_id", "truster_id"))
    """Who trusts."""
    trusted: Player | None = one(players.BY_ID, key=("world_id", "trusted_id"))
    """Who is trusted."""
    direct: int | None
    """The score in the truster's own ledger, as `Relationship.trustScore` and of its moment; null where they
    have no relationship."""
    inferred: float
    """What would be expected from everybody else's relationships, treaties and memberships."""
    stated: float
    """The answer: direct and inferred, blended by how much experience there is. The contributions sum to
    it."""
    level: TrustLevel = resolve(resolvers.trust.level, needs=("stated",))
    kind: Kind
    """What the answer rests on."""
    confidence: float
    """The share of own experience in the answer, 0 to 1."""
    low: float
    """With 90 % probability the truth is between low and high."""
    high: float
    """With 90 % probability the truth is between low and high."""
    raters: int
    """How many others hold a relationship with the trusted."""
    referrers: int
    """How many of these the truster trusts."""
    like_minded: int
    """How many of these have judged others as the truster did."""
    contributions: list[TrustContribution]
    """The parts of the answer, the weightiest first; they sum to `stated`."""
    paths: list[TrustPath]
    """The strongest chains of trust from truster to trusted, as many as were asked for."""
    version: BigInt
    """The version of the world that it belongs to."""
    as_of: datetime
    """The moment that it belongs to."""


@backed_by(Contribution)
class TrustContribution:
    """One part of a trust."""

    term: Term
    """What kind of reason it is."""
    label: str
    """The reason in a few words."""
    points: float
    """How much it adds."""


@backed_by(PathRow)
class TrustPath:
    """A chain of relationships; all but the last are positive, since advice is taken from friends only."""

    player_ids: list[int]
    """From the truster to the trusted, both included."""
    players: list[Player] = listed(players.BY_ID, key=("world_id", "player_ids"), first=4)
    """From the truster to the trusted, both included."""
    trusts: list[int]
    """The score of each relationship on the way."""
    strength: float
    """The product of the scores, each as a share of 100, in points. Negative: a warning."""
