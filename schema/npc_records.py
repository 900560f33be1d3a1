"""Records, as clients see them: what NPCs have to show for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import resolvers.npc_records
from db.main import worlds
from db.main.npc_records import RecordRow
from schema.base import backed_by, one, resolve
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.worlds import World


@backed_by(RecordRow)
class Record:
    """What an NPC has to show for itself, in a world or in all of its worlds."""

    battles_won: BigInt
    """How many battles it won."""
    battles_lost: BigInt
    """How many it lost."""
    battles_drawn: BigInt
    """How many nobody won."""
    win_rate: float | None = resolve(
        resolvers.npc_records.win_rate, needs=("battles_won", "battles_lost", "battles_drawn")
    )
    resources_gained: BigInt
    """The loot that it carried home."""
    resources_lost: BigInt
    """The loot that was carried from it."""
    predictions: BigInt
    """How many battles it had predicted, as far as that was looked at later."""
    prediction_accuracy: float | None = resolve(
        resolvers.npc_records.prediction_accuracy, needs=("accuracy_sum", "predictions")
    )
    trades: BigInt
    """How many trades it began or joined."""
    trades_completed: BigInt
    """How many of them were completed."""
    traded_away: BigInt
    """The resources that it gave in those."""
    traded_for: BigInt
    """The resources that it got in those."""
    decisions: BigInt
    """How many decisions it made."""
    decisions_executed: BigInt
    """How many of them were carried out."""
    outcomes_measured: BigInt
    """Of how many it is known how they turned out."""
    outcomes_successful: BigInt
    """How many of these turned out well."""
    success_rate: float | None = resolve(
        resolvers.npc_records.success_rate, needs=("outcomes_successful", "outcomes_measured")
    )
    decisions_by_llm: BigInt
    """How many decisions its language model was asked for."""
    llm_latency_ms: float | None = resolve(
        resolvers.npc_records.llm_latency_ms, needs=("llm_latency_sum", "llm_calls_timed")
    )
    messages_sent: BigInt
    """How many messages it wrote."""
    messages_by_llm: BigInt
    """How many of these its language model wrote."""
    replies: BigInt
    """How many of these were answered."""
    messages_received: BigInt
    """How many messages it got."""
    world: World | None = one(worlds.BY_ID, key=("world_id",))
    """The world; null: all of its worlds together."""


@backed_by(resolvers.npc_records.NpcRecord)
class NpcRecord:
    """What an NPC has to show for itself, over all its worlds and in each."""

    worlds: int
    """How many worlds it is of."""
    total: Record
    """All of its worlds together."""
    per_world: list[Record]
    """Each of its worlds, by their ids."""
