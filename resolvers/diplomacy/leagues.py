"""Leagues: an NPC's alliance, and the bloc it belongs to, as far as everybody may know.

The blocs of `blocs` rest on what all NPCs feel, which none of them may know. Here they are found by the same
arithmetic from public treaties alone, and from those that say who fights on whose side: a pact of
non-aggression, or to trade, makes nobody stand with anybody. Equal treaties give equal blocs, whatever else
changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from db.main.alliances import AllianceRole, AllianceRow
from db.main.diplomacy import SidingTreaty
from db.main.players import PlayerRow
from graph.blocs import Division, Grouping, alliance_blocs
from graph.snapshot import Party, Snapshot

REMEMBERED = 64
"""Sets of treaties whose blocs are kept: those of so many worlds, or of one as it changes."""
ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LeagueRow:
    """The alliance that an NPC is in."""

    alliance: AllianceRow
    role: AllianceRole | None
    leader: PlayerRow | None


@dataclass(frozen=True, slots=True)
class Sides:
    """Who stands with an alliance, itself included, and who is at war with any of these.

    Who is bound to its friends and yet at war with it is in its bloc, and against it all the same.
    """

    with_it: tuple[int, ...]
    against_it: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SidesRow:
    """The bloc that an NPC's alliance is in."""

    alliances: list[AllianceRow]
    against: list[AllianceRow]
    power: int


async def sides_of(treaties: tuple[SidingTreaty, ...], alliance_id: int) -> Sides:
    """The bloc of an alliance, given the public treaties that make sides."""
    if not any(alliance_id in pair for _, *pair in treaties):
        return Sides((alliance_id,), ())
    division = await asyncio.to_thread(_division, treaties)
    together = division.labels == division.labels[division.ids.searchsorted(alliance_id)]
    wars = [frozenset(pair) for kind, *pair in treaties if kind == "war"]
    bloc = frozenset(division.ids[together].tolist()) - _at_war_with({alliance_id}, wars)
    return Sides(tuple(sorted(bloc)), tuple(sorted(_at_war_with(bloc, wars))))


def _at_war_with(some: Set[int], wars: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset(other for war in wars if war & some for other in war - some)


@lru_cache(maxsize=REMEMBERED)
def _division(treaties: tuple[SidingTreaty, ...]) -> Division:
    parties: list[tuple[str, Party, Party]] = [
        (kind, ("alliance", one), ("alliance", other)) for kind, one, other in treaties
    ]
    ids = {alliance_id for _, *pair in treaties for alliance_id in pair}
    snapshot = Snapshot.of("", 0, ANY_MOMENT, players=(), treaties=parties, alliances=ids)
    return alliance_blocs(snapshot)[Grouping.FREE]


def sides_row(sides: Sides, alliances: Mapping[int, AllianceRow]) -> SidesRow:
    """The bloc with its alliances, the largest first."""
    together, against = (_largest_first(ids, alliances) for ids in (sides.with_it, sides.against_it))
    return SidesRow(together, against, sum(alliance.total_population for alliance in together))


def _largest_first(ids: tuple[int, ...], alliances: Mapping[int, AllianceRow]) -> list[AllianceRow]:
    rows = [alliances[one] for one in ids]
    return sorted(rows, key=lambda row: (-row.total_population, row.alliance_id))
