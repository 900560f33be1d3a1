"""Land: who lives where, before anything has happened between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entente.demo import LoadRefusedError

RADIUS = 200
"""Maps reach from -200 to 200 on both axes."""


@dataclass(frozen=True, slots=True)
class Player:
    """Someone on the map; the alliance is the one at the end of the history."""

    player_id: int
    name: str
    tribe: str
    x: int
    y: int
    population: int
    village_count: int
    alliance_id: int | None
    has_past: bool = False
    """Whether it is known where the player was before."""


@dataclass(frozen=True, slots=True)
class Alliance:
    """A league with a name."""

    alliance_id: int
    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Village:
    """A village of a player."""

    village_id: int
    x: int
    y: int
    name: str
    player_id: int
    tribe: str
    population: int
    is_capital: bool

    @property
    def tile_id(self) -> int:
        """The number of its tile, counted from the north-western corner as Travian does."""
        return (RADIUS - self.y) * (2 * RADIUS + 1) + self.x + RADIUS + 1


@dataclass(frozen=True, slots=True)
class Land:
    """Players in the order of their ids, alliances and villages in the order of theirs."""

    begins: datetime
    players: tuple[Player, ...]
    alliances: tuple[Alliance, ...]
    villages: tuple[Village, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How large an invented world is: so many players, and so many of them NPCs."""

    npcs: int = 60
    players: int = 300

    def __post_init__(self) -> None:
        if not 2 <= self.npcs <= self.players <= 20_000 or self.npcs > 2_000:
            raise LoadRefusedError(f"{self}: a world has 2 to 2,000 NPCs among at most 20,000 players.")

    def __str__(self) -> str:
        return f"{self.npcs}x{self.players}"

    @classmethod
    def parse(cls, text: str) -> Size:
        """From a text such as 500x5000: NPCs x players."""
        npcs, _, players = text.lower().partition("x")
        if not (npcs.isdecimal() and players.isdecimal() and len(text) < 16):
            raise LoadRefusedError(f"{text[:40]!r} is not a size: write NPCs x players, such as 60x300.")
        return cls(int(npcs), int(players))
