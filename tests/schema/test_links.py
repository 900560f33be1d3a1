"""Links: one that may lead nowhere says so in its type, or its null would take the whole list with it."""

from __future__ import annotations

from typing import Any, cast

from graphql import is_non_null_type, is_object_type

from db.reads import Read, Store
from engine.relations import Either, Many, One, reads_of
from tests.asking import Ask, relations, schema
from tests.world import World


def test_a_link_to_what_is_private_or_in_another_store_may_be_null() -> None:
    sure = []
    for name, relation in relations():
        parent = schema()._schema.type_map[name.partition(".")[0]]
        assert is_object_type(parent)
        field = parent.fields[name.partition(".")[2]]
        reads = [cast(Read[Any], read) for read in reads_of(relation)]
        hidden = any(not read.visible.is_public for read in reads) and isinstance(relation, One | Either)
        elsewhere = any(read.store is not Store.MAIN for read in reads) and isinstance(relation, One | Many)
        if is_non_null_type(field.type) and (hidden or elsewhere):
            sure.append(name)

    assert sure == []


async def test_an_npc_that_plays_no_longer_is_still_remembered_as_one_who_did(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.player("Otto")
    await world.trusts(bela, otto, 5)
    await world.memory(bela)
    await world.run("UPDATE players SET npc_id = NULL WHERE world_id = $1", world.world_id)

    found = await ask(
        """query ($world: String!, $npc: Int!) {
          relationships(worldId: $world) { nodes { trustScore truster { name } player { name } } }
          npc(npcId: $npc) {
            player(worldId: $world) { name }
            memories(worldId: $world) { nodes { truster { name } } }
          }
        }""",
        world=world.world_id,
        npc=bela.npc_id,
    )

    assert found == {
        "relationships": {"nodes": [{"trustScore": 5, "truster": None, "player": {"name": otto.name}}]},
        "npc": {"player": None, "memories": {"nodes": [{"truster": None}]}},
    }
