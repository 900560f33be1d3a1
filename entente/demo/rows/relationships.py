"""Rows of the relationships: with what each NPC knows and expects of a player."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from db.main.histories import Table
from entente.demo.calendar import END, moments
from entente.demo.dice import Dice
from entente.demo.history import History
from entente.demo.memories import ATTACKERS, DEFENDERS, UNKNOWN_TROOPS
from entente.demo.powers import NOBODY
from entente.demo.relationships import TYPES, last_interaction, prediction
from entente.demo.rows.book import Book, Row

RELATIONSHIPS = (
    "id", "npc_id", "target_player_id", "world_id", "trust_score", "trust_at", "relationship_type",
    "total_interactions", "battles_won_against", "battles_lost_against", "resources_raided_from",
    "resources_lost_to", "messages_sent", "messages_received", "last_interaction_type", "last_interaction_at",
    "predicted_next_action", "prediction_confidence", "predicted_at", "known_villages",
    "known_army_composition", "activity_pattern", "created_at", "updated_at",
)  # fmt: skip
VILLAGES_KNOWN = 3
MEETINGS_UNTIL_HABITS_SHOW = 3


def relationships(book: Book) -> Table:
    """What the NPCs hold about players. Scores come along: the ledger need not write each row again."""
    count = len(book.history.meetings.truster)
    return Table("npc_relationships", RELATIONSHIPS, _relationships(book), count, count)


def _relationships(book: Book) -> Iterator[Row]:
    meetings, counts = book.history.meetings, book.history.counts
    known = _known(book.history, book.seed)
    created, scored = _first_meetings(book), moments(book.begins, counts.scored_at.tolist())
    columns = (
        meetings.truster, meetings.trusted, counts.score, counts.type, counts.interactions, counts.won,
        counts.lost, counts.raided, counts.lost_resources, counts.sent, counts.received,
    )  # fmt: skip
    for index, (me, other, score, kind, met, won, lost, *rest) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        last, last_at = _last(book, index)
        fought, met_often = won + lost > 0, met >= MEETINGS_UNTIL_HABITS_SHOW
        yield (
            index + 1, book.npc_ids[me], book.player_ids[other], book.world_id, score, scored[index],
            TYPES[kind], met, won, lost, *rest, last, last_at, *_expected(book, index),
            known[other].villages if fought else [], known[other].army if fought else None,
            known[other].habits if met_often else None, created[index], last_at or created[index],
        )  # fmt: skip


def _last(book: Book, index: int) -> tuple[str | None, datetime | None]:
    last = last_interaction(book.history.counts, index)
    return (None, None) if last is None else (last[0], book.at(last[1]))


def _expected(book: Book, index: int) -> tuple[str | None, float | None, datetime | None]:
    expected = prediction(book.history.counts, index)
    return (None, None, None) if expected is None else (*expected, book.ends)


def _first_meetings(book: Book) -> list[datetime]:
    encounters = book.history.encounters
    first = np.full(len(book.history.meetings.truster), END, dtype=np.int64)
    for held in (encounters.held_by_actor, encounters.held_by_target):
        np.minimum.at(first, held[held != NOBODY], encounters.at[held != NOBODY])
    return moments(book.begins, np.where(first == END, 0, first).tolist())


class _Known(NamedTuple):
    """What there is to know of a player."""

    villages: list[dict[str, Any]]
    army: dict[str, int]
    habits: dict[str, Any]


def _known(history: History, seed: int) -> list[_Known]:
    dice = Dice(seed, "habits")
    villages: dict[int, list[dict[str, Any]]] = {}
    for village in history.land.villages:
        seen = villages.setdefault(village.player_id, [])
        if len(seen) < VILLAGES_KNOWN:
            place = {"village_id": village.village_id, "name": village.name, "x": village.x, "y": village.y}
            seen.append(place)
    return [
        _Known(villages.get(player.player_id, []), _army(history, person, player.tribe), _habits(dice))
        for person, player in enumerate(history.land.players)
    ]


def _army(history: History, person: int, tribe: str) -> dict[str, int]:
    people = history.people
    return {
        ATTACKERS.get(tribe, UNKNOWN_TROOPS): int(people.offence[person]) // 8,
        DEFENDERS.get(tribe, f"{UNKNOWN_TROOPS} guard"): int(people.defence[person]) // 8,
    }


def _habits(dice: Dice) -> dict[str, Any]:
    wakes, hours = dice.below(24), 3 + dice.below(9)
    return {
        "typical_online_hours": sorted((wakes + hour) % 24 for hour in range(hours)),
        "timezone_estimate": f"UTC{dice.below(13) - 5:+d}",
        "activity_level": "high" if hours > 8 else "medium" if hours > 5 else "low",
        "logins_per_day": hours + dice.below(6),
    }
