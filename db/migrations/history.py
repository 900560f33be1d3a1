"""What was applied to a database, when, and how it is taken back: what schema_versions tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from db.migrations import Store


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that a database has."""

    version: str
    description: str
    applied_at: datetime
    rollback_script: str


APPLIED = """
SELECT version, description, applied_at, rollback_script FROM schema_versions
 WHERE starts_with(version, $1) ORDER BY version
"""


async def applied(url: str, store: Store) -> list[Applied]:
    """The revisions of this kind of store that a database has, oldest first."""
    conn = await asyncpg.connect(url)
    try:
        return [Applied(*record) for record in await conn.fetch(APPLIED, f"{store}/")]
    except asyncpg.UndefinedTableError:
        return []
    finally:
        await conn.close()
