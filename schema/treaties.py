"""Treaties, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry
from strawberry.scalars import JSON

from db.main import alliances, as_of, players, treaties, worlds
from db.main.treaties import (
    Side,
    TreatyEventKind,
    TreatyEventRow,
    TreatyOffer,
    TreatyRow,
    TreatyStatus,
    TreatyType,
)
from schema.alliances import Alliance
from schema.base import backed_by, both, either, few, one
from schema.nodes import Node
from schema.players import Player
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.worlds import World

Party: TypeAlias = Annotated[
    Player | Alliance,
    strawberry.union("Party", description="A player or an alliance, as one side of a treaty."),
]


def side(letter: str) -> Any:
    """The party on one side of a treaty."""
    return either(
        one(players.BY_ID, key=("world_id", f"{letter}_player_id")),
        one(alliances.BY_ID, key=("world_id", f"{letter}_alliance_id")),
    )


@backed_by(TreatyRow, node=treaties.BY_ID, past=as_of.TREATY_BY_ID)
class Treaty(Node):
    """A promise between two parties, each a player or an alliance; or a war, which one side declares
    alone."""

    world_id: str
    """The world."""
    treaty_id: BigInt
    """Its id in that world."""
    type: TreatyType
    """What it is about."""
    status: TreatyStatus
    """How far it has come."""
    overlord: Side | None
    """Which side is the overlord, in a vassalage."""
    is_public: bool
    """Whether everybody may know of it."""
    terms: JSON
    """What was agreed beside the usual: an object."""
    proposed_at: datetime
    """When it was offered."""
    starts_at: datetime | None
    """Since when it is in force."""
    ends_at: datetime | None
    """When it ends; null: it has no set end."""
    broken_by: Side | None
    """Which side broke it."""
    broken_at: datetime | None
    """When it was broken."""
    peace_offered_by: Side | None
    """Which side of a war has offered peace, as long as the other has not taken it."""
    answer_by: datetime | None
    """Until when it may be accepted, as long as it is proposed; null: for ever."""
    offer: TreatyOffer | None
    """What one side offers the other while it is in force."""
    offered_by: Side | None
    """Which side offers that."""
    offered_ends_at: datetime | None
    """Until when it is to be prolonged, where that is offered; null: without a set end."""
    changed_at: datetime
    """When it last changed."""
    is_in_force: bool
    """Whether it is in force now, or at the moment asked: active, and its time not over."""
    as_of: datetime | None
    """The moment by when all of this was recorded; null: by now."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
    proposer: Party = side("a")
    """Side A: who proposed it, or declared the war."""
    partner: Party = side("b")
    """Side B: whom it was proposed to, or declared on."""
    parties: list[Party] = both(side("a"), side("b"))
    """Both sides, A first."""
    proposed_by: Player | None = one(players.BY_ID, key=("world_id", "proposed_by"))
    """The player who acted for side A."""
    events: list[TreatyEvent] = few(treaties.EVENTS, key=("world_id", "treaty_id"), first=20)
    """What became of it, the earliest first."""


@backed_by(TreatyEventRow)
class TreatyEvent:
    """One change of a treaty."""

    kind: TreatyEventKind
    """What happened to it."""
    note: str | None
    """A note."""
    occurred_at: datetime
    """When it happened."""
    recorded_at: datetime
    """When it was entered."""
    by: Player | None = one(players.BY_ID, key=("world_id", "by_player_id"))
    """The player who did it, where that is known."""
