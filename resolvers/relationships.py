"""Relationships: the level that a trust score stands for."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from db.main.relationships import TREATIES_IN_FORCE, RelationshipRow
from resolvers.context import Info
from resolvers.descriptions import enum


class TrustLevel(Enum):
    """What a trust score amounts to."""

    TRUSTED_ALLY = "trusted_ally"
    """Above 70."""
    FRIENDLY = "friendly"
    """Above 30, up to 70."""
    NEUTRAL = "neutral"
    """Above −30, up to 30."""
    HOSTILE = "hostile"
    """−30 and below."""


enum(TrustLevel)


def level_of(score: float) -> TrustLevel:
    """The level of a trust score."""
    if score > 70:
        return TrustLevel.TRUSTED_ALLY
    if score > 30:
        return TrustLevel.FRIENDLY
    return TrustLevel.NEUTRAL if score > -30 else TrustLevel.HOSTILE


def trust_level(relationship: strawberry.Parent[RelationshipRow]) -> TrustLevel:
    """What the trust score amounts to."""
    return level_of(relationship.trust_score)


async def treaties_active(info: Info, relationship: strawberry.Parent[RelationshipRow]) -> list[Any]:
    """The treaties in force between the two or their alliances, wars excepted: a list of type, start, end
    and terms, in the shape of the first data model. `Player.treaties` and `Alliance.treaties` link to the
    treaties themselves."""
    key = (relationship.world_id, relationship.npc_id, relationship.target_player_id)
    found = await info.context.loaders.one(TREATIES_IN_FORCE, *key)
    return found.treaties_active if found else []
