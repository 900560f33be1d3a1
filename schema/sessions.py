"""Sessions, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.hot.sessions import SessionRow
from db.main import npcs
from schema.base import backed_by, one

if TYPE_CHECKING:
    from schema.npcs import Npc


@backed_by(SessionRow)
class Session:
    """An NPC that is online: it was active within ten minutes."""

    npc_id: int
    """The NPC's id."""
    last_activity: datetime
    """When it was last active."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
