"""Turns: what each turn in the life of a treaty leaves with the NPCs it binds, and with those who see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.main import parties
from db.main.memories import MemoryType
from db.main.parties import NpcInPlay
from db.main.relationships import RelationshipType, TrustEventSource
from db.main.treaties import Side, TreatyRow, TreatyStatus, TreatyType
from resolvers.changes import Change
from resolvers.feelings import Feeling
from resolvers.outcomes import Event, Outcome, take_in
from resolvers.parties import OTHER, Sides

GOOD, HURT, REGRETTED, SEEN = (0.6, 0.3), (0.9, -0.8), (0.6, 0.0), (0.5, -0.3)
"""How important a turn is to an NPC, and how it feels."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a treaty: its state now, its parties, who made it and, in a word or two, what it was.

    `faces` are the players towards whom the trust of the other side moves: a party that is a player, and for
    an alliance the player who acted for it. Trust is held towards players, and somebody gave the promise.
    """

    treaty: TreatyRow
    sides: Sides
    faces: Mapping[Side, int | None]
    by: str | None
    what: str
    memory_type: MemoryType | None = None

    def event(self) -> Event:
        """As it is remembered."""
        return Event(
            what=self.what,
            at=self.treaty.changed_at,
            source=TrustEventSource.TREATY,
            source_id=self.treaty.treaty_id,
            memory_type=self.memory_type or self._between_whom(),
            data=self._data(),
            about=[face for face in self.faces.values() if face is not None],
        )

    def _data(self) -> dict[str, object]:
        return {
            "treaty_id": self.treaty.treaty_id,
            "type": self.treaty.type.value,
            "event": self.what,
            "parties": [self.sides[side].name for side in Side],
            "by": self.by,
            "result": self.treaty.status.value,
        }

    def _between_whom(self) -> MemoryType:
        alliances = any(party.alliance_id is not None for party in self.sides.values())
        return MemoryType.ALLIANCE_EVENT if alliances else MemoryType.PLAYER_INTERACTION


async def agreed(change: Change, turn: Turn, feeling: Feeling | None) -> None:
    """Both sides did something together: the NPCs of each trust the other's face by as much, if at all."""
    bound = await parties.bound(change.conn, turn.treaty)
    outcomes = [one for side in Side for one in _of_side(turn, side, bound[side], feeling, GOOD)]
    await take_in(change, turn.event(), outcomes)


async def wronged(change: Change, turn: Turn, doer: Side, hurt: Feeling, seen: Feeling) -> None:
    """One side did something to the other. The NPCs of the other trust the player who did it less. So do its
    friends, a little, where it is no secret: its confederates, and for a player those of its own alliance."""
    bound = await parties.bound(change.conn, turn.treaty)
    outcomes = _of_side(turn, OTHER[doer], bound[OTHER[doer]], hurt, HURT)
    outcomes += _of_side(turn, doer, bound[doer], None, REGRETTED)
    concerned = {one.npc_id for one in outcomes}
    outcomes += [
        Outcome(npc.npc_id, npc.player_id, turn.faces[doer], feeling=seen, remembered=SEEN)
        for npc in await _friends(change, turn, OTHER[doer])
        if npc.npc_id not in concerned
    ]
    await take_in(change, turn.event(), outcomes)


async def _friends(change: Change, turn: Turn, side: Side) -> list[NpcInPlay]:
    if not turn.treaty.is_public:
        return []
    return await parties.friends(change.conn, change.world_id, turn.sides[side].key, turn.treaty.changed_at)


def _of_side(
    turn: Turn,
    side: Side,
    npcs: Sequence[NpcInPlay],
    feeling: Feeling | None,
    impression: tuple[float, float],
) -> list[Outcome]:
    becomes, only_from = _regard(turn.treaty, side)
    face = turn.faces[OTHER[side]]
    return [Outcome(npc.npc_id, npc.player_id, face, feeling, becomes, only_from, impression) for npc in npcs]


def _regard(treaty: TreatyRow, side: Side) -> tuple[RelationshipType | None, RelationshipType | None]:
    """What the other side becomes to this one, and from what alone: who trades with an ally has an ally
    still, and a treaty that ends takes back only what it gave."""
    given = _given(treaty, side)
    if treaty.status is not TreatyStatus.ACTIVE:
        return (RelationshipType.NEUTRAL, given) if given else (None, None)
    return given, RelationshipType.NEUTRAL if given is RelationshipType.TRADING_PARTNER else None


def _given(treaty: TreatyRow, side: Side) -> RelationshipType | None:
    if treaty.type is TreatyType.VASSALAGE:
        return RelationshipType.VASSAL if treaty.overlord is side else RelationshipType.OVERLORD
    return {
        TreatyType.CONFEDERACY: RelationshipType.ALLY,
        TreatyType.TRADE_AGREEMENT: RelationshipType.TRADING_PARTNER,
        TreatyType.WAR: RelationshipType.ENEMY,
    }.get(treaty.type)
