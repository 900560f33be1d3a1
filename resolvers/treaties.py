"""Treaties: how they are proposed, answered and broken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from db.main import treaties
from db.main.memories import MemoryType
from db.main.parties import PartyRow
from db.main.players import ActorRow
from db.main.treaties import NewTreaty, Side, TreatyRow, TreatyStatus, TreatyType
from resolvers.changes import Change, actor, change
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.feelings import BROKEN, BROKEN_WITH_A_FRIEND, HONOURED, SIGNED
from resolvers.inputs import PartyInput, json_object, later, within
from resolvers.parties import OTHER, Sides, of_treaty, of_two, own_treaty, present
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.turns import Turn, agreed, wronged
from resolvers.wholes import BigInt

DURATION = "duration_seconds"
LONGEST = 100 * 365 * 86_400

enum(TreatyType)
enum(Side)


@input_type
class ProposeTreatyInput:
    """A treaty to propose."""

    world_id: str
    """The world, such as demo."""
    as_player_id: int
    """The player who acts: yourself, or a player whom you may act for."""
    proposer: PartyInput | None = None
    """For whom that player acts: itself unless told, or the alliance that it leads."""
    partner: PartyInput
    """Whom it is proposed to."""
    type: TreatyType
    """What it is about; wars are declared with declareWar."""
    overlord: Side | None = None
    """Which side is the overlord of a vassalage, A being the proposer; for a vassalage alone."""
    terms: JSON | None = None
    """What is agreed beside the usual: an object of at most 32 KB."""
    is_public: bool = True
    """Whether everybody may know of it; a secret treaty is known to its two sides."""
    ends_at: datetime | None = None
    """When it is to end; it has no set end unless told."""
    duration_seconds: int | None = None
    """How long it is to last from when it is accepted, instead of endsAt."""


@input_type
class TreatyActInput:
    """An act of one side of a treaty."""

    world_id: str
    """The world, such as demo."""
    as_player_id: int
    """The player who acts: yourself, or a player whom you may act for. For an alliance, one who leads it now."""
    treaty_id: BigInt
    """The treaty's id in that world."""
