"""Pacts: what two people promise each other, and whether they keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from entente.demo.calendar import DAY, DAYS, END, HOUR, at, day_of
from entente.demo.court import WAR, Court
from entente.demo.dice import Bools, Dice, Ints
from entente.demo.meetings import Meetings
from entente.demo.memberships import Memberships
from entente.demo.people import DIPLOMACY, ECONOMY
from entente.demo.powers import NOBODY
from entente.demo.treaties import Party, Side, Treaty

OFTEN = 0.16
"""How often two perfect diplomats who know each other talk of a pact."""
FIRST_DAY, LAST_DAY = 5, 50
SECRET = 0.35
VASSALS_ARE_SMALLER_BY = 2.5
NO_PACT, PEACE, COMMERCE = range(3)


@dataclass(frozen=True, slots=True)
class Pacts:
    """The treaties between people; and, for each meeting, what binds the two from when to when."""

    treaties: list[Treaty]
    kind: Ints
    begins: Ints
    ends: Ints
    breaches: list[tuple[int, int, bool]]
    """Meeting, second, whether `one` of the meeting broke it."""


def make(seed: int, court: Court, memberships: Memberships, meetings: Meetings) -> Pacts:
    """The pacts of a history."""
    dice = Dice(seed, "pacts")
    count = len(meetings.one)
    kind, begins, ends = np.zeros((3, count), dtype=np.int64)
    pacts = Pacts([], kind, begins, ends, [])
    for meeting in np.flatnonzero(_talks(dice, court, memberships, meetings)).tolist():
        _talk(dice, court, memberships, meetings, pacts, meeting)
    return pacts


def _talks(dice: Dice, court: Court, memberships: Memberships, meetings: Meetings) -> Bools:
    traits = court.people.traits
    openness = traits[meetings.one, DIPLOMACY] * 0.6 + traits[meetings.other, DIPLOMACY] * 0.4
    mates = court.powers.power_of[meetings.one] == court.powers.power_of[meetings.other]
    mates &= court.powers.power_of[meetings.one] != NOBODY
    near = 1 / (1 + meetings.apart / 40)
    talks: Bools = dice.floats(len(openness)) < OFTEN * openness * np.where(mates, 0.1, 1.0) * (0.4 + near)
    return talks


def _talk(
    dice: Dice, court: Court, memberships: Memberships, meetings: Meetings, pacts: Pacts, meeting: int
) -> None:
    one, other = int(meetings.one[meeting]), int(meetings.other[meeting])
    proposer, asked = (one, other) if dice.chance(0.6) else (other, one)
    treaty = _proposal(dice, court, proposer, asked)
    if _war_after(court, memberships, one, other, day_of(treaty.proposed_at)) == day_of(treaty.proposed_at):
        return
    pacts.treaties.append(treaty)
    answered = treaty.proposed_at + int((2 + 18 * dice.one()) * HOUR)
    if dice.chance(0.3 + 0.5 * float(court.people.traits[asked, DIPLOMACY])):
        treaty.accept(asked, answered, _lasts(dice, treaty, answered))
        _bind(dice, court, memberships, pacts, meeting, treaty, one)
    elif dice.chance(0.7):
        treaty.decline(asked, answered)
    elif dice.chance(0.6):
        treaty.cancel(proposer, answered + DAY, "Withdrawn: no answer came.")


def _proposal(dice: Dice, court: Court, proposer: int, asked: int) -> Treaty:
    when = at(FIRST_DAY + dice.below(LAST_DAY - FIRST_DAY), 7 + 14 * dice.one())
    people = court.people
    larger = max(people.population[proposer], people.population[asked])
    smaller = min(people.population[proposer], people.population[asked])
    parties = Party(False, proposer), Party(False, asked)
    if larger > smaller * VASSALS_ARE_SMALLER_BY and dice.chance(0.12):
        overlord: Side = "a" if people.population[proposer] == larger else "b"
        tribute = {"tribute_percent": 5 * (1 + dice.below(4))}
        return Treaty("vassalage", *parties, proposer, when, terms=tribute, overlord=overlord)
    if dice.chance(0.2 + 0.5 * float(people.traits[proposer, ECONOMY])):
        terms: dict[str, Any] = {
            "rate": dice.pick(("1:1", "1:1", "2:3")),
            "daily_limit": 500 * (1 + dice.below(12)),
        }
        return Treaty("trade_agreement", *parties, proposer, when, terms=terms)
    return Treaty(
        "nap", *parties, proposer, when, terms={"notice_hours": 12}, is_public=not dice.chance(SECRET)
    )


def _lasts(dice: Dice, treaty: Treaty, answered: int) -> int | None:
    days = 8 + dice.below(20)
    return None if treaty.type == "vassalage" or day_of(answered) + days >= DAYS - 1 else days * DAY


def _bind(
    dice: Dice, court: Court, memberships: Memberships, pacts: Pacts, meeting: int, treaty: Treaty, one: int
) -> None:
    """What becomes of a pact: a war of their alliances ends it, one of the two breaks it, or it is kept."""
    begins, ends = treaty.changed_at, END if treaty.ends_at is None else treaty.ends_at
    a, b = treaty.a.number, treaty.b.number
    war = at(_war_after(court, memberships, a, b, day_of(begins)), 8)
    traitor, side = _less_faithful(court, treaty)
    if dice.chance(float(court.people.treachery[traitor]) * 0.6) and ends - begins > 4 * DAY:
        broken = begins + 2 * DAY + dice.below(ends - begins - 3 * DAY)
        if broken < war:
            treaty.break_(side, traitor, broken, dice.pick(EXCUSES))
            pacts.breaches.append((meeting, broken, traitor == one))
            ends = broken
    if treaty.status == "active" and war < ends:
        ends = max(war, begins + HOUR)
        treaty.cancel(a if dice.chance(0.5) else b, ends, "Our alliances are at war.")
    elif treaty.status == "active" and treaty.ends_at is not None:
        treaty.expire()
    pacts.kind[meeting] = COMMERCE if treaty.type == "trade_agreement" else PEACE
    pacts.begins[meeting], pacts.ends[meeting] = begins, ends


EXCUSES = (
    "The prize was too great.",
    "It was only ever a promise.",
    "Their walls were empty that night.",
    None,
)


def _less_faithful(court: Court, treaty: Treaty) -> tuple[int, Side]:
    a, b = treaty.a.number, treaty.b.number
    return (a, "a") if court.people.treachery[a] > court.people.treachery[b] else (b, "b")


def _war_after(court: Court, memberships: Memberships, one: int, other: int, day: int) -> int:
    """The first day from this one on which their alliances are at war; beyond the end if there is none."""
    mine, theirs = memberships.power_on[day:, one], memberships.power_on[day:, other]
    days = np.arange(day, DAYS + 1)
    known = (mine != NOBODY) & (theirs != NOBODY)
    if not known.any():
        return DAYS + 1
    at_war = known & (court.stance[days, mine, theirs] == WAR)
    return int(days[np.argmax(at_war)]) if at_war.any() else DAYS + 1
