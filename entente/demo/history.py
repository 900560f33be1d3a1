"""History: everything that happens in a land, worked out from a seed and the facts of the land alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from entente.demo import (
    chronicle,
    diplomacy,
    encounters,
    estates,
    ledger,
    meetings,
    memberships,
    memories,
    pacts,
    people,
    powers,
    relationships,
    states,
)
from entente.demo.court import Court
from entente.demo.encounters import Encounters
from entente.demo.estates import Estate
from entente.demo.land import Land
from entente.demo.ledger import Ledger
from entente.demo.meetings import Meetings
from entente.demo.memberships import Memberships
from entente.demo.memories import Memory
from entente.demo.people import People, Profile
from entente.demo.powers import Powers
from entente.demo.relationships import Counts
from entente.demo.states import State
from entente.demo.treaties import Treaty


@dataclass(frozen=True, slots=True)
class History:
    """What happened, by subject."""

    land: Land
    people: People
    powers: Powers
    court: Court
    memberships: Memberships
    meetings: Meetings
    treaties: list[Treaty]
    """In the order of their ids, from 1."""
    encounters: Encounters
    ledger: Ledger
    counts: Counts
    memories: list[Memory]
    states: list[State]
    estates: list[Estate]
    story: tuple[str, ...]


def happen(
    seed: int, land: Land, npcs: int, known: Mapping[str, Profile], told: Callable[[int], None]
) -> History:
    """The history of this land; the same for the same seed, always. Each day of its diplomacy is told."""
    folk = people.meet(seed, land, npcs, known)
    leagues = powers.assemble(land, folk)
    court, wars = diplomacy.conduct(seed, folk, leagues, told)
    bonds = memberships.trace(seed, land, court)
    met = meetings.arrange(seed, court)
    promised = pacts.make(seed, court, bonds, met)
    treaties = sorted(court.treaties + promised.treaties, key=lambda treaty: treaty.proposed_at)
    passed = encounters.happen(seed, court, bonds, met, promised)
    felt = ledger.keep(court, bonds, met, treaties, passed)
    stand = states.at_the_end(seed, court, passed)
    return History(
        land=land,
        people=folk,
        powers=leagues,
        court=court,
        memberships=bonds,
        meetings=met,
        treaties=treaties,
        encounters=passed,
        ledger=felt,
        counts=relationships.count(court, met, treaties, passed, felt),
        memories=memories.remember(seed, land, court, bonds, treaties, passed),
        states=stand,
        estates=estates.furnish(seed, land, folk, stand),
        story=chronicle.tell(court, wars, bonds, met, passed),
    )
