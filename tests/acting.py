"""Acting: mutations on treaties as tests ask for them, and what they leave behind."""

from __future__ import annotations

import json
from typing import Any

from db.viewer import Role, Viewer
from tests.asking import Ask
from tests.world import Alliance, Npc, Party, Player, Treaty, World

PROPOSE = """mutation ($input: ProposeTreatyInput!) { proposeTreaty(input: $input) {
    ... on Treaty { treatyId type status isPublic terms endsAt startsAt overlord proposedBy { playerId }
                    parties { ... on Player { name } ... on Alliance { name } } }
    ... on Refusal { code message } } }"""
ACT = """mutation ($input: %sInput!) { %s(input: $input) {
    ... on Treaty { status startsAt endsAt brokenBy peaceOfferedBy events { kind by { playerId } } }
    ... on Refusal { code message } } }"""
ACCEPT, DECLINE, BREAK = (
    ACT % (f"{name}Treaty", f"{name.lower()}Treaty") for name in ("Accept", "Decline", "Break")
)
MAKE_PEACE = ACT % ("MakePeace", "makePeace")


GAME = Viewer(Role.GAME)


async def done(ask: Ask, mutation: str, viewer: Npc | Viewer = GAME, **given: Any) -> dict[str, Any]:
    """What becomes of the one field of a mutation, given its input; the game asks for it unless told."""
    (result,) = (await ask(mutation, viewer=viewer, input=given)).values()
    answer: dict[str, Any] = result
    return answer


def party(one: Party) -> dict[str, int]:
    """A party as an input names it."""
    return {"allianceId": one.alliance_id} if isinstance(one, Alliance) else {"playerId": one.player_id}


async def propose(ask: Ask, world: World, actor: Player, partner: Party, **more: Any) -> dict[str, Any]:
    """What becomes of a proposal, by default of a NAP."""
    viewer = more.pop("viewer", actor if isinstance(actor, Npc) else None)
    given = {
        "worldId": world.world_id,
        "asPlayerId": actor.player_id,
        "partner": party(partner),
        "type": "NAP",
    }
    data = await ask(PROPOSE, **({"viewer": viewer} if viewer else {}), input=given | more)
    result: dict[str, Any] = data["proposeTreaty"]
    return result


async def act(ask: Ask, mutation: str, world: World, actor: Player, treaty: Treaty | int) -> dict[str, Any]:
    """What becomes of an act on a treaty."""
    treaty_id = treaty.treaty_id if isinstance(treaty, Treaty) else treaty
    given = {"worldId": world.world_id, "asPlayerId": actor.player_id, "treatyId": treaty_id}
    viewer = {"viewer": actor} if isinstance(actor, Npc) else {}
    (result,) = (await ask(mutation, **viewer, input=given)).values()
    answer: dict[str, Any] = result
    return answer


async def events(world: World, truster: Npc, trusted: Player) -> list[tuple[str, float]]:
    """The ledger between two."""
    found = await world.run(
        "SELECT kind, points FROM trust_events WHERE world_id = $1 AND npc_id = $2 AND target_player_id = $3 "
        "ORDER BY event_id",
        world.world_id, truster.npc_id, trusted.player_id,
    )  # fmt: skip
    return [(record["kind"], record["points"]) for record in found]


async def memories(world: World, npc: Npc) -> list[tuple[str, dict[str, Any]]]:
    """What an NPC remembers."""
    found = await world.run(
        "SELECT memory_type, event_data FROM npc_memory WHERE world_id = $1 AND npc_id = $2 ORDER BY id",
        world.world_id, npc.npc_id,
    )  # fmt: skip
    return [(record["memory_type"], json.loads(record["event_data"])) for record in found]


async def regard(world: World, truster: Npc, trusted: Player) -> str | None:
    """What a player is to an NPC."""
    kind: str | None = await world.value(
        "SELECT relationship_type FROM npc_relationships "
        "WHERE world_id = $1 AND npc_id = $2 AND target_player_id = $3",
        world.world_id, truster.npc_id, trusted.player_id,
    )  # fmt: skip
    return kind


async def written(world: World) -> list[Any]:
    """Everything that a change could have left."""
    tables = (
        "treaties",
        "treaty_events",
        "trust_events",
        "npc_relationships",
        "npc_memory",
        "alliance_members",
    )
    counts = [
        await world.value(f"SELECT count(*) FROM {one} WHERE world_id = $1", world.world_id) for one in tables
    ]
    return [await world.version(), len(await world.changes()), *counts]
