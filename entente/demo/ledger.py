"""The ledger: which trust events follow from what happened, with the points and half-lives that are usual.

| kind | points | half-life |
| --- | --- | --- |
| alliance_formed (a common alliance, a confederacy) | +30 | 120 days |
| treaty_honoured | +10 | 90 days |
| treaty_broken | -50 | 120 days |
| helped_in_battle | +20 | 60 days |
| attacked_me, by a battle | -40 | 45 days |
| attacked_me, by a raid | -20 | 30 days |
| attacked_my_ally | -30 | 30 days |
| traded_fairly | +5 | 60 days |
| shared_intelligence | +15 | 45 days |
| lied_to_me | -60 | 60 days |
| backstabbed | -100 | 180 days |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from entente.demo.calendar import DAY, DAYS, day_of
from entente.demo.court import Court
from entente.demo.dice import Ints
from entente.demo.encounters import (
    BATTLE,
    CHEATED,
    HELPED,
    RAID,
    TOLD,
    TRADED,
    Encounters,
)
from entente.demo.meetings import Meetings
from entente.demo.memberships import Memberships
from entente.demo.powers import NOBODY
from entente.demo.treaties import Party, Treaty


class Cause(NamedTuple):
    """A kind of trust event, with what it usually weighs and how long it takes to fade to half."""

    kind: str
    points: float
    half_life_days: int
    source: str


CAUSES = (
    Cause("alliance_formed", 30, 120, "treaty"),
    Cause("treaty_honoured", 10, 90, "treaty"),
    Cause("treaty_broken", -50, 120, "treaty"),
    Cause("helped_in_battle", 20, 60, "battle"),
    Cause("attacked_me", -40, 45, "battle"),
    Cause("attacked_me", -20, 30, "battle"),
    Cause("attacked_my_ally", -30, 30, "battle"),
    Cause("traded_fairly", 5, 60, "trade"),
    Cause("shared_intelligence", 15, 45, "message"),
    Cause("lied_to_me", -60, 60, "trade"),
    Cause("backstabbed", -100, 180, "treaty"),
)
FORMED, HONOURED, BROKEN, AIDED, ATTACKED, RAIDED, ALLY_ATTACKED, FAIR, INFORMED, LIED, BETRAYED = range(
    len(CAUSES)
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Trust events in the order of time, one value for each in every column."""

    relationship: Ints
    cause: Ints
    """Position in CAUSES."""
    at: Ints
    source_id: Ints
    """The treaty, battle or trade; 0 where it has no number."""
    note: list[str | None]

    def scored_at(self, relationships: int) -> Ints:
        """When the score of each relationship was worked out last: at its last event, or at the beginning."""
        last = np.zeros(relationships, dtype=np.int64)
        np.maximum.at(last, self.relationship, self.at)
        return last

    def scores(self, relationships: int) -> Ints:
        """The trust score of each relationship at its last event, as the database works it out."""
        points = np.array([cause.points for cause in CAUSES])[self.cause]
        half_life = np.array([cause.half_life_days * DAY for cause in CAUSES])[self.cause]
        fading = np.exp2((self.at - self.scored_at(relationships)[self.relationship]) / half_life)
        sums = np.bincount(self.relationship, weights=points * fading, minlength=relationships)
        # Halves are rounded away from zero, as Postgres rounds NUMERIC.
        rounded = np.sign(sums) * np.floor(np.abs(sums) + 0.5)
        scores: Ints = np.clip(rounded, -100, 100).astype(np.int64)
        return scores


class _Book:
    """Where events are collected before they are put in order."""

    def __init__(self) -> None:
        self.columns: list[tuple[Ints, Ints, Ints, Ints]] = []
        self.notes: list[str | None] = []

    def add(
        self, cause: int, relationship: Ints, at: Ints, source_id: Ints, note: Iterable[str | None]
    ) -> None:
        """Events of one cause."""
        self.columns.append((relationship, np.full(len(relationship), cause, dtype=np.int64), at, source_id))
        self.notes += note

    def close(self) -> Ledger:
        """The events in the order of time."""
        relationship, cause, at, source_id = (
            np.concatenate(column) for column in zip(*self.columns, strict=True)
        )
        order = np.lexsort((cause, relationship, at))
        notes = [self.notes[place] for place in order.tolist()]
        return Ledger(relationship[order], cause[order], at[order], source_id[order], notes)


def keep(
    court: Court, memberships: Memberships, meetings: Meetings, treaties: list[Treaty], encounters: Encounters
) -> Ledger:
    """The trust events of a history."""
    book = _Book()
    _of_encounters(book, court, encounters)
    _of_attacks_on_allies(book, court, memberships, meetings, encounters)
    _of_memberships(book, court, memberships, meetings)
    _of_former_members(book, court, memberships, meetings)
    for number, treaty in enumerate(treaties, start=1):
        _of_treaty(book, court, memberships, meetings, number, treaty)
    return book.close()


def _of_encounters(book: _Book, court: Court, encounters: Encounters) -> None:
    for kind, cause, note in (
        (BATTLE, ATTACKED, "Attacked my village."),
        (RAID, RAIDED, "Raided my village."),
        (TRADED, FAIR, "A fair trade."),
        (CHEATED, LIED, "Took my goods and sent none."),
        (TOLD, INFORMED, "Told me what I needed to know."),
        (HELPED, AIDED, "Sent troops to my walls."),
    ):
        _felt(book, encounters, cause, kind, encounters.held_by_target, note)
    _felt(book, encounters, FAIR, TRADED, encounters.held_by_actor, "A fair trade.")


def _felt(book: _Book, encounters: Encounters, cause: int, kind: int, held: Ints, note: str) -> None:
    who = np.flatnonzero((encounters.kind == kind) & (held != NOBODY))
    numbers = np.where(encounters.kind[who] == TOLD, 0, who + 1)
    book.add(cause, held[who], encounters.at[who], numbers, [note] * len(who))


def _of_attacks_on_allies(
    book: _Book, court: Court, memberships: Memberships, meetings: Meetings, encounters: Encounters
) -> None:
    """The officers of an alliance resent whoever attacks one of its members."""
    battles = np.flatnonzero(encounters.kind == BATTLE)
    power = memberships.power_on[encounters.at[battles] // DAY, encounters.target[battles]].astype(np.int64)
    battles, power = battles[power != NOBODY], power[power != NOBODY]
    for rank in range(court.powers.officers.shape[1]):
        officer = court.powers.officers[power, rank]
        held = meetings.relationship(officer, encounters.actor[battles])
        felt = np.flatnonzero((held != NOBODY) & (officer != encounters.target[battles]))
        notes = [
            f"Attacked {court.people.name(person)}." for person in encounters.target[battles[felt]].tolist()
        ]
        book.add(ALLY_ATTACKED, held[felt], encounters.at[battles[felt]] + 1_800, battles[felt] + 1, notes)


def _of_memberships(book: _Book, court: Court, memberships: Memberships, meetings: Meetings) -> None:
    """Members trust each other from the day on which both are in."""
    joined = np.full(len(court.people), NOBODY, dtype=np.int64)
    alliance = np.full(len(court.people), NOBODY, dtype=np.int64)
    for row in memberships.rows:
        if row.left_at is None:
            joined[row.person], alliance[row.person] = row.joined_at, row.alliance_id
    together = (alliance[meetings.truster] == alliance[meetings.trusted]) & (
        joined[meetings.truster] != NOBODY
    )
    who = np.flatnonzero(together)
    since = np.maximum(joined[meetings.truster[who]], joined[meetings.trusted[who]])
    book.add(FORMED, who, since, np.zeros(len(who), dtype=np.int64), ["We are in one alliance."] * len(who))


def _of_former_members(book: _Book, court: Court, memberships: Memberships, meetings: Meetings) -> None:
    """Those who left were trusted once; those who went to the enemy are not forgiven."""
    deserted = {person: when for person, _, _, when in memberships.deserters}
    powers = {alliance: power for power, alliance in enumerate(court.powers.alliance_ids)}
    for row in memberships.rows:
        if row.left_at is None or row.alliance_id not in powers:
            continue
        mates = np.flatnonzero(memberships.power_on[day_of(row.left_at)] == powers[row.alliance_id]).astype(
            np.int64
        )
        held = meetings.relationship(mates, np.full(len(mates), row.person))
        held = held[held != NOBODY]
        since = np.full(len(held), max(row.joined_at, 20 * DAY), dtype=np.int64)
        nothing = np.zeros(len(held), dtype=np.int64)
        book.add(FORMED, held, since, nothing, ["We were in one alliance."] * len(held))
        if row.person in deserted:
            at = np.full(len(held), deserted[row.person], dtype=np.int64)
            book.add(BETRAYED, held, at, nothing, ["Went over to the enemy."] * len(held))


def _of_treaty(
    book: _Book, court: Court, memberships: Memberships, meetings: Meetings, number: int, treaty: Treaty
) -> None:
    for side, other in ((treaty.a, treaty.b), (treaty.b, treaty.a)):
        if treaty.type == "confederacy" and treaty.starts_at is not None:
            _felt_by(book, court, memberships, meetings, number, FORMED, side, other, treaty.starts_at)
        if treaty.status == "expired" and treaty.ends_at is not None:
            _felt_by(book, court, memberships, meetings, number, HONOURED, side, other, treaty.ends_at)
        if treaty.broken_at is not None and treaty.side_of(other) == treaty.broken_by:
            _felt_by(book, court, memberships, meetings, number, BROKEN, side, other, treaty.broken_at)
            if treaty.type == "confederacy":
                _felt_by(book, court, memberships, meetings, number, BETRAYED, side, other, treaty.broken_at)


NOTES = {
    FORMED: "Confederates.",
    HONOURED: "Kept to its end.",
    BROKEN: "Broke its word.",
    BETRAYED: "Stabbed us.",
}


def _felt_by(
    book: _Book,
    court: Court,
    memberships: Memberships,
    meetings: Meetings,
    number: int,
    cause: int,
    side: Party,
    other: Party,
    at: int,
) -> None:
    """All NPCs of one side who know those who speak for the other take note."""
    who = those_of(court, memberships, side, at)
    for spokesman in speakers_of(court, other):
        held = meetings.relationship(who, np.full(len(who), spokesman))
        held = held[held != NOBODY]
        count = len(held)
        book.add(cause, held, np.full(count, at), np.full(count, number), [NOTES[cause]] * count)


def those_of(court: Court, memberships: Memberships, party: Party, at: int) -> Ints:
    """The NPCs who are, or belong to, this party at this time."""
    if not party.is_power:
        return np.array([party.number] if court.people.is_npc[party.number] else [], dtype=np.int64)
    day = min(day_of(at) + 1, DAYS)
    return np.flatnonzero((memberships.power_on[day] == party.number) & court.people.is_npc).astype(np.int64)


def speakers_of(court: Court, party: Party) -> list[int]:
    """Who speaks for this party."""
    if not party.is_power:
        return [party.number]
    return [int(officer) for officer in court.powers.officers[party.number] if officer != NOBODY]
