"""The chronicle: a history in a few sentences."""

from __future__ import annotations

import numpy as np

from entente.demo.court import Court
from entente.demo.encounters import BATTLE, RAID, Encounters
from entente.demo.meetings import Meetings
from entente.demo.memberships import Memberships
from entente.demo.wars import Wars


def tell(
    court: Court, wars: Wars, memberships: Memberships, meetings: Meetings, encounters: Encounters
) -> tuple[str, ...]:
    """The strongest alliance, the war, the traitor, the deserter, the feud: as far as there are any."""
    told = [_strongest(court), _war(court, wars), _traitor(court, wars), _deserter(court, memberships)]
    told.append(_feud(court, meetings, encounters))
    return tuple(sentence for sentence in told if sentence)


def _strongest(court: Court) -> str | None:
    powers = court.powers
    if not len(powers):
        return None
    leader = court.people.name(powers.leader(0))
    return f"{powers.names[0]}, led by {leader}, is the strongest of {len(powers)} alliances."


def _war(court: Court, wars: Wars) -> str | None:
    if wars.attacker is None or wars.defender is None:
        return None
    attacker, defender = court.powers.names[wars.attacker], court.powers.names[wars.defender]
    joined = [
        f"{_names(court, allies)} joined in against {court.powers.names[enemy]}"
        for friend, enemy in ((wars.attacker, wars.defender), (wars.defender, wars.attacker))
        if (allies := [power for power in court.enemies(enemy) if power not in (friend, wars.traitor)])
    ]
    return "; ".join([f"On day {wars.begins + 1} {attacker} declared war on {defender}", *joined]) + "."


def _names(court: Court, powers: list[int]) -> str:
    names = [court.powers.names[power] for power in powers]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _traitor(court: Court, wars: Wars) -> str | None:
    if wars.traitor is None or wars.betrayed is None:
        return None
    powers = court.powers
    leader = court.people.name(powers.leader(wars.traitor))
    return (
        f"On day {wars.turns + 1}, in the middle of it, {powers.names[wars.traitor]} under {leader} broke "
        f"its confederacy with {powers.names[wars.betrayed]} and turned on it."
    )


def _deserter(court: Court, memberships: Memberships) -> str | None:
    if not memberships.deserters:
        return None
    npcs = [deserter for deserter in memberships.deserters if court.people.is_npc[deserter[0]]]
    person, left, joined, _ = (npcs or memberships.deserters)[0]
    return (
        f"{court.people.name(person)} deserted from {court.powers.names[left]} to its enemy, "
        f"{court.powers.names[joined]}."
    )


def _feud(court: Court, meetings: Meetings, encounters: Encounters) -> str | None:
    fights = (encounters.kind == RAID) | (encounters.kind == BATTLE)
    if not fights.any():
        return None
    counts = np.bincount(encounters.meeting[fights], minlength=len(meetings.one))
    worst = int(np.argmax(counts))
    one, other = court.people.name(int(meetings.one[worst])), court.people.name(int(meetings.other[worst]))
    return f"The bitterest feud is between {one} and {other}: {int(counts[worst])} raids and battles."
