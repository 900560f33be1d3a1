"""Entente as `entente serve` runs it, but that `Bearer brain-7` is the key of the brain of NPC 7.

Keys for brains are not made yet; when they are, this file goes.
"""

from __future__ import annotations

import os
from unittest import mock

from bench.world import SIZE
from db.viewer import Role, Viewer
from entente.access import Access
from entente.commands.serve import serve
from entente.settings import Settings

BRAINS = {f"Bearer brain-{npc_id}": Viewer(Role.BRAIN, npc_id) for npc_id in range(1, SIZE.npcs + 1)}


def key(npc_id: int) -> str:
    """The key of an NPC's brain."""
    return f"brain-{npc_id}"


def viewer(_: Access, authorization: str | None) -> Viewer | None:
    """Whom an Authorization header stands for."""
    return BRAINS.get(authorization or "")


def main() -> None:
    """Serve until interrupted."""
    with mock.patch.object(Access, "viewer", viewer):
        serve(Settings.read(os.environ), demo=False)


if __name__ == "__main__":
    main()
