"""Take a who-trusts-whom list into a world: its people as NPCs, its ratings as events of the ledger of trust.

Each name is an NPC: the one that has it, wherever it was met before, or a new one. In the world it plays as
the player it is there already, else as the human player of that name, who becomes this NPC, else as a new
player.

The last rating that a list gives is the score. Each rating is one event of the kind `imported` at its time,
worth what the score lacks: a pair that is rated again later has one event more, for the difference. The
same list adds nothing; a newer one adds what changed. The first list of a world settles what is full trust in
all of them.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from db.connection import Connection, Stores
from db.main import loads, map_imports, trust_imports, worlds
from db.main.npcs import NpcTribe
from db.world import databases
from entente.imports import ImportRefused, check_world_id
from entente.imports.files import opened, time_of
from entente.imports.personalities import TEMPLATES
from entente.imports.progress import Told, telling, untold
from entente.imports.trust_list import GREATEST_RATING, ratings

USUAL_SCALES = (1.0, 5.0, 10.0, 100.0)
"""What full trust is rated in lists. A world's scale is the least that holds its first list's ratings."""


@dataclass(frozen=True, slots=True)
class TrustImport:
    """What an import of a list did."""

    world_id: str
    is_new_world: bool
    ratings: int
    full_trust: float
    npcs: int
    npcs_new: int
    players_new: int
    players_adopted: int
    relationships_new: int
    events: int
    version: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.world_id}: {self.ratings:,} ratings on a scale of ±{self.full_trust:g} by and of "
            f"{self.npcs:,} NPCs ({self.npcs_new:,} new, {self.players_new:,} new players, "
            f"{self.players_adopted:,} were players here): {self.relationships_new:,} new relationships, "
            f"{self.events:,} events, in {self.seconds:.1f} s; version {self.version}"
        )


async def import_trust(
    stores: Stores,
    path: Path,
    world_id: str,
    *,
    at: datetime | None = None,
    full_trust: float | None = None,
    told: Told = untold,
) -> TrustImport:
    """Take this list into this world. Ratings without a time are of `at`, else of the file's last change."""
    started = time.perf_counter()
    check_world_id(world_id)
    async with stores.main.acquire() as conn, conn.transaction():
        await loads.begin(conn, world_id)
        staged = await _stage(conn, path, at, told)
        kept = await trust_imports.full_trust(conn, world_id)
        if kept is not None:
            _refuse_other_scale(world_id, kept, staged.greatest, full_trust)
        full_trust = kept or _scale(staged.greatest, full_trust)
        await databases.ready(stores.worlds, world_id)
        is_new_world = await loads.add_world(conn, world_id, staged.earliest or datetime.now(UTC))
        if kept is None:
            await trust_imports.keep_full_trust(conn, world_id, full_trust)
        await loads.in_one_word(conn)
        merged = await trust_imports.merge(
            conn,
            world_id,
            full_trust,
            beside_map=await map_imports.has_map(conn, world_id),
            tribes=[tribe.value for tribe in NpcTribe],
            templates={personality.value: template for personality, template in TEMPLATES.items()},
        )
        if merged.anything:
            await loads.done(conn, world_id, {"from": "trust list", **asdict(merged)})
        version = await worlds.version(conn, world_id) or 0
    seconds = round(time.perf_counter() - started, 3)
    return TrustImport(
        world_id, is_new_world, staged.rows, full_trust, version=version, seconds=seconds, **asdict(merged)
    )


async def _stage(conn: Connection, path: Path, at: datetime | None, told: Told) -> trust_imports.Staged:
    now = datetime.now(UTC)
    with opened(path) as source:
        rows = telling(ratings(source.stream, now), source.position, told)
        staged = await trust_imports.stage(conn, rows, time_of(path, at, now))
    if not staged.rows:
        raise ImportRefused(f"{path} holds no ratings.")
    return staged


def _scale(greatest: float, full_trust: float | None) -> float:
    if full_trust is None:
        return next(scale for scale in USUAL_SCALES if greatest <= scale)
    if not greatest <= full_trust <= GREATEST_RATING or full_trust <= 0:
        raise ImportRefused(
            f"Full trust is rated {full_trust:g}, but the list has a rating of ±{greatest:g}."
        )
    return full_trust


def _refuse_other_scale(world_id: str, kept: float, greatest: float, stated: float | None) -> None:
    settled = f"World {world_id} rates full trust {kept:g} since its first list"
    if stated not in (None, kept):
        raise ImportRefused(
            f"{settled}, not {stated:g}. Leave out --full-trust if this list means the same; "
            f"else import it into a world of its own."
        )
    if greatest > kept:
        raise ImportRefused(
            f"{settled}, but this one has a rating of ±{greatest:g}. Bring its ratings to ±{kept:g}, or "
            f"import all lists into a new world, the first with --full-trust {_scale(greatest, None):g}."
        )
