"""Subscriptions, as clients see them: what may be watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import resolvers.watching
from db.main import worlds
from db.main.worlds import WorldVersion
from schema.arguments import WORLD_ID
from schema.base import backed_by, one, watched

if TYPE_CHECKING:
    from schema.worlds import World


@backed_by(WorldVersion)
class Subscription:
    """What may be watched. Each event is answered with the facts as they are then. Whoever is slow gets the
    newest event, and none of those before it."""

    world_changed: World = watched(
        one(worlds.BY_ID, key=("world_id",)), resolvers.watching.world_changed, WORLD_ID
    )
    """The world, now, and again each time its version has risen; no more once there is no such world."""
