"""The members of an alliance are the truth: players, NPCs, counts and leaders follow them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.world import Alliance, Npc, Player, World

MOVE = "UPDATE players SET alliance_id = $3 WHERE world_id = $1 AND player_id = $2"
PLAYS = "INSERT INTO npc_world_state (world_id, npc_id, player_id) VALUES ($1, $2, $3)"
NEW_LEADER = """
UPDATE alliance_members SET role = CASE WHEN player_id = $2 THEN 'leader' ELSE 'co-leader' END
 WHERE world_id = $1
"""
ANOTHER_NPC = """
INSERT INTO npcs (name, tribe, personality, behavior_template)
SELECT $1, tribe, personality, behavior_template FROM npcs WHERE id = $2 RETURNING id
"""
ALLIANCE = """
SELECT total_members, npc_members, leader_id, npc_leader_id
  FROM alliances WHERE world_id = $1 AND alliance_id = $2
"""
STANDING = """
SELECT p.alliance_id, s.alliance_id AS of_npc, s.alliance_role
  FROM players p JOIN npc_world_state s USING (world_id, player_id) WHERE p.world_id = $1 AND p.player_id = $2
"""
HISTORY = """
SELECT alliance_id, left_at IS NOT NULL AS has_left
  FROM alliance_members WHERE world_id = $1 AND player_id = $2 ORDER BY member_id
"""


async def test_those_who_join_and_leave_are_counted(world: World) -> None:
    bela, otto, zed = await world.npc("Bela"), await world.npc("Otto"), await world.player("Zed")
    reds = await world.alliance("Reds", [otto, zed], leader=bela)

    assert await _alliance(world, reds) == (3, 2, bela.player_id, bela.npc_id)
    assert await _standing(world, otto) == (reds.alliance_id, reds.alliance_id, "member")
    assert await _standing(world, bela) == (reds.alliance_id, reds.alliance_id, "leader")

    await world.leaves(bela)

    assert await _alliance(world, reds) == (2, 1, None, None)
    assert await _standing(world, bela) == (None, None, None)


async def test_a_new_leader_is_the_alliances_leader(world: World) -> None:
    bela, zed = await world.npc("Bela"), await world.player("Zed")
    reds = await world.alliance("Reds", [zed], leader=bela)

    await world.run(NEW_LEADER, world.world_id, zed.player_id)

    assert await _alliance(world, reds) == (2, 1, zed.player_id, None)
    assert await _standing(world, bela) == (reds.alliance_id, reds.alliance_id, "co-leader")


async def test_a_player_who_is_moved_from_outside_leaves_and_joins(world: World) -> None:
    bela, zed = await world.npc("Bela"), await world.player("Zed")
    reds, blues = await world.alliance("Reds", [bela, zed]), await world.alliance("Blues")
    before, told = await world.version(), len(await world.changes())

    await _move(world, bela, blues)

    assert (await _alliance(world, reds))[0] == 1
    assert await _alliance(world, blues) == (1, 1, None, None)
    assert await _standing(world, bela) == (blues.alliance_id, blues.alliance_id, "member")
    assert await _history(world, bela) == [(reds.alliance_id, True), (blues.alliance_id, False)]
    assert await _history(world, zed) == [(reds.alliance_id, False)]
    assert await world.version() == before + 1
    assert [change.data["event"] for change in (await world.changes())[told:]] == ["left", "joined"]

    await _move(world, bela, None)
    assert await _history(world, bela) == [(reds.alliance_id, True), (blues.alliance_id, True)]


async def test_a_player_who_comes_with_an_alliance_is_a_member(world: World) -> None:
    reds = await world.alliance("Reds")

    zed = await world.player("Zed", alliance_id=reds.alliance_id)

    assert await _history(world, zed) == [(reds.alliance_id, False)]
    assert (await _alliance(world, reds))[0] == 1


async def test_who_returns_has_two_memberships(world: World) -> None:
    zed = await world.player("Zed")
    reds = await world.alliance("Reds", [zed])

    await world.leaves(zed)
    await world.joins(zed, reds)

    assert await _history(world, zed) == [(reds.alliance_id, True), (reds.alliance_id, False)]
    assert (await _alliance(world, reds))[0] == 1


async def test_a_membership_that_was_entered_wrongly_can_be_corrected(world: World) -> None:
    bela = await world.npc("Bela")
    reds, blues = await world.alliance("Reds", leader=bela), await world.alliance("Blues")

    await world.run(
        "UPDATE alliance_members SET alliance_id = $2 WHERE world_id = $1", world.world_id, blues.alliance_id
    )

    assert await _alliance(world, reds) == (0, 0, None, None)
    assert await _alliance(world, blues) == (1, 1, bela.player_id, bela.npc_id)


async def test_nobody_is_in_two_alliances(world: World) -> None:
    zed = await world.player("Zed")
    await world.alliance("Reds", [zed])
    blues = await world.alliance("Blues")

    with pytest.raises(asyncpg.UniqueViolationError):
        await world.joins(zed, blues)


async def test_an_imported_member_who_becomes_an_npc_is_counted_as_one(world: World) -> None:
    zed = await world.player("Zed")
    reds = await world.alliance("Reds", leader=zed)
    npc_id = await world.value(ANOTHER_NPC, zed.name, (await world.npc("Bela")).npc_id)

    await world.run(
        "UPDATE players SET npc_id = $3 WHERE world_id = $1 AND player_id = $2",
        world.world_id,
        zed.player_id,
        npc_id,
    )
    await world.run(PLAYS, world.world_id, npc_id, zed.player_id)

    assert await _alliance(world, reds) == (1, 1, zed.player_id, npc_id)
    assert await _standing(world, zed) == (reds.alliance_id, reds.alliance_id, "leader")


async def test_a_player_can_become_an_npc_and_change_sides_in_one_statement(world: World) -> None:
    bela, zed = await world.npc("Bela"), await world.player("Zed")
    reds, blues = await world.alliance("Reds", [bela]), await world.alliance("Blues", [zed])

    await world.run(
        MOVE.replace("SET", "SET npc_id = NULL,"), world.world_id, bela.player_id, blues.alliance_id
    )

    assert await _alliance(world, reds) == (0, 0, None, None)
    assert await _alliance(world, blues) == (2, 0, None, None)


async def test_members_who_join_at_the_same_time_are_all_counted(world: World) -> None:
    reds = await world.alliance("Reds")
    players = [await world.player(f"Zed {number}") for number in range(8)]

    await asyncio.gather(*(world.joins(player, reds) for player in players))

    assert (await _alliance(world, reds))[0] == 8


async def test_an_alliance_that_is_removed_releases_its_members(world: World) -> None:
    zed = await world.player("Zed")
    await world.alliance("Reds", leader=zed)

    async with world.transaction() as conn:
        await conn.execute("DELETE FROM alliance_members WHERE world_id = $1", world.world_id)
        await conn.execute("DELETE FROM alliances WHERE world_id = $1", world.world_id)

    assert await world.value("SELECT alliance_id FROM players WHERE world_id = $1", world.world_id) is None
    assert (await world.changes())[-1].data["event"] == "removed"


async def _move(world: World, player: Player, to: Alliance | None) -> None:
    await world.run(MOVE, world.world_id, player.player_id, to.alliance_id if to else None)


async def _alliance(world: World, alliance: Alliance) -> tuple[int, int, int | None, int | None]:
    """Members, NPCs among them, the leader, and the NPC that leads."""
    [row] = await world.run(ALLIANCE, world.world_id, alliance.alliance_id)
    return row["total_members"], row["npc_members"], row["leader_id"], row["npc_leader_id"]


async def _standing(world: World, player: Npc | Player) -> tuple[int | None, int | None, str | None]:
    """The player's alliance; the NPC's alliance and role."""
    [row] = await world.run(STANDING, world.world_id, player.player_id)
    return row["alliance_id"], row["of_npc"], row["alliance_role"]


async def _history(world: World, player: Player) -> list[tuple[int, bool]]:
    """Each alliance in turn, and whether it was left."""
    records = await world.run(HISTORY, world.world_id, player.player_id)
    return [(record["alliance_id"], record["has_left"]) for record in records]
