"""Relationships: what each NPC counts of its dealings with a player, and expects next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.demo.calendar import DAYS, END
from entente.demo.court import CONFEDERACY, WAR, Court
from entente.demo.dice import Bools, Ints
from entente.demo.encounters import (
    BATTLE,
    CHEATED,
    HELPED,
    NAMES,
    RAID,
    TALKED,
    THREATENED,
    TOLD,
    TRADED,
    Encounters,
)
from entente.demo.ledger import Ledger
from entente.demo.meetings import Meetings
from entente.demo.powers import NOBODY
from entente.demo.treaties import Treaty

TYPES = ("neutral", "ally", "enemy", "trading_partner", "vassal", "overlord")
NEUTRAL, ALLY, ENEMY, PARTNER, VASSAL, OVERLORD = range(6)
HOSTILE, FRIENDLY = -50, 70
TRADES_OF_A_PARTNER = 2


@dataclass(frozen=True, slots=True)
class Counts:
    """One value for each relationship in every column."""

    type: Ints
    score: Ints
    scored_at: Ints
    interactions: Ints
    last_kind: Ints
    """Position in NAMES of the encounters, or NOBODY."""
    last_at: Ints
    won: Ints
    lost: Ints
    raided: Ints
    lost_resources: Ints
    sent: Ints
    received: Ints
    attacked_by: Ints
    trades: Ints


def count(
    court: Court, meetings: Meetings, treaties: list[Treaty], encounters: Encounters, ledger: Ledger
) -> Counts:
    """What the relationships have come to at the end."""
    fights = (encounters.kind == RAID) | (encounters.kind == BATTLE)
    talks = np.isin(encounters.kind, (TALKED, THREATENED, TOLD))
    trades = (encounters.kind == TRADED) | (encounters.kind == CHEATED)
    tally = _Tally(encounters, len(meetings.truster))
    last_at, last_kind = _last(encounters, len(meetings.truster))
    loot = encounters.amount * fights
    score = ledger.scores(len(meetings.truster))
    dealt = tally.of(trades, trades)
    return Counts(
        type=_types(court, meetings, treaties, score, dealt),
        score=score,
        scored_at=ledger.scored_at(len(meetings.truster)),
        interactions=tally.of(
            np.ones(len(encounters), dtype=np.bool_), np.ones(len(encounters), dtype=np.bool_)
        ),
        last_kind=last_kind,
        last_at=last_at,
        won=tally.of(fights & encounters.succeeded, fights & ~encounters.succeeded),
        lost=tally.of(fights & ~encounters.succeeded, fights & encounters.succeeded),
        raided=tally.sum(loot, None),
        lost_resources=tally.sum(None, loot),
        sent=tally.of(talks, np.zeros_like(talks)),
        received=tally.of(np.zeros_like(talks), talks),
        attacked_by=tally.of(np.zeros_like(fights), fights),
        trades=dealt,
    )


@dataclass(frozen=True, slots=True)
class _Tally:
    encounters: Encounters
    relationships: int

    def of(self, by_me: Bools, by_them: Bools) -> Ints:
        """How many of these encounters I began, and of those they began, for each relationship."""
        return self.sum(by_me.astype(np.int64), by_them.astype(np.int64))

    def sum(self, by_me: Ints | None, by_them: Ints | None) -> Ints:
        total = np.zeros(self.relationships, dtype=np.int64)
        for held, amounts in (
            (self.encounters.held_by_actor, by_me),
            (self.encounters.held_by_target, by_them),
        ):
            if amounts is not None:
                np.add.at(total, held[held != NOBODY], amounts[held != NOBODY])
        return total


def _last(encounters: Encounters, relationships: int) -> tuple[Ints, Ints]:
    last = np.full(relationships, NOBODY, dtype=np.int64)
    for held in (encounters.held_by_actor, encounters.held_by_target):
        np.maximum.at(last, held[held != NOBODY], np.flatnonzero(held != NOBODY))
    met = last != NOBODY
    at = np.where(met, encounters.at[last], 0) if len(encounters) else np.zeros(relationships, dtype=np.int64)
    kind = np.where(met, encounters.kind[last], NOBODY) if len(encounters) else last
    return at, kind


def _types(court: Court, meetings: Meetings, treaties: list[Treaty], score: Ints, trades: Ints) -> Ints:
    mine, theirs = court.powers.power_of[meetings.truster], court.powers.power_of[meetings.trusted]
    known = (mine != NOBODY) & (theirs != NOBODY)
    stance: NDArray[np.int8] = (
        court.stance[DAYS, mine, theirs] if len(court.powers) else np.zeros(len(mine), dtype=np.int8)
    )
    types = np.where(trades >= TRADES_OF_A_PARTNER, PARTNER, NEUTRAL)
    types = np.where(score < HOSTILE, ENEMY, types)
    bound = known & ((mine == theirs) | (stance == CONFEDERACY))
    types = np.where((bound & (score > HOSTILE)) | (score > FRIENDLY), ALLY, types)
    types = np.where(known & (mine != theirs) & (stance == WAR), ENEMY, types).astype(np.int64)
    for treaty in treaties:
        if (
            treaty.status == "active"
            and treaty.type in ("vassalage", "trade_agreement")
            and not treaty.a.is_power
        ):
            _bind(meetings, types, treaty)
    return types


def _bind(meetings: Meetings, types: Ints, treaty: Treaty) -> None:
    parties = np.array([treaty.a.number, treaty.b.number], dtype=np.int64)
    mine_about_b, theirs_about_a = meetings.relationship(parties, parties[::-1]).tolist()
    for held, other in ((mine_about_b, "b"), (theirs_about_a, "a")):
        if held != NOBODY:
            types[held] = (
                PARTNER
                if treaty.type == "trade_agreement"
                else OVERLORD
                if treaty.overlord == other
                else VASSAL
            )


def prediction(counts: Counts, relationship: int) -> tuple[str, float] | None:
    """What an NPC expects of a player next, and how sure it is."""
    attacks, trades = int(counts.attacked_by[relationship]), int(counts.trades[relationship])
    if attacks >= 2 and attacks >= trades:
        return "raid", min(0.95, 0.4 + 0.12 * attacks)
    if trades >= TRADES_OF_A_PARTNER:
        return "trade", min(0.9, 0.35 + 0.1 * trades)
    if counts.last_kind[relationship] == HELPED:
        return "reinforce", 0.45
    return None


def last_interaction(counts: Counts, relationship: int) -> tuple[str, int] | None:
    """The name and the time of the last encounter of the two, if they ever met."""
    kind = int(counts.last_kind[relationship])
    return None if kind == NOBODY else (NAMES[kind], min(int(counts.last_at[relationship]), END))
