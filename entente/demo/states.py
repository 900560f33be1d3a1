"""States: how each NPC stands at the end: its stores, strength, strategy, and how threatened it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from entente.demo.calendar import DAY, DAYS, END
from entente.demo.court import Court
from entente.demo.dice import Dice, Ints
from entente.demo.encounters import BATTLE, RAID, Encounters
from entente.demo.people import PERSONALITIES
from entente.demo.powers import NOBODY

STRATEGIES = {
    "aggressive": "military",
    "economic": "economic",
    "balanced": "expansion",
    "diplomat": "diplomatic",
    "assassin": "military",
}
GOALS = {
    "expansion": "Found two more villages before the neighbours do.",
    "military": "Break the strongest army within reach.",
    "economic": "Out-produce everyone on this side of the map.",
    "diplomatic": "Keep every border quiet by treaty.",
}
RECENT = 14 * DAY


class State(NamedTuple):
    """One NPC at the end of the history."""

    person: int
    stores: list[int]
    production: list[int]
    troops: int
    strategy: str
    goal: str
    threat: float
    last_login: int


def at_the_end(seed: int, court: Court, encounters: Encounters) -> list[State]:
    """The states of all NPCs, in the order of persons."""
    dice = Dice(seed, "states")
    attacks = _recent_attacks(court, encounters)
    return [_state(dice, court, person, int(attacks[person])) for person in court.people.profiles]


def _recent_attacks(court: Court, encounters: Encounters) -> Ints:
    fights = (encounters.kind == RAID) | (encounters.kind == BATTLE)
    recent = encounters.target[fights & (encounters.at > END - RECENT)]
    return np.bincount(recent, minlength=len(court.people)).astype(np.int64)


def _state(dice: Dice, court: Court, person: int, attacks: int) -> State:
    people = court.people
    population = int(people.population[person])
    enemies = _enemies(court, person)
    production = [int(population * (0.5 + 0.6 * dice.one())) for _ in range(4)]
    strategy = _strategy(PERSONALITIES[people.temper[person]], bool(enemies))
    return State(
        person=person,
        stores=[int(rate * (2 + 18 * dice.one())) for rate in production],
        production=production,
        troops=int(people.offence[person] + people.defence[person]) // 5,
        strategy=strategy,
        goal=f"Win the war against {court.powers.names[enemies[0]]}." if enemies else GOALS[strategy],
        threat=round(min(1.0, 0.07 * attacks + (0.3 if enemies else 0.05)), 2),
        last_login=END - dice.below(DAY),
    )


def _enemies(court: Court, person: int) -> list[int]:
    power = int(court.powers.power_of[person])
    if power == NOBODY:
        return []
    return [other for other in court.enemies(power) if court.stance[DAYS, power, other]]


def _strategy(personality: str, at_war: bool) -> str:
    usual = STRATEGIES[personality]
    return "military" if at_war and usual == "expansion" else usual
