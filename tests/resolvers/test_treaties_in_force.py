"""Treaties that are in force: active, and their time not over, whether or not anybody has settled them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.asking import Ask
from tests.world import World

ALL = """
query ($world: String!, $inForce: Boolean) {
  treaties(worldId: $world, inForce: $inForce, orderBy: OLDEST) { nodes { type status isInForce } totalCount }
}
"""
CONFEDERACY = {"type": "CONFEDERACY", "status": "ACTIVE", "isInForce": False}
NAP = {"type": "NAP", "status": "ACTIVE", "isInForce": True}
TRADE = {"type": "TRADE_AGREEMENT", "status": "ACTIVE", "isInForce": True}
WAR = {"type": "WAR", "status": "CANCELLED", "isInForce": False}


@pytest.mark.parametrize(
    ("in_force", "found"),
    [(None, [CONFEDERACY, NAP, TRADE, WAR]), (True, [NAP, TRADE]), (False, [CONFEDERACY, WAR])],
)
async def test_a_treaty_is_in_force_until_its_time_is_over(
    world: World, ask: Ask, in_force: bool | None, found: list[dict[str, object]]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    now = datetime.now(UTC)
    over, lasting = now - timedelta(hours=1), now + timedelta(hours=1)
    await world.treaty("confederacy", bela, otto, starts_at=now - timedelta(2), ends_at=over)
    await world.treaty("nap", bela, otto, ends_at=lasting)
    await world.treaty("trade_agreement", bela, otto)
    await world.treaty("war", bela, otto, status="cancelled", ends_at=lasting)

    answer = await ask(ALL, world=world.world_id, inForce=in_force)

    assert answer["treaties"] == {"nodes": found, "totalCount": len(found)}
