"""Memories: what NPCs remember of a history, what it meant to them and what they learned from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from entente.demo.calendar import DAY
from entente.demo.court import Court
from entente.demo.dice import Dice
from entente.demo.encounters import (
    BATTLE,
    CHEATED,
    HELPED,
    RAID,
    TALKED,
    THREATENED,
    TOLD,
    TRADED,
    Encounters,
)
from entente.demo.land import Land, Village
from entente.demo.ledger import speakers_of, those_of
from entente.demo.memberships import Memberships
from entente.demo.people import PERSONALITIES
from entente.demo.powers import NOBODY
from entente.demo.treaties import Party, Treaty

RESOURCES = ("wood", "clay", "iron", "wheat")
ATTACKERS = {"Romans": "imperian", "Gauls": "swordsman", "Teutons": "clubswinger"}
DEFENDERS = {"Romans": "praetorian", "Gauls": "phalanx", "Teutons": "spearman"}
UNKNOWN_TROOPS = "mercenary"
SMALL_TALK = 0.5
"""So many messages are not worth remembering."""
FORGOTTEN_BELOW = 0.3
FORGOTTEN_AFTER = 365 * DAY
TYPES = ("battle", "battle", "trade", "trade", "message", "player_interaction", "battle", "message")
WEIGHTS = (0.45, 0.7, 0.3, 0.65, 0.2, 0.5, 0.6, 0.35)
SUBJECTS = (
    "the harvest",
    "a shared border",
    "rumours from the east",
    "the war",
    "old times",
    "prices of iron",
)

Data = dict[str, Any]


class Memory(NamedTuple):
    """What one NPC remembers of one moment."""

    person: int
    type: str
    event_data: Data
    importance: float
    emotional_weight: float
    at: int
    people: list[int]
    villages: list[int]
    lesson: str | None
    adjustment: Data | None


def remember(
    seed: int,
    land: Land,
    court: Court,
    memberships: Memberships,
    treaties: list[Treaty],
    encounters: Encounters,
) -> list[Memory]:
    """All memories, in the order of time."""
    memories = list(_of_encounters(seed, court, encounters))
    for number, treaty in enumerate(treaties, start=1):
        memories += _of_treaty(court, memberships, number, treaty)
    memories += _of_memberships(land, court, memberships)
    memories += _of_growth(seed, land, court)
    return sorted(memories, key=lambda memory: (memory.at, memory.person))


# Encounters -------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """An encounter as one of the two saw it."""

    number: int
    kind: int
    at: int
    me: int
    other: int
    i_began: bool
    succeeded: bool
    amount: int
    my_losses: int
    their_losses: int
    luck: float


def _of_encounters(seed: int, court: Court, encounters: Encounters) -> Iterator[Memory]:
    count = len(encounters)
    luck = Dice(seed, "memories").floats(2, count).tolist()
    columns = [
        column.tolist()
        for column in (
            encounters.kind, encounters.at, encounters.actor, encounters.target, encounters.succeeded,
            encounters.amount, encounters.losses, encounters.target_losses,
        )
    ]  # fmt: skip
    is_npc = court.people.is_npc.tolist()
    for index, (kind, at, actor, target, succeeded, amount, losses, theirs) in enumerate(
        zip(*columns, strict=True)
    ):
        if kind == TALKED and luck[0][index] < SMALL_TALK:
            continue
        if is_npc[actor]:
            yield _memory(court, _Seen(
                index + 1, kind, at, actor, target, True, succeeded, amount, losses, theirs, luck[0][index]
            ))  # fmt: skip
        if is_npc[target]:
            yield _memory(court, _Seen(
                index + 1, kind, at, target, actor, False, succeeded, amount, theirs, losses, luck[1][index]
            ))  # fmt: skip


def _memory(court: Court, seen: _Seen) -> Memory:
    people = court.people
    data, feeling = _TELL[seen.kind](court, seen)
    stake = min(1.0, seen.amount / (1 + 6 * int(people.population[seen.me])))
    importance = min(1.0, WEIGHTS[seen.kind] + 0.15 * stake + 0.1 * seen.luck)
    lesson, adjustment = _lesson(court, seen)
    return Memory(
        seen.me,
        TYPES[seen.kind],
        data,
        round(importance, 2),
        round(feeling * (0.7 + 0.3 * seen.luck), 2),
        seen.at,
        [seen.other],
        [],
        lesson,
        adjustment,
    )


def _fight(court: Court, seen: _Seen) -> tuple[Data, float]:
    won = seen.succeeded == seen.i_began
    mine, theirs = _tribe(court, seen.me), _tribe(court, seen.other)
    my_troops, their_troops = (ATTACKERS, DEFENDERS) if seen.i_began else (DEFENDERS, ATTACKERS)
    data = {
        "battle_id": seen.number,
        "kind": "raid" if seen.kind == RAID else "attack",
        "role": "attacker" if seen.i_began else "defender",
        "opponent": court.people.name(seen.other),
        "result": "victory" if won else "defeat",
        "my_losses": {my_troops.get(mine, UNKNOWN_TROOPS): seen.my_losses},
        "enemy_losses": {their_troops.get(theirs, UNKNOWN_TROOPS): seen.their_losses},
        "resources_gained" if seen.i_began else "resources_lost": seen.amount,
        "prediction_accuracy": round(0.5 + 0.5 * seen.luck, 2),
    }
    return data, (0.4 if won else -0.8) * (0.6 if seen.kind == RAID else 1.0)


def _trade(court: Court, seen: _Seen) -> tuple[Data, float]:
    gave = RESOURCES[seen.number % 4]
    got = RESOURCES[(seen.number + 1 + int(seen.luck * 3)) % 4]
    cheated = seen.kind == CHEATED and not seen.i_began
    cheater = seen.kind == CHEATED and seen.i_began
    data = {
        "trade_id": seen.number,
        "partner": court.people.name(seen.other),
        "gave": {gave: 0 if cheater else seen.amount},
        "received": {got: 0 if cheated else seen.amount},
        "fair": seen.kind == TRADED,
    }
    return data, -0.7 if cheated else 0.15


def _message(court: Court, seen: _Seen) -> tuple[Data, float]:
    data = {
        "with": court.people.name(seen.other),
        "direction": "sent" if seen.i_began else "received",
        "tone": "threat" if seen.kind == THREATENED else "friendly",
        "subject": SUBJECTS[int(seen.luck * len(SUBJECTS))],
    }
    return data, -0.3 if seen.kind == THREATENED else 0.05


def _intelligence(court: Court, seen: _Seen) -> tuple[Data, float]:
    powers = court.powers
    about = powers.names[(seen.number * 7) % len(powers)] if len(powers) else "a neighbour"
    data = {
        "with": court.people.name(seen.other),
        "direction": "told" if seen.i_began else "was told",
        "about": about,
        "subject": "troop movements" if seen.luck < 0.6 else "a secret pact",
    }
    return data, 0.25


def _help(court: Court, seen: _Seen) -> tuple[Data, float]:
    helper = seen.me if seen.i_began else seen.other
    data = {
        "battle_id": seen.number,
        "kind": "reinforcement",
        "role": "reinforced" if seen.i_began else "was reinforced",
        "ally": court.people.name(seen.other),
        "result": "held",
        "troops": {DEFENDERS.get(_tribe(court, helper), UNKNOWN_TROOPS): 20 + int(180 * seen.luck)},
    }
    return data, 0.2 if seen.i_began else 0.6


_TELL = {
    RAID: _fight,
    BATTLE: _fight,
    TRADED: _trade,
    CHEATED: _trade,
    TALKED: _message,
    TOLD: _intelligence,
    HELPED: _help,
    THREATENED: _message,
}


def _tribe(court: Court, person: int) -> str:
    return court.people.players[person].tribe


def _lesson(court: Court, seen: _Seen) -> tuple[str | None, Data | None]:
    """Only what was unusual teaches anything; the patient learn otherwise than the bold."""
    name = court.people.name(seen.other)
    if seen.kind in (RAID, BATTLE) and seen.luck > 0.6:
        return _lesson_of_a_fight(seen, name)
    if seen.kind == CHEATED and not seen.i_began:
        return f"{name} does not pay. Never send goods first.", _adjust(
            "diplomacy", -0.03, "Cheated in a trade"
        )
    if seen.kind == HELPED and not seen.i_began:
        return f"{name} comes when called.", _adjust("diplomacy", 0.02, "Helped when it counted")
    if seen.kind == THREATENED and not seen.i_began and seen.luck > 0.5:
        return f"{name} may attack soon; keep the walls manned.", None
    if seen.kind == TRADED and seen.luck > 0.9:
        return f"{name} trades fairly and answers quickly.", None
    return None, None


def _lesson_of_a_fight(seen: _Seen, name: str) -> tuple[str, Data | None]:
    if seen.i_began and seen.succeeded:
        return f"{name} keeps few troops at home.", _adjust("aggression", 0.02, f"Won against {name}")
    if seen.i_began:
        return f"{name} is stronger than it looks; scout first.", _adjust(
            "risk_tolerance", -0.03, f"Lost to {name}"
        )
    if seen.succeeded:
        return f"{name} comes for whatever lies in the open.", _adjust(
            "patience", 0.02, f"Plundered by {name}"
        )
    return f"Our walls hold against {name}.", None


def _adjust(trait: str, by: float, reason: str) -> Data:
    return {trait: by, "reason": reason}


# Treaties, alliances, growth --------------------------------------------------------------------------------


def _of_treaty(court: Court, memberships: Memberships, number: int, treaty: Treaty) -> Iterator[Memory]:
    """Who speaks for a party remembers every turn; others what came into force and what was broken."""
    for event in treaty.events:
        for side, other in ((treaty.a, treaty.b), (treaty.b, treaty.a)):
            speakers = speakers_of(court, side)
            for person in those_of(court, memberships, side, event.at).tolist():
                if person in speakers or event.kind in ("active", "broken"):
                    yield _turn(
                        court, number, treaty, event.kind, event.at, person, other, person in speakers
                    )


def _turn(
    court: Court, number: int, treaty: Treaty, kind: str, at: int, person: int, other: Party, speaks: bool
) -> Memory:
    by_us = kind == "broken" and treaty.side_of(other) != treaty.broken_by
    what = "war" if treaty.type == "war" else "treaty"
    data = {
        "treaty_id": number,
        "type": treaty.type,
        "event": _word(treaty, kind),
        "with": _called(court, other),
    }
    feeling, lesson, adjustment = 0.1, None, None
    if kind == "broken":
        feeling = 0.0 if by_us else -0.9
        data["broken_by"] = "us" if by_us else "them"
        lesson = None if by_us else f"The word of {_called(court, other)} is worth nothing."
        adjustment = None if by_us else _adjust("diplomacy", -0.05, "A treaty was broken")
    elif what == "war":
        feeling = -0.5 if kind == "active" else 0.2
    elif kind in ("active", "expired"):
        feeling = 0.3
        lesson = f"{_called(court, other)} kept its word." if kind == "expired" else None
    kind_of_memory = (
        "treaty_broken" if kind == "broken"
        else "treaty_signed" if kind == "active" and what == "treaty"
        else "alliance_event" if other.is_power
        else "player_interaction"
    )  # fmt: skip
    importance = {"broken": 0.85, "active": 0.6, "expired": 0.5}.get(kind, 0.35) + (0.1 if speaks else 0)
    importance = 0.9 if what == "war" and kind == "active" else importance
    people = speakers_of(court, other)[:1]
    return Memory(
        person, kind_of_memory, data, round(importance, 2), feeling, at, people, [], lesson, adjustment
    )


def _word(treaty: Treaty, kind: str) -> str:
    if treaty.type == "war":
        return {"active": "war declared", "cancelled": "peace", "peace_offered": "peace offered"}.get(
            kind, kind
        )
    return {"active": "signed", "expired": "kept to its end"}.get(kind, kind)


def _called(court: Court, party: Party) -> str:
    return court.powers.names[party.number] if party.is_power else court.people.name(party.number)


def _of_memberships(land: Land, court: Court, memberships: Memberships) -> Iterator[Memory]:
    called = {alliance.alliance_id: alliance.name for alliance in land.alliances}
    for row in memberships.rows:
        if not court.people.is_npc[row.person]:
            continue
        data = {"event": "joined", "alliance": called[row.alliance_id], "role": row.role}
        yield Memory(row.person, "alliance_event", data, 0.55, 0.3, row.joined_at, [], [], None, None)
        if row.left_at is not None:
            data = {"event": "left", "alliance": called[row.alliance_id]}
            yield Memory(row.person, "alliance_event", data, 0.6, -0.3, row.left_at, [], [], None, None)
    for person, left, joined, at in memberships.deserters:
        data = {"event": "deserted", "who": court.people.name(person), "to": court.powers.names[joined]}
        leader = court.powers.leader(left)
        if court.people.is_npc[leader]:
            lesson = f"{data['who']} went over to {data['to']}. Watch who asks too many questions."
            yield Memory(leader, "alliance_event", data, 0.8, -0.8, at, [person], [], lesson, None)


def _of_growth(seed: int, land: Land, court: Court) -> Iterator[Memory]:
    dice = Dice(seed, "growth")
    villages: dict[int, list[Village]] = {}
    for village in land.villages:
        villages.setdefault(village.player_id, []).append(village)
    for person, profile in court.people.profiles.items():
        own = sorted(
            villages.get(land.players[person].player_id, ()), key=lambda village: not village.is_capital
        )
        for number, village in enumerate(own[1:6], start=1):
            at = min(56, 9 * number + dice.below(6)) * DAY + dice.below(DAY)
            data = {"village_id": village.village_id, "name": village.name, "x": village.x, "y": village.y}
            yield Memory(person, "village_founded", data, 0.5, 0.4, at, [], [village.village_id], None, None)
        for number, building in enumerate(profile.template.get("building_priority", [])[:3]):
            at = (8 + 15 * number + dice.below(9)) * DAY + dice.below(DAY)
            home = own[:1]
            data = {
                "building": str(building),
                "level": 3 + dice.below(8),
                "village": home[0].name if home else None,
            }
            yield Memory(
                person, "building_completed", data, 0.3, 0.1, at, [], [v.village_id for v in home], None, None
            )
        yield _decision(dice, court, person)


DECISIONS = {
    "aggressive": ("Double the army before the month is out.", "military"),
    "economic": ("Fields first, walls second, war never.", "economic"),
    "balanced": ("Grow on every side and owe nobody.", "expansion"),
    "diplomat": ("Win with letters what swords would cost.", "diplomatic"),
    "assassin": ("Smile at everyone until the day it pays.", "military"),
}


def _decision(dice: Dice, court: Court, person: int) -> Memory:
    decision, strategy = DECISIONS[PERSONALITIES[court.people.temper[person]]]
    power = int(court.powers.power_of[person])
    data = {"decision": decision, "strategy": strategy}
    if power != NOBODY:
        data["alliance"] = court.powers.names[power]
    at = (10 + dice.below(12)) * DAY + dice.below(DAY)
    return Memory(person, "strategic_decision", data, 0.65, 0.1, at, [], [], None, None)
