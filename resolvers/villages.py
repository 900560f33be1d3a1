"""Villages: what game servers report of them is taken in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import strawberry

from db.connection import Connection
from db.main import players
from db.world import reports, villages
from db.world.reports import Known
from db.world.villages import VillageRow
from resolvers.changes import Change, aside
from resolvers.context import Info
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import kept_whole
from resolvers.village_reports import ReportVillageInput, ReportVillagesInput, Told, checked, costs_of
from resolvers.world_database import database_of


@dataclass(frozen=True, slots=True)
class ReportRefused:
    """A report of a village that was not taken in, and why."""

    village_id: int
    code: RefusalCode
    message: str


@kept_whole
@dataclass(frozen=True, slots=True)
class VillagesReported:
    """What became of the reports of several villages."""

    accepted: int
    refused: list[ReportRefused]


async def report_villages(
    info: Info,
    input: Annotated[ReportVillagesInput, strawberry.argument(description="What there is to tell.")],
) -> VillagesReported | Refusal:
    """Tell what there is in villages: each report is taken in or refused by itself, all in one
    transaction."""
    told = checked(input.villages, info.context.now)
    return await aside(info, input, lambda under_way: _take_in(info, under_way, told))


async def report_village(
    info: Info,
    input: Annotated[ReportVillageInput, strawberry.argument(description="What there is to tell.")],
) -> VillageRow | Refusal:
    """Tell what there is in one village."""
    told = checked([input.village], info.context.now)
    return await aside(info, input, lambda under_way: _take_in_one(info, under_way, told))


async def _take_in_one(info: Info, change: Change, told: Sequence[Told]) -> VillageRow:
    async with database_of(info, change) as conn:
        for refused in (await _taken_in(change, conn, told)).refused:
            refuse(refused.code, refused.message)
        village = await villages.lock(conn, change.world_id, told[0].report.village_id)
    assert village is not None
    return village


async def _take_in(info: Info, change: Change, told: Sequence[Told]) -> VillagesReported:
    async with database_of(info, change) as conn:
        return await _taken_in(change, conn, told)


@dataclass(slots=True)
class Intake:
    """Reports that are being taken in: those accepted, with the owners of their villages, and the others."""

    accepted: list[Told] = field(default_factory=list)
    owners: dict[int, int] = field(default_factory=dict)
    refused: list[ReportRefused] = field(default_factory=list)

    def refuse(self, told: Told, code: RefusalCode, message: str) -> None:
        """Take no notice of this one."""
        self.refused.append(ReportRefused(told.report.village_id, code, message))


async def _taken_in(change: Change, conn: Connection, told: Sequence[Told]) -> VillagesReported:
    known = await reports.lock(conn, [one.report.village_id for one in told])
    owners = {one.report.on_map.player_id for one in told if one.report.on_map is not None}
    unknown = set(await players.unknown(change.conn, change.world_id, sorted(owners)))
    intake = Intake()
    for one in told:
        _judge(intake, one, known.get(one.report.village_id), unknown)
    await _write(change, conn, intake)
    return VillagesReported(len(intake.accepted), intake.refused)


def _judge(intake: Intake, told: Told, known: Known | None, unknown: set[int]) -> None:
    on_map = told.report.on_map
    if known is None and on_map is None:
        intake.refuse(
            told, RefusalCode.NOT_FOUND, "There is no such village: pass onMap to say where it stands."
        )
    elif on_map is not None and on_map.player_id in unknown:
        intake.refuse(told, RefusalCode.NOT_FOUND, f"There is no player {on_map.player_id} in this world.")
    elif known is not None and known.reported_at is not None and told.at < known.reported_at:
        newer = f"{known.reported_at:%Y-%m-%dT%H:%M:%SZ}"
        intake.refuse(told, RefusalCode.OUTDATED, f"Something newer was told already, as of {newer}.")
    else:
        intake.accepted.append(told)
        owner = on_map.player_id if on_map is not None else known.player_id if known is not None else 0
        intake.owners[told.report.village_id] = owner


async def _write(change: Change, conn: Connection, intake: Intake) -> None:
    rows = [_map_row(one) for one in intake.accepted if one.report.on_map is not None]
    if rows:
        await reports.put_on_map(conn, rows)
    await _put_all(conn, intake, reports.RESOURCES, "resources", _resources_rows)
    await _put_all(conn, intake, reports.BUILDINGS, "buildings", _building_rows)
    await _put_all(conn, intake, reports.TROOPS, "troops", _troops_rows)
    await _put_queues(change, conn, intake)
    ids = [one.report.village_id for one in intake.accepted]
    await reports.reported(conn, ids, [one.at for one in intake.accepted])


Rows = list[tuple[Any, ...]]


async def _put_all(
    conn: Connection, intake: Intake, kind: reports.Kind, name: str, rows_of: Callable[[Told, int], Rows]
) -> None:
    telling = [one for one in intake.accepted if getattr(one.report, name) is not None]
    if telling:
        rows = [row for one in telling for row in rows_of(one, intake.owners[one.report.village_id])]
        await reports.put(conn, kind, [one.report.village_id for one in telling], rows)


async def _put_queues(change: Change, conn: Connection, intake: Intake) -> None:
    telling = [one for one in intake.accepted if one.report.build_queue is not None]
    if telling:
        owners = [intake.owners[one.report.village_id] for one in telling]
        npcs = await players.npcs_of(change.conn, change.world_id, owners)
        rows = [
            row for one, owner in zip(telling, owners, strict=True) for row in _queue_rows(one, owner, npcs)
        ]
        ids = [one.report.village_id for one in telling]
        await reports.put_queue(conn, ids, [one.at for one in telling], rows)


def _map_row(told: Told) -> tuple[Any, ...]:
    on_map = told.report.on_map
    assert on_map is not None
    return (
        told.report.village_id, on_map.tile_id, on_map.x, on_map.y, on_map.name, on_map.player_id,
        on_map.tribe.value, on_map.population, on_map.region, on_map.is_capital, on_map.is_city,
        on_map.has_harbour, on_map.victory_points, told.at,
    )  # fmt: skip


def _resources_rows(told: Told, owner: int) -> Rows:
    has = told.report.resources
    assert has is not None
    return [(
        told.report.village_id, owner, has.wood, has.clay, has.iron, has.wheat, has.warehouse_capacity,
        has.granary_capacity, has.production_rate_wood, has.production_rate_clay, has.production_rate_iron,
        has.production_rate_wheat, told.at,
    )]  # fmt: skip


def _building_rows(told: Told, owner: int) -> Rows:
    village_id = told.report.village_id
    return [
        (village_id, one.slot, owner, one.building_name, one.level) for one in told.report.buildings or ()
    ]


def _troops_rows(told: Told, owner: int) -> Rows:
    village_id = told.report.village_id
    return [(village_id, one.unit, owner, one.at_home, one.away) for one in told.report.troops or ()]


def _queue_rows(told: Told, owner: int, npcs: dict[int, int]) -> Rows:
    return [
        (
            told.report.village_id, owner, npcs.get(owner), one.building_name, one.slot, one.from_level,
            one.to_level, one.queued_at or one.started_at or told.at, one.started_at, one.completes_at,
            *costs_of(one),
        )
        for one in told.report.build_queue or ()
    ]  # fmt: skip
