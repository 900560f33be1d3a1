"""The book of a world: its history with the ids and the times that the rows speak of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from entente.demo.calendar import END, moment
from entente.demo.history import History
from entente.demo.treaties import Party

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Book:
    """The history of one world; NPCs have the ids that they are given, by person."""

    world_id: str
    seed: int
    history: History
    npc_ids: dict[int, int]
    known: frozenset[int]
    """The ids of NPCs that there were before."""

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return self.history.land.begins

    @property
    def ends(self) -> datetime:
        """The last moment."""
        return moment(self.begins, END)

    @cached_property
    def player_ids(self) -> list[int]:
        """By person."""
        return [player.player_id for player in self.history.land.players]

    @cached_property
    def ranks(self) -> list[int]:
        """By person: 1 for the most populous."""
        population = self.history.people.population
        ranks = np.empty(len(population), dtype=np.int64)
        ranks[np.argsort(-population, kind="stable")] = np.arange(1, len(population) + 1)
        return [int(rank) for rank in ranks]

    def at(self, second: int | None) -> datetime | None:
        """A second of the history as a date and time."""
        return None if second is None else moment(self.begins, second)

    def party(self, party: Party) -> tuple[int | None, int | None]:
        """The player id and the alliance id of a party, one of which is None."""
        if party.is_power:
            return None, self.history.powers.alliance_ids[party.number]
        return self.player_ids[party.number], None
