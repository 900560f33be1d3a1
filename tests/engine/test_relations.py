"""Relations say which reads they ask and by which keys, whatever they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from engine.relations import Argument, Both, Either, Listed, Many, One, key_of, reads_of


@dataclass(frozen=True, slots=True)
class AnyRead:
    """A read as an executor knows it."""

    row: type
    key: tuple[str, ...]


PLAYERS = AnyRead(int, ("world_id", "player_id"))
ALLIANCES = AnyRead(str, ("world_id", "alliance_id"))
WORLD = Argument("world_id", str, "The world.")
A = Either((One(PLAYERS, ("w", "a_player")), One(ALLIANCES, ("w", "a_alliance"))))
B = Either((One(PLAYERS, ("w", "b_player")), One(ALLIANCES, ("w", "b_alliance"))))


def test_a_link_or_list_asks_one_read_by_its_key() -> None:
    for made in (
        One(PLAYERS, (WORLD, "id")),
        Many(PLAYERS, (WORLD, "id"), True),
        Listed(PLAYERS, (WORLD, "id")),
    ):
        assert reads_of(made) == (PLAYERS,)
        assert key_of(made) == (WORLD, "id")


def test_links_of_a_union_ask_all_their_reads() -> None:
    assert reads_of(A) == (PLAYERS, ALLIANCES)
    assert key_of(A) == ("w", "a_player", "w", "a_alliance")


def test_a_list_of_links_asks_all_reads_of_each() -> None:
    assert reads_of(Both((A, B))) == (PLAYERS, ALLIANCES, PLAYERS, ALLIANCES)
    assert key_of(Both((A, B))) == (*key_of(A), *key_of(B))
