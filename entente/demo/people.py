"""The people of a land: who of them is an NPC, their personalities, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from db.main.npcs import TRAITS
from entente.demo.dice import Bools, Dice, Floats, Ints, choose
from entente.demo.land import Land, Player
from entente.imports import personalities

NAMESPACE = UUID("6a1f2f0e-5d0c-5b7e-9c55-2f1f5a3d8e10")
NPC_TRIBES = ("Romans", "Gauls", "Teutons")
PERSONALITIES = ("aggressive", "economic", "balanced", "diplomat", "assassin")
HOW_MANY = (0.25, 0.25, 0.20, 0.18, 0.12)
TREACHERY = (0.25, 0.08, 0.12, 0.02, 0.85)
"""How readily each personality breaks its word; people of a kind differ by the traits below."""
AGGRESSION, ECONOMY, DIPLOMACY, RISK, PATIENCE, ADAPTABILITY = range(6)
OFFENCE = (4.0, 1.2, 2.4, 1.5, 3.2)
DEFENCE = (1.6, 2.6, 2.8, 3.2, 1.8)
TEMPERATURES = (0.6, 0.5, 0.7, 0.8, 0.9)

Template = dict[str, Any]
TEMPLATES: dict[str, Template] = {
    kind.value: dict(template) for kind, template in personalities.TEMPLATES.items()
}


@dataclass(frozen=True, slots=True)
class Profile:
    """An NPC as it is known across worlds."""

    name: str
    tribe: str
    personality: str
    template: Template

    @property
    def uuid(self) -> UUID:
        """Always the same for this name."""
        return uuid5(NAMESPACE, self.name)


@dataclass(frozen=True, slots=True)
class People:
    """All players of a land, one value for each in every column; a person is the position in them."""

    players: tuple[Player, ...]
    profiles: dict[int, Profile]
    """The NPCs, by person, in ascending order."""
    is_npc: Bools
    temper: Ints
    """Position in PERSONALITIES; humans have a temper too, which only they know."""
    traits: Floats
    treachery: Floats
    x: Ints
    y: Ints
    population: Ints
    offence: Ints
    defence: Ints

    def __len__(self) -> int:
        return len(self.players)

    def name(self, person: int) -> str:
        """What this person is called."""
        return self.players[person].name


def meet(seed: int, land: Land, npcs: int, known: Mapping[str, Profile]) -> People:
    """The people of this land, so many of them NPCs; an NPC whose name is known is that NPC."""
    dice = Dice(seed, "people")
    count = len(land.players)
    temper = choose(np.tile(np.array(HOW_MANY), (count, 1)), dice.floats(count))
    chosen = _npcs(dice, land, npcs)
    jitter = dice.floats(count, len(TRAITS)) * 0.16 - 0.08
    profiles = {}
    for person in chosen:
        name = land.players[person].name
        profiles[person] = known.get(name) or _profile(
            land.players[person], int(temper[person]), jitter[person]
        )
        temper[person] = PERSONALITIES.index(profiles[person].personality)
    population = np.array([player.population for player in land.players], dtype=np.int64)
    return People(
        players=land.players,
        profiles=profiles,
        is_npc=np.isin(np.arange(count), chosen),
        temper=temper,
        traits=_traits(temper, jitter, profiles),
        treachery=np.clip(np.array(TREACHERY)[temper] + jitter[:, 0], 0, 1),
        x=np.array([player.x for player in land.players], dtype=np.int64),
        y=np.array([player.y for player in land.players], dtype=np.int64),
        population=population,
        offence=_power(dice, population, OFFENCE, temper),
        defence=_power(dice, population, DEFENCE, temper),
    )


def eligible(land: Land) -> list[int]:
    """Who can be an NPC: people of the three tribes, the first of each name."""
    first: dict[str, int] = {}
    for person, player in enumerate(land.players):
        if player.tribe in NPC_TRIBES and player.population > 0 and player.name.strip():
            first.setdefault(player.name, person)
    return sorted(first.values())


def _npcs(dice: Dice, land: Land, wanted: int) -> list[int]:
    able = eligible(land)
    return sorted(able[place] for place in dice.order(len(able))[:wanted])


def _profile(player: Player, temper: int, jitter: Floats) -> Profile:
    personality = PERSONALITIES[temper]
    template: Template = dict(TEMPLATES[personality])
    for trait, shift in zip(TRAITS, jitter.tolist(), strict=True):
        template[trait] = round(min(1.0, max(0.0, template[trait] + shift)), 2)
    return Profile(player.name, player.tribe, personality, template)


def _traits(temper: Ints, jitter: Floats, profiles: dict[int, Profile]) -> Floats:
    usual = np.array([[TEMPLATES[personality][trait] for trait in TRAITS] for personality in PERSONALITIES])
    traits = np.clip(usual[temper] + jitter, 0, 1)
    for person, profile in profiles.items():
        traits[person] = [float(profile.template[trait]) for trait in TRAITS]
    return traits


def _power(dice: Dice, population: Ints, usual: tuple[float, ...], temper: Ints) -> Ints:
    luck = 0.7 + 0.6 * dice.floats(len(population))
    power: Ints = (population * np.array(usual)[temper] * luck).astype(np.int64)
    return power
