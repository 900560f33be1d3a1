"""Powers: the alliances that conduct diplomacy, with officers, neighbours and the camps they lean to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.demo.dice import Floats, Ints
from entente.demo.land import Land
from entente.demo.people import DIPLOMACY, People

POWERS_AT_MOST = 120
MEMBERS_OF_A_POWER = 2
NPC_LEADERS_COUNT_FOR = 2.5
"""NPCs lead more often than their numbers say, since this is a world about them."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Powers:
    """One value for each power in every column, the strongest first; a power is the position in them."""

    alliance_ids: list[int]
    names: list[str]
    tags: list[str]
    strength: Ints
    x: Ints
    y: Ints
    officers: Ints
    """The leader and two co-leaders of each, NOBODY where there are fewer."""
    camp: Ints
    power_of: Ints
    """For each person the power it stands in at the end, or NOBODY."""

    def __len__(self) -> int:
        return len(self.alliance_ids)

    def leader(self, power: int) -> int:
        """The person who leads this power."""
        return int(self.officers[power, 0])

    def neighbours(self, power: int) -> list[int]:
        """The other powers, the nearest first."""
        apart = (self.x - self.x[power]) ** 2 + (self.y - self.y[power]) ** 2
        return [int(other) for other in np.argsort(apart, kind="stable") if other != power]


def assemble(land: Land, people: People) -> Powers:
    """The powers of a land."""
    members = _members(land)
    strength = {alliance: int(people.population[who].sum()) for alliance, who in members.items()}
    ranked = sorted(strength, key=lambda alliance: (-strength[alliance], alliance))[:POWERS_AT_MOST]
    called = {alliance.alliance_id: alliance for alliance in land.alliances}
    power_of = np.full(len(people), NOBODY, dtype=np.int64)
    for place, alliance in enumerate(ranked):
        power_of[members[alliance]] = place
    x = _centres(people.x, people.population, [members[alliance] for alliance in ranked])
    y = _centres(people.y, people.population, [members[alliance] for alliance in ranked])
    strengths = np.array([strength[alliance] for alliance in ranked], dtype=np.int64)
    return Powers(
        alliance_ids=ranked,
        names=[called[alliance].name for alliance in ranked],
        tags=[called[alliance].tag for alliance in ranked],
        strength=strengths,
        x=x,
        y=y,
        officers=np.array(
            [_officers(people, members[alliance]) for alliance in ranked], dtype=np.int64
        ).reshape(-1, 3),
        camp=_camps(strengths, x, y),
        power_of=power_of,
    )


def _members(land: Land) -> dict[int, Ints]:
    members: dict[int, list[int]] = {}
    for person, player in enumerate(land.players):
        if player.alliance_id is not None:
            members.setdefault(player.alliance_id, []).append(person)
    return {
        alliance: np.array(who, dtype=np.int64)
        for alliance, who in members.items()
        if len(who) >= MEMBERS_OF_A_POWER
    }


def _centres(places: Ints, weights: Ints, members: list[Ints]) -> Ints:
    return np.array(
        [(places[who] * weights[who]).sum() // max(1, weights[who].sum()) for who in members], dtype=np.int64
    )


def _officers(people: People, members: Ints) -> list[int]:
    weight = people.population[members] * (1 + people.traits[members, DIPLOMACY])
    weight = weight * np.where(people.is_npc[members], NPC_LEADERS_COUNT_FOR, 1.0)
    first = [int(member) for member in members[np.argsort(-weight, kind="stable")][:3]]
    return first + [NOBODY] * (3 - len(first))


def camp_count(powers: int) -> int:
    """How many camps so many powers fall into."""
    return min(powers, 2 if powers < 6 else 3 if powers < 20 else 4 if powers < 40 else powers // 12)


def _camps(strength: Ints, x: Ints, y: Ints) -> Ints:
    """The strongest gathers a camp, then the strongest far from it, and so on; others join the nearest."""
    heads: list[int] = []
    apart: Floats = np.full(len(strength), 1.0)
    for _ in range(camp_count(len(strength))):
        heads.append(int(np.argmax(strength * apart)))
        squares = [(x - x[head]) ** 2 + (y - y[head]) ** 2 for head in heads]
        apart = np.sqrt(np.min(squares, axis=0).astype(np.float64))
    squares = [(x - x[head]) ** 2 + (y - y[head]) ** 2 for head in heads]
    return np.argmin(squares, axis=0).astype(np.int64) if heads else np.zeros(0, dtype=np.int64)
