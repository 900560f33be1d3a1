"""Every trait of a behaviour template is there and between 0 and 1."""

from __future__ import annotations

import asyncpg
import pytest

from tests.world import TRAITS, World

WRONG = [
    "'[]'",
    "'null'",
    "'0.5'",
    "'{}'",
    *(f"behavior_template - '{trait}'" for trait in TRAITS),
    *(
        f"behavior_template || '{{\"economy\": {value}}}'"
        for value in ("1.01", "-0.1", "1e400", '"0.5"', "null", "[]")
    ),
    "behavior_template || '{\"goals\": 3}'",
    "behavior_template || '{\"building_priority\": {}}'",
]


@pytest.mark.parametrize("template", WRONG)
async def test_a_template_that_lacks_a_trait_or_has_a_wrong_one_is_refused(
    world: World, template: str
) -> None:
    bela = await world.npc("Bela")

    with pytest.raises(asyncpg.CheckViolationError, match="valid_personality"):
        await world.run(f"UPDATE npcs SET behavior_template = {template} WHERE id = $1", bela.npc_id)


async def test_what_else_is_in_a_template_is_kept(world: World) -> None:
    bela = await world.npc("Bela", traits={"cunning": 7, "patience": 0, "economy": 1})

    kept = await world.value("SELECT behavior_template ->> 'cunning' FROM npcs WHERE id = $1", bela.npc_id)

    assert kept == "7"


async def test_a_dump_can_be_restored(world: World) -> None:
    bela = await world.npc("Bela")
    zed = await world.player("Zed")
    pact = await world.treaty("nap", bela, zed)

    async with world.transaction() as conn:
        # As pg_dump's scripts set it; the checks of the tables have to get along with it.
        await conn.execute("SET LOCAL search_path = ''")
        await conn.execute(
            "UPDATE public.npcs SET behavior_template = behavior_template WHERE id = $1", bela.npc_id
        )
        await conn.execute("SET LOCAL session_replication_role = 'replica'")
        await conn.execute(
            "UPDATE public.treaties SET terms = '{\"a\": 1}' WHERE treaty_id = $1", pact.treaty_id
        )
