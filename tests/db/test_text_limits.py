"""Everything that somebody wrote has a limit, in the database too."""

from __future__ import annotations

import asyncpg

from tests.world import World

# Those of types with a length of their own, or with few values, have one by that.
UNLIMITED = """
SELECT c.table_name || '.' || c.column_name
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND c.data_type = 'text' AND t.table_type = 'BASE TABLE'
   AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.table_name::regclass)
   AND NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c'
                      AND pg_get_constraintdef(k.oid) ~ ('(length|IN|ANY).*' || c.column_name || '|'
                                                         || c.column_name || '.*(IN|ANY)'))
 ORDER BY 1
"""
OURS = {
    "schema_versions.description",
    "schema_versions.rollback_script",
    "treaty_states.a_party",
    "treaty_states.b_party",
}
"""What nobody but us writes."""


async def test_every_text_has_a_limit(world: World) -> None:
    await world.village(await world.player("Bela"))
    of_world = await asyncpg.connect(world.urls.world(world.world_id))

    found = {record[0] for record in [*await world.run(UNLIMITED), *await of_world.fetch(UNLIMITED)]}
    await of_world.close()

    assert found == OURS
