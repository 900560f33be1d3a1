"""Blocs, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import resolvers.blocs
from db.main import alliances, players
from graph.blocs import Grouping, Level
from resolvers.blocs import BlocRow, BlocsRow
from schema.base import backed_by, listed, resolve
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.alliances import Alliance
    from schema.players import Player


@backed_by(BlocsRow)
class Blocs:
    """A division of a world into blocs: a conclusion, never a stored fact."""

    level: Level
    """Whose blocs these are."""
    grouping: Grouping
    """Into how many groups the world was divided."""
    blocs: list[Bloc] = resolve(resolvers.blocs.some_blocs, needs=("blocs",))
    cost: float
    """The weight of the ties that go against the division: negative ones within blocs, positive ones between
    them."""
    balance: float
    """The share of the weight of all ties that agrees with the division, 0 to 1."""
    bound: float | None
    """No division costs less than this; null where no bound is known."""
    gap: float | None
    """Cost less bound: 0 when the division is proved best; null where no bound is known."""
    proved: bool
    """Whether it is proved that no division costs less."""
    version: BigInt
    """The version of the world that it belongs to."""
    as_of: datetime
    """The moment that it belongs to."""


@backed_by(BlocRow)
class Bloc:
    """Alliances or players found to stand together."""

    bloc_id: int
    """The lowest id among its members: it names the bloc within one division."""
    size: int
    """How many members it has."""
    alliances: list[Alliance] = listed(alliances.BY_ID, key=("world_id", "member_alliance_ids"))
    """Its members, where alliances were divided."""
    players: list[Player] = listed(players.BY_ID, key=("world_id", "member_player_ids"))
    """Its members, where players were divided."""
    cohesion: float
    """The mean signed tie among those members who have one: −1 (torn) to 1 (sworn); 1 for a bloc of one."""
    power: BigInt
    """The population of all its members together."""
