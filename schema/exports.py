"""Exports, as clients see them: how far one is."""

from __future__ import annotations

from datetime import datetime

import strawberry

import resolvers.exports
from resolvers.exports import ExportStatus
from schema.access import ADMINS
from schema.base import backed_by, resolve
from schema.scalars import BigInt


@backed_by(resolvers.exports.ExportJob, only=ADMINS)
class ExportJob:
    """An export of a world."""

    export_id: strawberry.ID
    """Its id, on this server."""
    world_id: str
    """The world."""
    status: ExportStatus
    """How far it is."""
    table: str | None
    """The table whose rows were written last."""
    rows: BigInt
    """How many of its rows are written."""
    rows_of_table: BigInt
    """How many it has."""
    started_at: datetime
    """When it began."""
    finished_at: datetime | None
    """When it was over; an hour later it is removed."""
    problem: str | None
    """Why it failed."""
    path: str | None = resolve(resolvers.exports.path, needs=("export_id", "status"))
