"""Small worlds to draw on paper, and random ones that must obey what always holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from graph.snapshot import TREATY_TYPES, Party, Snapshot

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAYERS = range(11, 18)
ALLIANCES = (1, 2, 3)


def world(
    trust: Mapping[tuple[int, int], int] = {},
    alliances: Mapping[int, Iterable[int]] = {},
    treaties: Iterable[tuple[str, Party, Party]] = (),
    *,
    met: int = 3,
    declared: bool = False,
    players: Iterable[int] = range(1, 6),
) -> Snapshot:
    """Five players of ten people each; `alliances` lists members."""
    league = {member: alliance for alliance, members in alliances.items() for member in members}
    rows = [(truster, trusted, score, met, declared) for (truster, trusted), score in trust.items()]
    people = [(player, league.get(player), 10) for player in players]
    return Snapshot.of("drawn", 1, MOMENT, people, rows, treaties, alliances)


def as_player(player_id: int) -> Party:
    """A player as a party to a treaty."""
    return "player", player_id


def as_alliance(alliance_id: int) -> Party:
    """An alliance as a party to a treaty."""
    return "alliance", alliance_id


@st.composite
def rows(draw: st.DrawFn) -> dict[str, list[Any]]:
    """What a small random world is made of."""
    league = st.none() | st.sampled_from(ALLIANCES)
    pairs = [(some, other) for some in PLAYERS for other in PLAYERS if some != other]
    nodes = [as_player(player) for player in PLAYERS] + [as_alliance(alliance) for alliance in ALLIANCES]
    bonds = [(kind, a, b) for kind in TREATY_TYPES for a in nodes for b in nodes if a < b]
    held = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=25))
    return {
        "players": [(player, draw(league), draw(st.integers(0, 900))) for player in PLAYERS],
        "trust": [
            (*pair, draw(st.integers(-100, 100)), draw(st.integers(0, 20)), draw(st.booleans()))
            for pair in held
        ],
        "treaties": draw(st.lists(st.sampled_from(bonds), unique=True, max_size=6)),
        "battles": [
            (*pair, draw(st.floats(0, 1)), draw(st.floats(0, 30)))
            for pair in draw(st.lists(st.sampled_from(pairs), max_size=4))
        ],
        "alliances": list(ALLIANCES),
    }


def snapshot_of(facts: Mapping[str, list[Any]]) -> Snapshot:
    """The random world as a snapshot."""
    return Snapshot.of("random", 7, MOMENT, **facts)
