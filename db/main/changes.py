"""Changes: the feed of a world, numbered without gaps in the order of commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any

from db.affected import affected
from db.connection import Connection
from db.main.treaties import PARTY_OF_THE_TREATY
from db.reads import Column, Filter, Read
from db.viewer import Visible

KEPT = timedelta(days=90)
"""For how long changes stay in the feed."""


class ChangeKind(Enum):
    """What changed."""

    ALLIANCE = "alliance"
    """An alliance: founded, changed, disbanded, removed."""
    MEMBERSHIP = "membership"
    """Who is in an alliance, and as what: joined, changed, left."""
    TREATY = "treaty"
    """A treaty or war: its new status, changed, removed."""
    RELATIONSHIP = "relationship"
    """A relationship that was removed; all else that happens to one is told as trust."""
    TRUST = "trust"
    """A trust event that was recorded, or a score that faded by a whole number."""
    LOAD = "load"
    """Many rows at once, whose changes are not told one by one."""
    DECISION = "decision"
    """A decision of an NPC: made, executed, measured, changed."""
    MESSAGE = "message"
    """A message: sent, received, read, answered, changed."""
    BATTLE = "battle"
    """A battle as an NPC went through it: fought, changed, removed."""
    TRADE = "trade"
    """A trade of an NPC: its new status, changed."""


class ChangeOrder(Enum):
    """How changes are ordered."""

    COMMITTED = "seq"
    """As they were committed, the first one first."""
    RECENT = "seq DESC"
    """The last one first."""


def _of(kind: str, name: str) -> Column:
    """The id in the data of changes of one kind."""
    return Column(f"CASE t.kind WHEN '{kind}' THEN (t.data ->> '{name}')::bigint END")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of a world."""

    world_id: str
    seq: int
    version: int
    kind: ChangeKind
    event: Annotated[str | None, Column("t.data ->> 'event'")]
    npc_id: int | None
    player_id: int | None
    alliance_id: int | None
    treaty_id: int | None
    trust_event_id: Annotated[int | None, _of("trust", "event_id")]
    decision_id: Annotated[int | None, _of("decision", "decision_id")]
    message_id: Annotated[int | None, _of("message", "message_id")]
    battle_record_id: Annotated[int | None, _of("battle", "record_id")]
    trade_record_id: Annotated[int | None, _of("trade", "record_id")]
    data: dict[str, Any]
    is_public: bool
    recorded_at: datetime


# A secret treaty's changes are told to whom the treaty binds now; once it is removed, to nobody.
TOLD = Visible(
    when="t.is_public OR t.npc_id = k.viewer_npc_id"
    f" OR (t.npc_id IS NULL AND t.treaty_id IS NOT NULL AND {PARTY_OF_THE_TREATY.when})"
)

OF_WORLD = Read(
    ChangeRow,
    "graph_changes",
    key=("world_id",),
    orders=ChangeOrder,
    ties=("seq",),
    filters=(
        Filter("kind", ChangeKind, "t.kind = {}", "Only changes of this kind."),
        Filter("about_player_id", int, "t.player_id = {}", "Only changes about this player."),
        Filter("since", datetime, "t.recorded_at >= {}", "Only what was recorded at this moment or later."),
    ),
    visible=TOLD,
)


# Only the beginning of each feed is looked at, by its key: an index by time would cost every change.
FORGET = """
DELETE FROM graph_changes f
 USING (SELECT w.world_id, first.seq
          FROM worlds w
         CROSS JOIN LATERAL (
               SELECT c.seq, c.recorded_at FROM graph_changes c
                WHERE c.world_id = w.world_id ORDER BY c.seq LIMIT $2) first
         WHERE first.recorded_at < $1) old
 WHERE f.world_id = old.world_id AND f.seq = old.seq
"""


async def forgotten(conn: Connection, at: datetime, most: int) -> int:
    """Remove changes that have been kept for long enough, at most so many of each world; says how many."""
    return affected(await conn.execute(FORGET, at - KEPT, most))
