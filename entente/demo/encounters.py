"""Encounters: what people do to each other, by character, nearness, strength and allegiance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.demo import pacts as promises
from entente.demo.calendar import DAY, DAYS, HOUR
from entente.demo.court import CONFEDERACY, NAP, NOTHING, TRADE, WAR, Court
from entente.demo.dice import Bools, Dice, Floats, Ints, choose
from entente.demo.meetings import Meetings
from entente.demo.memberships import Memberships
from entente.demo.pacts import Pacts
from entente.demo.people import AGGRESSION, DIPLOMACY, ECONOMY, RISK
from entente.demo.powers import NOBODY

RAID, BATTLE, TRADED, CHEATED, TALKED, TOLD, HELPED, THREATENED = range(8)
NAMES = ("raid", "attack", "trade", "trade", "message", "intelligence", "reinforcement", "threat")
FIRST_DAY = 4
FEUDS = 0.012
STRANGERS, TRADERS, AT_PEACE, CONFEDERATES, AT_WAR, MATES = NOTHING, TRADE, NAP, CONFEDERACY, WAR, WAR + 1
"""How two people stand on the day of an encounter: as their alliances do, or as members of one."""

#                         strangers  traders  at peace  confederates  at war  mates
HOSTILITY = np.array([1.0, 0.3, 0.08, 0.0, 5.0, 0.0])
COMMERCE = np.array([0.8, 2.2, 1.0, 1.5, 0.02, 1.7])
CONFIDENCE = np.array([0.05, 0.1, 0.2, 0.7, 0.01, 0.9])
SUPPORT = np.array([0.0, 0.02, 0.05, 0.6, 0.0, 1.0])


@dataclass(frozen=True, slots=True)
class Encounters:
    """In the order of time, one value for each in every column; actor and target are persons."""

    meeting: Ints
    at: Ints
    kind: Ints
    actor: Ints
    target: Ints
    succeeded: Bools
    amount: Ints
    """Resources that changed hands."""
    troops: Ints
    """What the actor sent."""
    losses: Ints
    target_losses: Ints
    held_by_actor: Ints
    """The relationship that the actor holds about the target, or NOBODY."""
    held_by_target: Ints
    stance: Ints

    def __len__(self) -> int:
        return len(self.at)


def happen(seed: int, court: Court, memberships: Memberships, meetings: Meetings, pacts: Pacts) -> Encounters:
    """Everything that passed between two people."""
    dice = Dice(seed, "encounters")
    feud = _feuds(dice, court, meetings)
    meeting = np.repeat(
        np.arange(len(meetings.one)), _how_often(dice, _final_stance(court, meetings) == AT_WAR, feud)
    )
    when = _when(dice, court, meetings, meeting)
    by_one = dice.floats(len(meeting)) < 0.55
    stance = _stance(court, memberships, meetings.one[meeting], meetings.other[meeting], when // DAY)
    actor = np.where(by_one, meetings.one[meeting], meetings.other[meeting])
    target = np.where(by_one, meetings.other[meeting], meetings.one[meeting])
    weights = _weights(court, meetings, pacts, meeting, when, actor, target, stance, feud)
    kind = choose(weights, dice.floats(len(meeting)))
    for breach, broken_at, one_broke_it in pacts.breaches:
        fight = BATTLE if pacts.kind[breach] == promises.PEACE else CHEATED
        meeting, when, kind = (
            np.append(meeting, breach),
            np.append(when, broken_at + HOUR // 2),
            np.append(kind, fight),
        )
        by_one = np.append(by_one, one_broke_it)
    return _outcomes(dice, court, memberships, meetings, meeting, when, by_one, kind)


def _feuds(dice: Dice, court: Court, meetings: Meetings) -> Bools:
    """A few neighbours of no common allegiance who cannot leave each other alone."""
    aggression = (
        court.people.traits[meetings.one, AGGRESSION] + court.people.traits[meetings.other, AGGRESSION]
    )
    stance = _final_stance(court, meetings)
    hostile = (stance != MATES) & (stance != CONFEDERATES) & (stance != AT_PEACE)
    feuds: Bools = hostile & (dice.floats(len(aggression)) < FEUDS * aggression * 60 / (20 + meetings.apart))
    return feuds


def _how_often(dice: Dice, at_war: Bools, feud: Bools) -> Ints:
    luck = dice.floats(len(feud))
    often = 1 + (luck < 0.6) + (luck < 0.3) + (luck < 0.1) + np.where(at_war, 2, 0)
    return often + np.where(feud, 4 + (dice.floats(len(feud)) * 6).astype(np.int64), 0)


def _when(dice: Dice, court: Court, meetings: Meetings, meeting: Ints) -> Ints:
    """Any day; those whose alliances end at war with each other meet most of all during that war."""
    first = np.full(len(meetings.one), FIRST_DAY, dtype=np.int64)
    wars = court.stance == WAR
    outbreak = np.where(wars.any(axis=0), np.argmax(wars, axis=0), FIRST_DAY)
    at_war = _final_stance(court, meetings) == AT_WAR
    mine, theirs = court.powers.power_of[meetings.one[at_war]], court.powers.power_of[meetings.other[at_war]]
    first[at_war] = outbreak[mine, theirs]
    drawn = dice.floats(len(meeting)) < 0.65
    begins = np.where(drawn, first[meeting], FIRST_DAY)
    day = begins + (dice.floats(len(meeting)) * (DAYS - begins)).astype(np.int64)
    when: Ints = day * DAY + ((6 + 17 * dice.floats(len(meeting))) * HOUR).astype(np.int64)
    return when


def _final_stance(court: Court, meetings: Meetings) -> Ints:
    return _stance_of(court, court.powers.power_of[meetings.one], court.powers.power_of[meetings.other], DAYS)


def _stance(court: Court, memberships: Memberships, one: Ints, other: Ints, day: Ints) -> Ints:
    return _stance_of(court, memberships.power_on[day, one], memberships.power_on[day, other], day)


def _stance_of(court: Court, one: NDArray[np.integer], other: NDArray[np.integer], day: Ints | int) -> Ints:
    known = (one != NOBODY) & (other != NOBODY)
    if not len(court.powers):
        return np.zeros(len(one), dtype=np.int64)
    stance = np.where(known, court.stance[day, one, other], STRANGERS)
    return np.where(known & (one == other), MATES, stance).astype(np.int64)


def _weights(
    court: Court,
    meetings: Meetings,
    pacts: Pacts,
    meeting: Ints,
    when: Ints,
    actor: Ints,
    target: Ints,
    stance: Ints,
    feud: Bools,
) -> Floats:
    """How likely each kind is: the aggressive raid the near and weak, traders trade, diplomats talk."""
    people = court.people
    aggression, economy = people.traits[actor, AGGRESSION], people.traits[actor, ECONOMY]
    diplomacy, risk = people.traits[actor, DIPLOMACY], people.traits[actor, RISK]
    near = 1 / (1 + meetings.apart[meeting] / 15)
    prey = people.offence[actor] / (people.offence[actor] + people.defence[target] + 1)
    bound = np.where((pacts.begins[meeting] <= when) & (when < pacts.ends[meeting]), pacts.kind[meeting], 0)
    hostility = HOSTILITY[stance] * np.array([1.0, 0.0, 0.2])[bound] * np.where(feud[meeting], 7.0, 1.0)
    trade = COMMERCE[stance] * np.array([1.0, 1.2, 4.0])[bound]
    weights = np.zeros((len(meeting), len(NAMES)))
    weights[:, RAID] = aggression * prey * near * hostility * 5
    weights[:, BATTLE] = aggression * risk * prey * near * hostility * 2.2
    weights[:, TRADED] = economy * (0.15 + near) * trade * 1.1
    weights[:, CHEATED] = people.treachery[actor] * trade * np.where(stance == MATES, 0.01, 0.06)
    weights[:, TALKED] = 0.1 + 0.25 * diplomacy
    weights[:, TOLD] = diplomacy * CONFIDENCE[stance] * 0.45
    weights[:, HELPED] = (0.3 + risk) * SUPPORT[stance] * 0.5
    weights[:, THREATENED] = aggression * np.minimum(hostility, 2) * 0.12
    return weights


def _outcomes(
    dice: Dice,
    court: Court,
    memberships: Memberships,
    meetings: Meetings,
    meeting: Ints,
    when: Ints,
    by_one: Bools,
    kind: Ints,
) -> Encounters:
    order = np.argsort(when, kind="stable")
    meeting, when, by_one, kind = meeting[order], when[order], by_one[order], kind[order]
    one, other = meetings.one[meeting], meetings.other[meeting]
    actor, target = np.where(by_one, one, other), np.where(by_one, other, one)
    held_by_one, held_by_other = meetings.held_by_one[meeting], meetings.held_by_other[meeting]
    people = court.people
    prey = people.offence[actor] / (people.offence[actor] + people.defence[target] + 1)
    succeeded = dice.floats(len(kind)) < np.where(kind == RAID, 0.35 + 0.6 * prey, 0.1 + 0.8 * prey)
    share = 0.1 + 0.4 * dice.floats(len(kind))
    troops = 5 + (people.offence[actor] * share / np.where(kind == RAID, 12, 5)).astype(np.int64)
    return Encounters(
        meeting=meeting,
        at=when,
        kind=kind,
        actor=actor,
        target=target,
        succeeded=succeeded | (kind > BATTLE),
        amount=_amounts(dice, people.population[actor], people.population[target], kind, succeeded),
        troops=troops,
        losses=(troops * np.where(succeeded, 0.05 + 0.3 * share, 0.4 + share)).astype(np.int64),
        target_losses=(troops * np.where(succeeded, 0.3 + share, 0.1 + 0.4 * share)).astype(np.int64),
        held_by_actor=np.where(by_one, held_by_one, held_by_other),
        held_by_target=np.where(by_one, held_by_other, held_by_one),
        stance=_stance(court, memberships, actor, target, when // DAY),
    )


def _amounts(dice: Dice, mine: Ints, theirs: Ints, kind: Ints, succeeded: Bools) -> Ints:
    """Raiders carry off what they find, merchants bring what both can spare."""
    luck = dice.floats(len(kind))
    loot = (theirs * (1 + 5 * luck) * np.where(kind == BATTLE, 3, 1)).astype(np.int64) * succeeded
    goods = (np.minimum(mine, theirs) * (1 + 2 * luck)).astype(np.int64) // 50 * 50 + 50
    fights = (kind == RAID) | (kind == BATTLE)
    trades = (kind == TRADED) | (kind == CHEATED)
    return np.where(fights, loot, np.where(trades, goods, 0)).astype(np.int64)
