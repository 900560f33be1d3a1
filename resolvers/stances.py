"""Stances: how an alliance means to stand with others, as a typed value and as it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from db.main import alliances
from db.main.alliances import AllianceRow
from resolvers.changes import Change
from resolvers.descriptions import input_type
from resolvers.errors import bad_input
from resolvers.inputs import few, json_object
from resolvers.json_shapes import Shape
from resolvers.refusal import RefusalCode, refuse

MOST_OF_A_KIND = 200
KINDS = ("allied_alliances", "enemy_alliances", "nap_alliances")


@dataclass(frozen=True, slots=True)
class Stance:
    """A diplomatic stance, read from its JSON."""

    world_id: str
    allied_alliances: list[int]
    enemy_alliances: list[int]
    nap_alliances: list[int]
    more: dict[str, Any]


def diplomatic_stance(alliance: strawberry.Parent[AllianceRow]) -> Stance | None:
    """How it means to stand with others; null where it has not said. What was agreed is in `treaties`."""
    if alliance.diplomatic_stance is None:
        return None
    shape = Shape(dict(alliance.diplomatic_stance))
    allied, enemies, naps = (shape.ids(kind) for kind in KINDS)
    return Stance(alliance.world_id, allied, enemies, naps, shape.rest)


@input_type
class DiplomaticStanceInput:
    """How an alliance is to stand with others: the whole stance. No alliance is named twice."""

    allied_alliances: list[int] = strawberry.field(default_factory=list)
    """The ids of alliances that it counts among its allies, at most 200."""
    enemy_alliances: list[int] = strawberry.field(default_factory=list)
    """The ids of alliances that it counts among its enemies, at most 200."""
    nap_alliances: list[int] = strawberry.field(default_factory=list)
    """The ids of alliances that it means not to attack, at most 200."""
    more: JSON | None = None
    """Whatever else is to be noted: an object of at most 32 KB."""


def stance(given: DiplomaticStanceInput | None) -> dict[str, Any] | None:
    """A stance as it is stored, checked as far as it can be without its world."""
    if given is None:
        return None
    more = {} if given.more is None else json_object("diplomaticStance.more", given.more)
    known = [kind for kind in KINDS if kind in more]
    if known:
        raise bad_input(f"diplomaticStance.more must not hold {known[0]}: it has a field of its own.")
    named = [one for kind in KINDS for one in _of_a_kind(given, kind)]
    if len(set(named)) < len(named):
        raise bad_input("diplomaticStance must name each alliance once, in one of its lists.")
    return more | {kind: getattr(given, kind) for kind in KINDS}


def _of_a_kind(given: DiplomaticStanceInput, kind: str) -> list[int]:
    ids: list[int] = getattr(given, kind)
    few(f"diplomaticStance.{to_camel_case(kind)}", ids, MOST_OF_A_KIND)
    return ids


async def stands_with_others(change: Change, given: dict[str, Any] | None, alliance_id: int) -> None:
    """Refuse a stance towards alliances that there are not, or towards itself."""
    named = [one for kind in KINDS for one in given[kind]] if given else []
    if alliance_id in named:
        refuse(RefusalCode.SAME_PARTY, "An alliance has no stance towards itself: leave its id out.")
    unknown = await alliances.unknown(change.conn, change.world_id, named) if named else []
    if unknown:
        which = ", ".join(map(str, unknown))
        refuse(RefusalCode.NOT_FOUND, f"No alliances of this world, though named in the stance: {which}.")
