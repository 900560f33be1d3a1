"""Rows of the alliances and of who is, and was, in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.main.histories import Table
from entente.demo.calendar import moment
from entente.demo.court import Court
from entente.demo.land import Land
from entente.demo.people import PERSONALITIES
from entente.demo.rows.book import Book, Row

ALLIANCES = (
    "world_id", "alliance_id", "name", "tag", "alliance_strategy", "diplomatic_stance", "total_rank",
    "total_population", "total_villages", "created_at", "updated_at",
)  # fmt: skip
MEMBERS = (
    "world_id", "member_id", "alliance_id", "player_id", "role", "joined_at", "left_at", "recorded_at",
)  # fmt: skip
STRATEGIES = {
    "aggressive": "military",
    "economic": "trading",
    "balanced": "expansionist",
    "diplomat": "peaceful",
    "assassin": "military",
}


def alliances(book: Book) -> Table:
    """The alliances; who leads them and how many they are follows from their members."""
    totals = _totals(book.history.land)
    by_population = sorted(totals, key=lambda alliance: (-totals[alliance][0], alliance))
    ranks = {alliance: place for place, alliance in enumerate(by_population, start=1)}
    stands = {alliance: stance for alliance, *stance in stances(book)}
    rows = [
        (
            book.world_id, each.alliance_id, each.name, each.tag, *stands.get(each.alliance_id, (None, None)),
            ranks.get(each.alliance_id), *totals.get(each.alliance_id, (0, 0)), book.begins, book.ends,
        )
        for each in book.history.land.alliances
    ]  # fmt: skip
    return Table("alliances", ALLIANCES, rows, len(rows))


def stances(book: Book) -> list[tuple[int, str, dict[str, Any]]]:
    """For each power its alliance, what it strives for, and how it stands to the others."""
    court = book.history.court
    return [
        (alliance, _strategy(court, power), _stance(court, power))
        for power, alliance in enumerate(court.powers.alliance_ids)
    ]


def members(book: Book, first_id: int = 1, *, only_former: bool = False) -> Table:
    """The memberships, all of them or only those that have ended."""
    rows: list[Row] = []
    for row in book.history.memberships.rows:
        if row.left_at is not None or not only_former:
            times = book.at(row.joined_at), book.at(row.left_at), book.at(row.left_at or row.joined_at)
            who = book.player_ids[row.person]
            rows.append((book.world_id, first_id + len(rows), row.alliance_id, who, row.role, *times))
    return Table("alliance_members", MEMBERS, rows, len(rows), first_id + len(rows) - 1)


def joined(book: Book) -> list[tuple[int, str, datetime, bool]]:
    """For each member its role, when it joined, and whether nothing else is known of where it was before."""
    return [
        (player.player_id, row.role, moment(book.begins, row.joined_at), not player.has_past)
        for row in book.history.memberships.rows
        for player in [book.history.land.players[row.person]]
        if row.left_at is None
    ]


def _totals(land: Land) -> dict[int, tuple[int, int]]:
    totals: dict[int, tuple[int, int]] = {}
    for player in land.players:
        if player.alliance_id is not None:
            population, villages = totals.get(player.alliance_id, (0, 0))
            totals[player.alliance_id] = population + player.population, villages + player.village_count
    return totals


def _strategy(court: Court, power: int) -> str:
    return STRATEGIES[PERSONALITIES[court.people.temper[court.powers.leader(power)]]]


def _stance(court: Court, power: int) -> dict[str, list[int]]:
    return {
        "allied_alliances": _those(court, power, "confederacy"),
        "enemy_alliances": _those(court, power, "war"),
        "nap_alliances": _those(court, power, "nap"),
    }


def _those(court: Court, power: int, kind: str) -> list[int]:
    others = [other for other in range(len(court.powers)) if kind in court.between(power, other)]
    return sorted(court.powers.alliance_ids[other] for other in others)
