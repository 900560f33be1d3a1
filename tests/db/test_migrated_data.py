"""Migrations with data in the tables: every revision of every line, up and down, step by step.

`migration_data/STORE_NNNN.sql` is run when a revision was just reached: it fills what the revision has added,
so that at the end no table is empty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import asyncpg
import pytest

from db import migrations
from db.migrations import Store

DATA = Path(__file__).parent / "migration_data"
STORES: tuple[Store, ...] = get_args(Store)
OURS = "relnamespace = 'public'::regnamespace AND NOT relispartition"
TABLES = f"""
SELECT relname FROM pg_class
 WHERE {OURS} AND relkind IN ('r', 'p') AND relname !~ '^(alembic_version|schema_versions)'
"""
# Everything that a table, a view, a function or a trigger is made of, but for partitions.
SHAPE = f"""
WITH relation AS (SELECT oid, relname, relkind FROM pg_class WHERE {OURS})
SELECT 'column', relname || '.' || attname, concat_ws(
           ' ', format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid))
  FROM pg_attribute JOIN relation r ON r.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint', relname || '.' || conname, pg_get_constraintdef(c.oid)
  FROM pg_constraint c JOIN relation r ON r.oid = conrelid
UNION ALL
SELECT 'index', relname, pg_get_indexdef(oid) FROM relation WHERE relkind IN ('i', 'I')
UNION ALL
SELECT 'view', relname, pg_get_viewdef(oid) FROM relation WHERE relkind = 'v'
UNION ALL
SELECT 'trigger', relname || '.' || tgname, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN relation r ON r.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid))
  FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""


@pytest.mark.parametrize("store", STORES)
async def test_every_revision_up_and_down_with_data(database: str, store: Store) -> None:
    revisions = migrations.revisions(store)
    shapes: dict[str, Any] = {}
    for revision in revisions:
        before = await counts(database)
        await migrations.migrate(database, store, revision)
        assert lost(before, await counts(database)) == {}, f"going up to {revision}"
        shapes[revision] = await shape(database)
        await fill(database, store, revision)
    assert [table for table, rows in (await counts(database)).items() if not rows] == [], (
        f"add rows to a file of {DATA.name}"
    )

    for below, revision in zip(revisions[-2::-1], revisions[::-1], strict=False):
        before = await counts(database)
        await migrations.migrate(database, store, below)
        assert await shape(database) == shapes[below], f"{revision} is not taken back whole"
        after = await counts(database)
        assert lost({table: before[table] for table in after if table != "graph_changes"}, after) == {}

    await migrations.migrate(database, store)
    assert await shape(database) == shapes[revisions[-1]]
    await migrations.migrate(database, store, "base")
    assert await counts(database) == {}


async def fill(url: str, store: Store, revision: str) -> None:
    """Add what belongs to a revision."""
    file = DATA / f"{store}_{revision}.sql"
    if file.exists():
        conn = await asyncpg.connect(url)
        await conn.execute(file.read_text())
        await conn.close()


async def counts(url: str) -> dict[str, int]:
    """For each table how many rows it has."""
    conn = await asyncpg.connect(url)
    try:
        tables = sorted(record[0] for record in await conn.fetch(TABLES))
        return {table: await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    finally:
        await conn.close()


async def shape(url: str) -> dict[tuple[str, str], str]:
    """What there is, and how it is defined."""
    conn = await asyncpg.connect(url)
    try:
        return {(kind, name): definition for kind, name, definition in await conn.fetch(SHAPE)}
    finally:
        await conn.close()


def lost(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The tables that have other numbers of rows now."""
    return {table: after.get(table, 0) for table, rows in before.items() if after.get(table) != rows}


def test_data_belongs_to_revisions() -> None:
    known = {f"{store}_{revision}.sql" for store in STORES for revision in migrations.revisions(store)}

    assert {file.name for file in DATA.iterdir()} - known == set()
