"""Memberships: how people came to the alliance they are in, and where some of them were before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entente.demo.calendar import DAYS, at, day_of
from entente.demo.court import WAR, Court
from entente.demo.dice import Dice
from entente.demo.land import Land
from entente.demo.people import DIPLOMACY
from entente.demo.powers import NOBODY

SHARE_THAT_MOVED = 0.07
SHARE_THAT_LEFT = 0.25
"""Of those without an alliance, so many were in one before."""
FOUNDERS_JOIN_UNTIL = 4
OTHERS_JOIN_UNTIL = 20
FIRST_DAY_TO_LEAVE = 26


class Membership(NamedTuple):
    """A person in an alliance, from a second to another, or until now."""

    person: int
    alliance_id: int
    role: str
    joined_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True)
class Memberships:
    """All of a history, in the order of joining, and the power of each person on each day."""

    rows: list[Membership]
    power_on: NDArray[np.int16]
    """By day and person; NOBODY for those in none."""
    deserters: list[tuple[int, int, int, int]]
    """Person, the power it left, the enemy it went to, when."""


def trace(seed: int, land: Land, court: Court) -> Memberships:
    """The memberships that end in those of the land."""
    dice = Dice(seed, "memberships")
    power_on = np.full((DAYS + 1, len(land.players)), NOBODY, dtype=np.int16)
    rows: list[Membership] = []
    deserters: list[tuple[int, int, int, int]] = []
    for person in range(len(land.players)):
        history = _history(dice, land, court, person)
        rows += history
        for row in history:
            _stay(power_on, court, row)
        if len(history) == 2 and _is_desertion(court, history):
            left, joined = (court.powers.alliance_ids.index(row.alliance_id) for row in history)
            deserters.append((person, left, joined, history[1].joined_at))
    return Memberships(sorted(rows, key=lambda row: (row.joined_at, row.person)), power_on, deserters)


def _history(dice: Dice, land: Land, court: Court, person: int) -> list[Membership]:
    alliance_id = land.players[person].alliance_id
    if alliance_id is None:
        left_one = not land.players[person].has_past and dice.chance(SHARE_THAT_LEFT)
        return _former(dice, court, person) if left_one else []
    role = _role(court, person)
    if role != "member" or land.players[person].has_past or not dice.chance(SHARE_THAT_MOVED):
        until = FOUNDERS_JOIN_UNTIL if role != "member" else OTHERS_JOIN_UNTIL
        return [Membership(person, alliance_id, role, _some_day(dice, 1, until), None)]
    moved = _some_day(dice, FIRST_DAY_TO_LEAVE, DAYS - 4)
    before = _before(dice, court, person, day_of(moved))
    if before is None:
        return [Membership(person, alliance_id, role, moved, None)]
    return [
        Membership(person, before, "member", _some_day(dice, 2, OTHERS_JOIN_UNTIL), moved - 5_400),
        Membership(person, alliance_id, role, moved, None),
    ]


def _role(court: Court, person: int) -> str:
    power = int(court.powers.power_of[person])
    if power == NOBODY or person not in court.powers.officers[power]:
        return "member"
    return "leader" if court.powers.leader(power) == person else "co-leader"


def _former(dice: Dice, court: Court, person: int) -> list[Membership]:
    if not len(court.powers):
        return []
    alliance_id = court.powers.alliance_ids[_near(dice, court, person)]
    left = _some_day(dice, FIRST_DAY_TO_LEAVE, DAYS - 2)
    return [Membership(person, alliance_id, "member", _some_day(dice, 2, OTHERS_JOIN_UNTIL), left)]


def _before(dice: Dice, court: Court, person: int, day: int) -> int | None:
    """Faithless people come from an enemy of their alliance, others from a neighbour."""
    now = int(court.powers.power_of[person])
    if now == NOBODY:
        return None
    enemies = [int(power) for power in np.flatnonzero(court.stance[day, now] == WAR)]
    faith = 1 - float(court.people.treachery[person])
    if enemies and dice.chance(0.85 - 0.5 * faith):
        return court.powers.alliance_ids[dice.pick(enemies)]
    before = _near(dice, court, person)
    at_odds = court.people.traits[person, DIPLOMACY] > 0.5 and before in enemies
    return None if before == now or at_odds else court.powers.alliance_ids[before]


def _near(dice: Dice, court: Court, person: int) -> int:
    powers, people = court.powers, court.people
    apart = (powers.x - people.x[person]) ** 2 + (powers.y - people.y[person]) ** 2
    return int(dice.pick(np.argsort(apart, kind="stable")[:3].tolist()))


def _is_desertion(court: Court, history: list[Membership]) -> bool:
    ids = court.powers.alliance_ids
    if any(row.alliance_id not in ids for row in history):
        return False
    left, joined = (ids.index(row.alliance_id) for row in history)
    return bool(court.stance[day_of(history[1].joined_at), left, joined] == WAR)


def _stay(power_on: NDArray[np.int16], court: Court, row: Membership) -> None:
    if row.alliance_id in court.powers.alliance_ids:
        last = DAYS if row.left_at is None else day_of(row.left_at)
        power = court.powers.alliance_ids.index(row.alliance_id)
        power_on[day_of(row.joined_at) + 1 : last + 1, row.person] = power


def _some_day(dice: Dice, first: int, last: int) -> int:
    return at(first + dice.below(last - first), 7 + 15 * dice.one())
