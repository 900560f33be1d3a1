"""Rows of the estates, for the world's own database: what NPCs' villages have, and how they are built up."""

from __future__ import annotations

from typing import Any

from db.main.histories import Table
from entente.demo.estates import Built, Estate, cost
from entente.demo.rows.book import Book, Row

RESOURCES = (
    "village_id", "player_id", "wood", "clay", "iron", "wheat", "warehouse_capacity", "granary_capacity",
    "production_rate_wood", "production_rate_clay", "production_rate_iron", "production_rate_wheat",
    "updated_at",
)  # fmt: skip
BUILDINGS = ("village_id", "slot", "player_id", "building_name", "level")
TROOPS = ("village_id", "unit", "player_id", "at_home", "away")
CONFIGS = (
    "village_id", "npc_id", "village_type", "current_build_phase", "resource_priority", "auto_raid_enabled",
    "created_at", "updated_at",
)  # fmt: skip
LEVEL = ("building_name", "from_level", "to_level", "queued_at", "started_at")
COSTS = ("cost_wood", "cost_clay", "cost_iron", "cost_wheat", "decision_reason")
QUEUE = ("id", "village_id", "player_id", "npc_id", "slot", *LEVEL, "completes_at", *COSTS)
HISTORY = (
    "id", "village_id", "npc_id", *LEVEL, "completed_at", *COSTS, "wait_time_seconds", "build_time_seconds",
    "created_at",
)  # fmt: skip


def resources(book: Book) -> Table:
    """What lies in the stores."""
    rows = [
        (*_whose(one), *one.stores, one.capacity, one.capacity, *one.production, book.ends)
        for one in book.history.estates
    ]
    return Table("village_resources", RESOURCES, rows, len(rows))


def buildings(book: Book) -> Table:
    """What stands."""
    rows = [
        (one.village.village_id, building.slot, one.village.player_id, building.name, building.level)
        for one in book.history.estates
        for building in one.buildings
    ]
    return Table("village_buildings", BUILDINGS, rows, len(rows))


def troops(book: Book) -> Table:
    """Who is fed."""
    rows = [
        (one.village.village_id, unit, one.village.player_id, at_home, away)
        for one in book.history.estates
        for unit, at_home, away in one.troops
    ]
    return Table("troops", TROOPS, rows, len(rows))


def configs(book: Book) -> Table:
    """How each is to be run."""
    rows = [
        (
            one.village.village_id, book.npc_ids[one.person], one.kind, one.phase,
            dict(zip(("wood", "clay", "iron", "wheat"), one.priority, strict=True)), one.kind == "military",
            book.begins, book.begins,
        )
        for one in book.history.estates
    ]  # fmt: skip
    return Table("npc_village_config", CONFIGS, rows, len(rows))


def queue(book: Book) -> Table:
    """What is being built, and what waits."""
    rows: list[Row] = []
    for one in book.history.estates:
        for queued in one.queued:
            npc_id, slot = book.npc_ids[one.person], queued.building.slot
            rows.append((len(rows) + 1, *_whose(one), npc_id, slot, *_level(book, one, queued)))
    return Table("build_queue", QUEUE, rows, len(rows), len(rows))


def builds(book: Book) -> Table:
    """What was built last."""
    rows: list[Row] = []
    for one in book.history.estates:
        for built in one.built:
            assert built.started_at is not None
            assert built.done_at is not None
            times = (built.started_at - built.queued_at, built.done_at - built.started_at)
            whose = (one.village.village_id, book.npc_ids[one.person])
            done = (*_level(book, one, built), *times, book.at(built.done_at))
            rows.append((len(rows) + 1, *whose, *done))
    return Table("npc_build_queue_history", HISTORY, rows, len(rows), len(rows))


def _whose(one: Estate) -> tuple[int, int]:
    return one.village.village_id, one.village.player_id


def _level(book: Book, one: Estate, built: Built) -> tuple[Any, ...]:
    level = built.building.level
    moments = (book.at(second) for second in (built.queued_at, built.started_at, built.done_at))
    return built.building.name, level - 1, level, *moments, *cost(level), one.reason
