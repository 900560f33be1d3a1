"""Stakes: how much hangs, for one NPC, on how it stands with each of the others now.

A stake is the sum of its parts, 0 to 100. Each part is a share, 0 to 1, times a weight:

| part | weight | share |
| --- | --- | --- |
| trust | 30 | the trust score, either way: \\|score\\| / 100 |
| threat | 25 | hostility · strength · reach |
| business | 20 | the most pressing of what is open between the two (see `_business`) |
| recency | 15 | 2^(−days since the last contact / 14) |
| nearness | 10 | 2^(−fields between the capitals / 15), in a straight line; 0 where one is unknown |

Hostility is 1 at war (with the player or its alliance), 0.7 for an enemy, else the distrust, −score / 100.
Strength is the other's population as a share of both, doubled, 1 at most. Reach is 0.4 + 0.6 · nearness.
Only what the NPC itself holds and what is public counts: never what others feel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from db.main.alliances import AllianceRow
from db.main.players import PlayerRow
from db.main.relationships import RelationshipRow, RelationshipType
from db.main.treaties import TreatyType
from resolvers.descriptions import enum
from resolvers.diplomacy.days import Days
from resolvers.diplomacy.pacts import Matter, PactRow
from resolvers.relationships import TrustLevel, level_of

RECENCY_HALF_LIFE = 14.0
"""In days."""
NEARNESS_HALF = 15.0
"""In fields."""
THREATENING = 0.15
"""From this share of threat on, someone is called a threat."""
FRIENDLY = 30
"""Above this trust score, or bound as friends and not distrusted, someone is called a friend."""
DISTRUSTED = -30


class StakePart(Enum):
    """What makes up a stake."""

    TRUST = "trust"
    """How strongly the NPC trusts or distrusts the player."""
    THREAT = "threat"
    """How much harm the player may do."""
    BUSINESS = "business"
    """What is open between the two: proposals, wars, treaties."""
    RECENCY = "recency"
    """How lately they had to do with each other."""
    NEARNESS = "nearness"
    """How near they are on the map."""


enum(StakePart)
WEIGHTS = {
    StakePart.TRUST: 30,
    StakePart.THREAT: 25,
    StakePart.BUSINESS: 20,
    StakePart.RECENCY: 15,
    StakePart.NEARNESS: 10,
}
PRESSING = {
    Matter.ANSWER: 1.0,
    Matter.PEACE: 1.0,
    Matter.WAR: 1.0,
    Matter.ENDING: 0.7,
    Matter.WAITING: 0.6,
    Matter.IN_FORCE: 0.4,
}
OF_THE_ALLIANCE = 0.5
"""What a treaty of an alliance presses towards its members; towards its leader it presses in full."""
COMRADES = 0.2
MY_LEADER = 0.4
BONDS = (TreatyType.CONFEDERACY, TreatyType.VASSALAGE)


@dataclass(frozen=True, slots=True)
class StakePartRow:
    """One part of a stake."""

    part: StakePart
    share: float
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeRow:
    """How an NPC stands with one player, and how much hangs on it."""

    player: PlayerRow
    relationship: RelationshipRow | None
    alliance: AllianceRow | None
    trust_score: int | None
    level: TrustLevel | None
    pacts: tuple[PactRow, ...]
    is_comrade: bool
    is_at_war: bool
    is_bound: bool
    distance: float | None
    stake: float
    parts: list[StakePartRow]
    reasons: tuple[str, ...] = ()
    reason: str = ""

    def share(self, part: StakePart) -> float:
        """One part, 0 to 1."""
        return next(one.share for one in self.parts if one.part is part)

    def because(self, reasons: tuple[str, ...]) -> StakeRow:
        """The same with its reasons, parts of a sentence, the most pressing first."""
        sentence = "; ".join(reasons) or "nothing has happened between you yet"
        return replace(self, reasons=reasons, reason=f"{sentence[0].upper()}{sentence[1:]}.")


@dataclass(frozen=True, slots=True)
class Around:
    """What is true for all whom an NPC has to do with."""

    me: PlayerRow
    pacts: Sequence[PactRow]
    alliances: Mapping[int, AllianceRow]
    days: Days


def ranked(
    around: Around, relationships: Iterable[RelationshipRow], players: Mapping[int, PlayerRow]
) -> list[StakeRow]:
    """Those in the world with whom an NPC has a relationship or a treaty, the greatest stake first."""
    known = {row.target_player_id: row for row in relationships}
    partners = {pact.partner.player_id for pact in around.pacts if isinstance(pact.partner, PlayerRow)}
    met = [players[one] for one in {*known, *partners} if one != around.me.player_id]
    stakes = [_stake(around, player, known.get(player.player_id)) for player in met if player.gone_at is None]
    return sorted(stakes, key=lambda row: (-row.stake, row.player.player_id))


def _stake(around: Around, player: PlayerRow, known: RelationshipRow | None) -> StakeRow:
    pacts = tuple(pact for pact in around.pacts if _concerns(pact, player))
    comrade = player.alliance_id is not None and player.alliance_id == around.me.alliance_id
    away = distance(around.me, player)
    parts = [
        StakePartRow(part, round(share, 3), round(WEIGHTS[part] * share, 1))
        for part, share in _shares(around, player, known, pacts, away).items()
    ]
    return StakeRow(
        player=player,
        relationship=known,
        alliance=_alliance(around, player),
        trust_score=known.trust_score if known else None,
        level=level_of(known.trust_score) if known else None,
        pacts=pacts,
        is_comrade=comrade,
        is_at_war=any(pact.is_hostile for pact in pacts),
        is_bound=comrade or any(pact.treaty.type in BONDS and pact.holds for pact in pacts),
        distance=None if away is None else round(away, 1),
        stake=round(sum(part.points for part in parts), 1),
        parts=parts,
    )


def _shares(
    around: Around,
    player: PlayerRow,
    known: RelationshipRow | None,
    pacts: Sequence[PactRow],
    away: float | None,
) -> dict[StakePart, float]:
    near = 0.0 if away is None else math.exp2(-away / NEARNESS_HALF)
    at_war = any(pact.is_hostile for pact in pacts)
    return {
        StakePart.TRUST: abs(known.trust_score) / 100 if known else 0.0,
        StakePart.THREAT: _hostility(known, at_war) * _strength(around.me, player) * (0.4 + 0.6 * near),
        StakePart.BUSINESS: max(_business(around, player, pacts), default=0.0),
        StakePart.RECENCY: around.days.freshness(last_contact(known), RECENCY_HALF_LIFE) if known else 0.0,
        StakePart.NEARNESS: near,
    }


def _alliance(around: Around, player: PlayerRow) -> AllianceRow | None:
    return None if player.alliance_id is None else around.alliances.get(player.alliance_id)


def _concerns(pact: PactRow, player: PlayerRow) -> bool:
    if isinstance(pact.partner, PlayerRow):
        return pact.partner.player_id == player.player_id
    return pact.partner.alliance_id == player.alliance_id


def distance(one: PlayerRow, other: PlayerRow) -> float | None:
    """The fields between two capitals, in a straight line that does not leave the map."""
    places = (one.capital_x, one.capital_y, other.capital_x, other.capital_y)
    if None in places:
        return None
    x, y, other_x, other_y = (float(place or 0) for place in places)
    return math.hypot(x - other_x, y - other_y)


def last_contact(known: RelationshipRow) -> datetime:
    """When the two last had to do with each other, as far as it was recorded."""
    return known.last_interaction_at or known.updated_at


def _hostility(known: RelationshipRow | None, at_war: bool) -> float:
    if at_war:
        return 1.0
    if known is None:
        return 0.0
    enemy = known.relationship_type is RelationshipType.ENEMY
    return max(0.7 if enemy else 0.0, -known.trust_score / 100)


def _strength(me: PlayerRow, player: PlayerRow) -> float:
    both = me.population + player.population
    return min(1.0, 2 * player.population / both) if both else 0.0


def _business(around: Around, player: PlayerRow, pacts: Iterable[PactRow]) -> Iterator[float]:
    """An answer or a war presses most, a treaty kept in peace least; what an alliance agreed presses its
    members half."""
    alliance = _alliance(around, player)
    if alliance is not None and alliance.alliance_id == around.me.alliance_id:
        yield MY_LEADER if player.player_id == alliance.leader_id else COMRADES
    for pact in pacts:
        leads = alliance is not None and alliance.leader_id == player.player_id
        in_person = isinstance(pact.partner, PlayerRow) or leads
        yield PRESSING[pact.matter] * (1.0 if in_person else OF_THE_ALLIANCE)


def threats(stakes: Iterable[StakeRow]) -> list[StakeRow]:
    """Those who may do harm, the worst first."""
    found = [row for row in stakes if row.share(StakePart.THREAT) >= THREATENING]
    return sorted(found, key=lambda row: (-row.share(StakePart.THREAT), row.player.player_id))


def friends(stakes: Iterable[StakeRow]) -> list[StakeRow]:
    """Those who are trusted, or bound by alliance, confederacy or vassalage and not distrusted; the best
    first."""
    found = [row for row in stakes if _is_friend(row)]
    return sorted(found, key=lambda row: (-_warmth(row), row.player.player_id))


def _is_friend(row: StakeRow) -> bool:
    score = row.trust_score or 0
    return not row.is_at_war and (score > FRIENDLY or (row.is_bound and score > DISTRUSTED))


def _warmth(row: StakeRow) -> float:
    return (row.trust_score or 0) / 100 + 0.3 * row.is_bound + 0.3 * row.share(StakePart.NEARNESS)
