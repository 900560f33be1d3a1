"""The context of an NPC rests on what it may know: whatever others feel, plan and hide changes no byte of
it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.asking import Ask
from tests.resolvers.test_diplomacy import CONTEXT
from tests.world import Alliance, Npc, World

NOW = datetime.now(UTC)


async def told(ask: Ask, world: World, npc: Npc) -> bytes:
    """Everything an NPC is told, the version apart."""
    asked = await ask(CONTEXT, viewer=npc, world=world.world_id, npc=npc.npc_id, budget=8_000)
    found: dict[str, Any] = asked["diplomacyContext"]
    del found["version"]
    return orjson.dumps(found)


async def drama(world: World) -> tuple[Npc, Npc, Npc, Alliance]:
    """Bela of the Reds, with friends and foes; Otto and Hugo, who have secrets."""
    bela, otto, hugo = [await world.npc(name, capital_x=1, capital_y=2) for name in ("Bela", "Otto", "Hugo")]
    reds = await world.alliance("Reds", [bela])
    blues, greens = await world.alliance("Blues", [otto]), await world.alliance("Greens", leader=hugo)
    await world.treaty("confederacy", reds, blues)
    await world.treaty("war", greens, reds)
    await world.treaty("nap", bela, otto, secret=True)
    await world.trusts(bela, otto, 40)
    await world.trusts(bela, hugo, -40)
    await world.trusts(otto, bela, 10)
    await world.memory(bela, otto, hugo, lesson_learned="Trust Otto.")
    return bela, otto, hugo, blues


async def test_what_others_feel_and_hide_changes_no_byte(world: World, ask: Ask) -> None:
    bela, otto, hugo, blues = await drama(world)
    whites, pinks = await world.alliance("Whites"), await world.alliance("Pinks")
    before, version = await told(ask, world, bela), await world.version()
    await world.trusts(otto, bela, -90, kind="lied_to_me", note="I hate Bela.")
    await world.regards(otto, bela, relationship_type="enemy", predicted_next_action="dies")
    await world.trusts(hugo, otto, 100)
    await world.treaty("confederacy", otto, hugo, secret=True)
    await world.treaty("confederacy", blues, whites, secret=True)
    await world.treaty("war", blues, pinks, secret=True)
    await world.memory(otto, bela, importance=1.0, lesson_learned="Strike Bela on day 3.")
    await world.run(
        "UPDATE npc_world_state SET threat_level = 1, strategic_goal = 'Burn the Reds', total_wood = 9"
        " WHERE world_id = $1 AND npc_id <> $2",
        world.world_id,
        bela.npc_id,
    )
    assert await told(ask, world, bela) == before
    assert await world.version() > version


async def test_what_is_its_own_or_public_does_change_it(world: World, ask: Ask) -> None:
    bela, otto, hugo, blues = await drama(world)
    seen = [await told(ask, world, bela)]

    async def changed() -> bool:
        seen.append(await told(ask, world, bela))
        return seen[-1] != seen[-2]

    await world.trusts(bela, hugo, -10)
    assert await changed()
    await world.treaty("war", await world.alliance("Whites"), blues)
    assert await changed()
    await world.treaty("nap", bela, hugo, status="proposed", secret=True)
    assert await changed()
    await world.memory(bela, otto, occurred_at=NOW - timedelta(hours=1))
    assert await changed()
    await world.leaves(otto)
    assert await changed()
