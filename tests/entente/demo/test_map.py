"""The map of an invented world."""

from __future__ import annotations

import pytest

from entente.demo import LoadRefusedError, map
from entente.demo.land import RADIUS, Size


def test_a_land_has_as_many_as_were_asked_for() -> None:
    land = map.invent(1, Size(60, 300))
    assert len(land.players) == 300
    assert len(land.alliances) == 12
    assert len(land.villages) == sum(player.village_count for player in land.players)
    assert [village.village_id for village in land.villages] == list(range(1, len(land.villages) + 1))


def test_nobody_shares_a_tile_or_a_name() -> None:
    land = map.invent(2, Size(40, 2_000))
    assert len({(village.x, village.y) for village in land.villages}) == len(land.villages)
    assert len({village.tile_id for village in land.villages}) == len(land.villages)
    assert max(max(abs(village.x), abs(village.y)) for village in land.villages) <= RADIUS
    assert len({player.name for player in land.players}) == 2_000
    assert len({alliance.tag for alliance in land.alliances}) == len(land.alliances)
    assert len({alliance.name for alliance in land.alliances}) == len(land.alliances)


def test_villages_add_up_to_their_players() -> None:
    land = map.invent(3, Size(10, 100))
    for player in land.players:
        own = [village for village in land.villages if village.player_id == player.player_id]
        assert sum(village.population for village in own) == player.population
        assert [(village.x, village.y) for village in own if village.is_capital] == [(player.x, player.y)]
        assert all(village.population > 0 and village.tribe == player.tribe for village in own)


def test_members_live_closer_to_each_other_than_to_others() -> None:
    land = map.invent(4, Size(60, 300))
    mates: list[float] = []
    strangers: list[float] = []
    for one in land.players:
        for other in land.players:
            if one.player_id < other.player_id and one.alliance_id and other.alliance_id:
                apart = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
                (mates if one.alliance_id == other.alliance_id else strangers).append(apart)
    assert sum(mates) / len(mates) < 0.5 * sum(strangers) / len(strangers)


def test_a_size_is_read_from_a_text() -> None:
    assert Size.parse("500x5000") == Size(500, 5_000)


@pytest.mark.parametrize(
    "text", ["", "500", "x", "5000x500", "1x1", "-2x9", "60x300x2", "2x999999", "٣x٩٩٩٩٩٩٩"]
)
def test_a_size_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(LoadRefusedError):
        Size.parse(text)
