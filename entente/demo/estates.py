"""Estates: what the villages of NPCs have at the end, how they are to be run, and what was built last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from entente.demo.calendar import DAY, END, HOUR
from entente.demo.dice import Dice
from entente.demo.land import Land, Village
from entente.demo.people import PERSONALITIES, People
from entente.demo.states import State

FIELDS = ("woodcutter", "clay pit", "iron mine", "cropland")
FIELD_OF_SLOT = (0, 1, 0, 2, 1, 1, 2, 3, 3, 2, 2, 3, 3, 0, 3, 0, 1, 3)
"""What lies where around a village, by position in FIELDS; the slots of buildings follow."""
BUILDINGS = ("main building", "warehouse", "granary", "rally point", "barracks", "marketplace", "wall")
OF_LARGE_VILLAGES = ("stable", "academy", "workshop", "residence")
LARGE = 400
UNITS = {
    "Romans": ("legionnaire", "praetorian", "imperian", "equites imperatoris"),
    "Gauls": ("phalanx", "swordsman", "pathfinder", "theutates thunder"),
    "Teutons": ("clubswinger", "spearman", "axeman", "paladin"),
}
TYPES = {
    "aggressive": ("military", "military", "farming"),
    "economic": ("economic", "economic", "farming"),
    "balanced": ("economic", "military", "defensive"),
    "diplomat": ("defensive", "economic", "farming"),
    "assassin": ("military", "military", "economic"),
}
PRIORITIES = {"military": (2, 3, 1, 4), "economic": (1, 2, 3, 4), "farming": (3, 4, 2, 1)}
REASONS = {
    "military": "More troops, sooner.",
    "economic": "It pays for itself within days.",
    "farming": "The troops must eat.",
    "defensive": "The neighbours are restless.",
    "capital": "All else depends on it.",
}
PHASES = ((150, "early"), (400, "mid"), (800, "late"))
BUILT_LAST = 6
COST = (70, 100, 60, 20)


class Standing(NamedTuple):
    """A building where it stands."""

    slot: int
    name: str
    level: int


class Built(NamedTuple):
    """A level that was built, or that is queued: then it is not done, and perhaps not begun."""

    building: Standing
    queued_at: int
    started_at: int | None
    done_at: int | None


class Estate(NamedTuple):
    """A village of an NPC."""

    person: int
    village: Village
    stores: list[int]
    production: list[int]
    troops: list[tuple[str, int, int]]
    buildings: list[Standing]
    kind: str
    phase: str
    priority: tuple[int, ...]
    built: list[Built]
    queued: list[Built]

    @property
    def capacity(self) -> int:
        """How much of each resource its stores hold."""
        return max(800, (max(self.stores) // 400 + 2) * 400)

    @property
    def reason(self) -> str:
        """Why it builds."""
        return REASONS[self.kind]


def furnish(seed: int, land: Land, people: People, states: Sequence[State]) -> list[Estate]:
    """The villages of all NPCs, in the order of their ids: what they have adds up to their owners' states."""
    dice = Dice(seed, "estates")
    by_player = {land.players[state.person].player_id: state for state in states}
    own: dict[int, list[Village]] = {}
    for village in land.villages:
        if village.player_id in by_player:
            own.setdefault(village.player_id, []).append(village)
    estates = [
        estate
        for player_id, villages in own.items()
        for estate in _of_one(dice, people, by_player[player_id], villages)
    ]
    return sorted(estates, key=lambda estate: estate.village.village_id)


def _of_one(dice: Dice, people: People, state: State, villages: list[Village]) -> Iterator[Estate]:
    weights = [village.population + 1 for village in villages]
    stores = list(zip(*(_shared(total, weights) for total in state.stores), strict=True))
    production = list(zip(*(_shared(total, weights) for total in state.production), strict=True))
    troops = _shared(state.troops, weights)
    temper = PERSONALITIES[people.temper[state.person]]
    for place, village in enumerate(villages):
        kind = "capital" if village.is_capital else dice.pick(TYPES[temper])
        buildings = list(_buildings(dice, village))
        yield Estate(
            person=state.person,
            village=village,
            stores=list(stores[place]),
            production=list(production[place]),
            troops=_troops(dice, village, troops[place]),
            buildings=buildings,
            kind=kind,
            phase=next((name for below, name in PHASES if village.population < below), "endgame"),
            priority=PRIORITIES.get(kind, PRIORITIES["economic"]),
            built=_built(dice, buildings),
            queued=_queued(dice, buildings),
        )


def _shared(total: int, weights: list[int]) -> list[int]:
    """Parts that follow the weights and add up."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    parts[0] += total - sum(parts)
    return parts


def _buildings(dice: Dice, village: Village) -> Iterator[Standing]:
    level = min(9, village.population // 60)
    names = BUILDINGS + (OF_LARGE_VILLAGES if village.population >= LARGE else ())
    for slot, field in enumerate(FIELD_OF_SLOT, 1):
        yield Standing(slot, FIELDS[field], max(0, level + dice.below(3) - 1))
    for slot, name in enumerate(names, len(FIELD_OF_SLOT) + 1):
        yield Standing(slot, name, 1 + level + dice.below(4))


def _troops(dice: Dice, village: Village, total: int) -> list[tuple[str, int, int]]:
    units = UNITS[village.tribe]
    parts = _shared(total, [1 + dice.below(9) for _ in units])
    away = [int(part * 0.3 * dice.one()) for part in parts]
    return [(unit, part - gone, gone) for unit, part, gone in zip(units, parts, away, strict=True) if part]


def _built(dice: Dice, buildings: list[Standing]) -> list[Built]:
    """The levels that came last, one after the other."""
    standing = [building for building in buildings if building.level > 0]
    done: list[Built] = []
    second = END - 12 * DAY + dice.below(DAY)
    for building in [dice.pick(standing) for _ in range(BUILT_LAST)]:
        if any(one.building.slot == building.slot for one in done):
            continue
        started = second + 60 + dice.below(HOUR)
        finished = started + building.level * (600 + dice.below(1200))
        done.append(Built(building, second, started, finished))
        second = finished + dice.below(DAY)
    return done


def _queued(dice: Dice, buildings: list[Standing]) -> list[Built]:
    """One that is being built, and sometimes one that waits."""
    now, next_one = dice.order(len(buildings))[:2].tolist()
    begun = END - 60 - dice.below(HOUR)
    first = _raised(buildings[now])
    queued = [Built(first, begun - 600, begun, begun + first.level * 1200)]
    if dice.chance(0.5):
        queued.append(Built(_raised(buildings[next_one]), begun - 300, None, None))
    return queued


def _raised(building: Standing) -> Standing:
    return building._replace(level=building.level + 1)


def cost(level: int) -> tuple[int, ...]:
    """What a level costs of each resource."""
    return tuple(part * level * (level + 1) // 2 for part in COST)
