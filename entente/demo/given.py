"""The land of a world that exists: its players, alliances and villages as the last map shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from db.main.histories import GivenAlliance, GivenPlayer
from db.world.histories import GivenVillage
from entente.demo.calendar import DAYS
from entente.demo.land import Alliance, Land, Player, Village


def begins(seen: datetime) -> datetime:
    """When the history of a world begins that was seen at this time: it ends at the midnight before."""
    return datetime.combine(seen.astimezone(UTC), time(tzinfo=UTC)) - timedelta(days=DAYS)


def land(
    first_day: datetime,
    players: Iterable[GivenPlayer],
    alliances: Iterable[GivenAlliance],
    villages: Iterable[GivenVillage],
) -> Land:
    """The land, for a history that begins on this day."""
    settled = tuple(_village(village) for village in villages)
    homes: dict[int, Village] = {}
    for village in settled:
        home = homes.get(village.player_id)
        if home is None or _rank(village) > _rank(home):
            homes[village.player_id] = village
    return Land(
        begins=first_day,
        players=tuple(
            _player(player, homes[player.player_id]) for player in players if player.player_id in homes
        ),
        alliances=tuple(Alliance(each.alliance_id, each.name, each.tag) for each in alliances),
        villages=settled,
    )


def _rank(village: Village) -> tuple[bool, int, int]:
    return village.is_capital, village.population, -village.village_id


def _player(player: GivenPlayer, home: Village) -> Player:
    return Player(
        player_id=player.player_id,
        name=player.name,
        tribe=player.tribe,
        x=home.x,
        y=home.y,
        population=player.population,
        village_count=player.village_count,
        alliance_id=player.alliance_id,
        has_past=player.has_past,
    )


def _village(village: GivenVillage) -> Village:
    return Village(
        village_id=village.village_id,
        x=village.x,
        y=village.y,
        name=village.name,
        player_id=village.player_id,
        tribe=village.tribe,
        population=village.population,
        is_capital=village.is_capital,
    )
