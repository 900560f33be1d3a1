"""Pacts: the open treaties of an NPC and of its alliance, from where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from db.main.alliances import AllianceRole, AllianceRow
from db.main.diplomacy import Who
from db.main.players import PlayerRow
from db.main.treaties import Side, TreatyRow, TreatyStatus, TreatyType
from resolvers.descriptions import enum
from resolvers.diplomacy.days import Days

ENDS_SOON = 3
"""In days."""


class Matter(Enum):
    """What a treaty asks of an NPC now."""

    ANSWER = "answer"
    """It was proposed to it, or to the alliance it leads: accept or decline."""
    PEACE = "peace"
    """The enemy in this war has offered peace."""
    WAR = "war"
    """A war that goes on."""
    ENDING = "ending"
    """In force, and about to end."""
    IN_FORCE = "in_force"
    """In force: keep it."""
    WAITING = "waiting"
    """Proposed, and the answer is for others to give."""


enum(Matter)
MATTERS = list(Matter)
TYPES = [
    TreatyType.WAR, TreatyType.CONFEDERACY, TreatyType.VASSALAGE, TreatyType.NAP, TreatyType.TRADE_AGREEMENT
]  # fmt: skip
"""The most binding first."""
TO_DECIDE = (Matter.ANSWER, Matter.PEACE, Matter.ENDING)


@dataclass(frozen=True, slots=True)
class PactRow:
    """An open treaty, from where one NPC stands."""

    treaty: TreatyRow
    side: Side
    is_my_alliances: bool
    partner: PlayerRow | AllianceRow
    matter: Matter
    may_decide: bool
    obliges: str
    days_left: int | None

    @property
    def is_hostile(self) -> bool:
        """Whether it is a war."""
        return self.treaty.type is TreatyType.WAR

    @property
    def holds(self) -> bool:
        """Whether it is a promise in force."""
        return self.matter in (Matter.IN_FORCE, Matter.ENDING)


def pacts_of(
    who: Who,
    role: AllianceRole | None,
    open_treaties: Iterable[TreatyRow],
    players: Mapping[int, PlayerRow],
    alliances: Mapping[int, AllianceRow],
    days: Days,
) -> list[PactRow]:
    """The open treaties: first those that wait for a decision, then wars, then the others."""
    leads = role in (AllianceRole.LEADER, AllianceRole.CO_LEADER)
    found = [_pact(who.player, leads, treaty, players, alliances, days) for treaty in open_treaties]
    return sorted(found, key=_order)


def _order(pact: PactRow) -> tuple[int, int, bool]:
    return MATTERS.index(pact.matter), TYPES.index(pact.treaty.type), pact.is_my_alliances


def _pact(
    me: PlayerRow,
    leads: bool,
    treaty: TreatyRow,
    players: Mapping[int, PlayerRow],
    alliances: Mapping[int, AllianceRow],
    days: Days,
) -> PactRow:
    side, mine = side_of(me, treaty)
    player_id, alliance_id = sides(treaty)[1 if side is Side.A else 0]
    partner = players[player_id] if player_id is not None else alliances[alliance_id or 0]
    may_decide = not mine or leads
    left = None if treaty.ends_at is None else days.until(treaty.ends_at)
    matter = _matter(treaty, side, may_decide, left)
    return PactRow(treaty, side, mine, partner, matter, may_decide, obligation(treaty, side), left)


def sides(treaty: TreatyRow) -> tuple[tuple[int | None, int | None], tuple[int | None, int | None]]:
    """Side A and side B: the player, or the alliance."""
    return (treaty.a_player_id, treaty.a_alliance_id), (treaty.b_player_id, treaty.b_alliance_id)


def side_of(me: PlayerRow, treaty: TreatyRow) -> tuple[Side, bool]:
    """On which side an NPC stands, and whether it does so as a member of its alliance."""
    a, b = sides(treaty)
    if me.player_id in (a[0], b[0]):
        return (Side.A if me.player_id == a[0] else Side.B), False
    return (Side.A if me.alliance_id == a[1] else Side.B), True


def _matter(treaty: TreatyRow, side: Side, may_decide: bool, days_left: int | None) -> Matter:
    if treaty.status is TreatyStatus.PROPOSED:
        return Matter.ANSWER if side is Side.B and may_decide else Matter.WAITING
    if treaty.type is TreatyType.WAR:
        offered = treaty.peace_offered_by not in (None, side)
        return Matter.PEACE if offered and may_decide else Matter.WAR
    return Matter.ENDING if days_left is not None and days_left <= ENDS_SOON else Matter.IN_FORCE


TRIBUTE_TO_US = "they owe tribute and are protected for it"
TRIBUTE_TO_THEM = "tribute is owed to them, and they protect"
OBLIGATIONS = {
    TreatyType.NAP: "neither attacks the other",
    TreatyType.CONFEDERACY: "both fight on one side",
    TreatyType.TRADE_AGREEMENT: "both trade with each other",
    TreatyType.WAR: "both are enemies until peace is made",
}


def obligation(treaty: TreatyRow, side: Side) -> str:
    """What it obliges the one on this side to."""
    if treaty.type is TreatyType.VASSALAGE:
        return TRIBUTE_TO_US if treaty.overlord is side else TRIBUTE_TO_THEM
    return OBLIGATIONS[treaty.type]
