"""Trust, as it is asked for: who trusts whom how far, and why."""

from __future__ import annotations

from typing import Any

import pytest

from db.viewer import Role, Viewer
from tests.asking import Ask
from tests.world import World

TRUST = """
query ($world: String!, $truster: Int!, $trusted: [Int!]!, $paths: Int! = 0) {
  trust(worldId: $world, trusterPlayerId: $truster, trustedPlayerIds: $trusted, paths: $paths) {
    truster { name } trusted { name } direct inferred stated level kind confidence low high
    contributions { term label points } paths { trusts strength players { name } } version asOf
  }
}
"""


async def asked(
    ask: Ask, world: World, truster: int, *trusted: int, paths: int = 0
) -> list[dict[str, Any] | None]:
    data = await ask(TRUST, world=world.world_id, truster=truster, trusted=list(trusted), paths=paths)
    found: list[dict[str, Any] | None] = data["trust"]
    return found


async def test_own_experience_is_the_direct_part(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.trusts(bela, otto, 80)

    (found,) = await asked(ask, world, bela.player_id, otto.player_id)

    assert found is not None
    assert (found["truster"]["name"], found["trusted"]["name"]) == (bela.name, otto.name)
    assert found["direct"] == await world.trust(bela, otto) == 80
    assert found["level"] == "TRUSTED_ALLY"
    assert found["kind"] == "DIRECT"
    assert found["low"] <= found["stated"] <= found["high"]
    assert found["version"] == await world.version()


async def test_what_others_tell_explains_a_stranger(world: World, ask: Ask) -> None:
    bela, otto, cili = [await world.npc(name) for name in ("Bela", "Otto", "Cili")]
    await world.trusts(bela, otto, 90)
    await world.trusts(otto, cili, 60)

    (found,) = await asked(ask, world, bela.player_id, cili.player_id, paths=1)

    assert found is not None
    assert found["direct"] is None
    assert found["kind"] == "INFERRED"
    assert found["stated"] == found["inferred"] > 0
    assert sum(one["points"] for one in found["contributions"]) == pytest.approx(found["stated"])
    (path,) = found["paths"]
    assert [one["name"] for one in path["players"]] == [bela.name, otto.name, cili.name]
    assert path["trusts"] == [90, 60]
    assert path["strength"] == pytest.approx(54)


async def test_the_answers_come_in_the_order_asked_with_null_for_nobody(world: World, ask: Ask) -> None:
    bela, otto, hugo = await world.npc("Bela"), await world.npc("Otto"), await world.player("Hugo")
    wanted = (hugo.player_id, 777, bela.player_id, otto.player_id, hugo.player_id, -1)

    found = await asked(ask, world, bela.player_id, *wanted)

    names = [one and one["trusted"]["name"] for one in found]
    assert names == [hugo.name, None, None, otto.name, hugo.name, None]


async def test_a_human_trusts_too(world: World, ask: Ask) -> None:
    bela, hugo = await world.npc("Bela"), await world.player("Hugo")

    (found,) = await asked(ask, world, hugo.player_id, bela.player_id)

    assert found is not None
    assert found["direct"] is None


async def test_nobody_of_an_unknown_world_or_truster_is_trusted(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    nowhere = await ask(TRUST, world="nowhere", truster=1, trusted=[2, 3])

    assert nowhere == {"trust": [None, None]}
    assert await asked(ask, world, 777, bela.player_id) == [None]
    assert await asked(ask, world, bela.player_id) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"trusted": list(range(101))}, "trustedPlayerIds must be at most 100, not 101."),
        ({"paths": -1}, "paths must be between 0 and 5, not -1."),
        ({"paths": 6}, "paths must be between 0 and 5, not 6."),
    ],
)
async def test_too_much_is_refused(wrong: dict[str, Any], told: str, world: World, ask: Ask) -> None:
    query = """query ($world: String!, $truster: Int!, $trusted: [Int!]!, $paths: Int! = 0) {
      trust(worldId: $world, trusterPlayerId: $truster, trustedPlayerIds: $trusted, paths: $paths) { stated }
    }"""
    answer = await ask.anyway(query, **{"world": world.world_id, "truster": 1, "trusted": [2], **wrong})

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.messages == [told]


@pytest.mark.parametrize("viewer", [Viewer(Role.BRAIN, 1), Viewer(Role.VIEWER)])
async def test_it_rests_on_facts_that_not_everybody_may_know(viewer: Viewer, world: World, ask: Ask) -> None:
    answer = await ask.anyway(TRUST, viewer=viewer, world=world.world_id, truster=1, trusted=[2])

    assert answer.codes == ["FORBIDDEN"]
