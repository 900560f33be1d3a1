"""Recording: events as tests tell them, and what they leave behind."""

from __future__ import annotations

from typing import Any

from db.viewer import ADMIN, Viewer
from tests.asking import Ask
from tests.world import Npc, Player, World

REFUSED = "... on Refusal { code message }"
BATTLE = """mutation ($input: RecordBattleInput!) { recordBattle(input: $input) {
    ... on RecordedBattle { battles { recordId battleId battleType npcRole result resourcesGained
        resourcesLost occurredAt myTroopsSent npc { npcId } opponent { playerId } } } %s } }"""
TRADE = """mutation ($input: RecordTradeInput!) { recordTrade(input: $input) {
    ... on RecordedTrade { trades { recordId tradeType tradeStatus offeredResource offeredAmount
        requestedResource requestedAmount exchangeRate profitMargin partnerTrustworthiness completedAt
        npc { npcId } partner { playerId } } } %s } }"""
SEND = """mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    ... on Message { messageId threadId messageType generatedByLlm sender { playerId } fromNpc { npcId } }
    %s } }"""
DECIDE = """mutation ($input: RecordDecisionInput!) { recordDecision(input: $input) {
    ... on Decision { decisionId decisionType usedLlm executed priority finalDecision } %s } }"""
INGEST = """mutation ($input: IngestInput!) { ingest(input: $input) {
    ... on Ingested { accepted refused outcomes { place recordIds code message } } %s } }"""
HELD = """
SELECT total_interactions, last_interaction_type, battles_won_against, battles_lost_against,
       resources_raided_from, resources_lost_to, messages_sent, messages_received
  FROM npc_relationships WHERE world_id = $1 AND npc_id = $2 AND target_player_id = $3
"""


async def tell(
    ask: Ask, mutation: str, world: World, *, viewer: Viewer | Npc = ADMIN, **given: Any
) -> dict[str, Any]:
    """What becomes of an event, told by those who see all unless another viewer is named."""
    told = {"worldId": world.world_id, **given}
    (result,) = (await ask(mutation % REFUSED, viewer=viewer, input=told)).values()
    answer: dict[str, Any] = result
    return answer


def fought(attacker: Player, defender: Player, **more: Any) -> dict[str, Any]:
    """A battle that the attacker won, unless told otherwise."""
    foes = {"attackerPlayerId": attacker.player_id, "defenderPlayerId": defender.player_id}
    return {**foes, "outcome": "ATTACKER_WON", **more}


def beside(npc: Npc, role: str, **more: Any) -> dict[str, Any]:
    """An NPC that fought in a battle."""
    return {"npcId": npc.npc_id, "role": role, **more}


def traded(one: Player, other: Player | None, **more: Any) -> dict[str, Any]:
    """A completed trade of 100 wood for 100 clay, unless told otherwise."""
    terms = {"offeredResource": "WOOD", "offeredAmount": 100, "requestedResource": "CLAY"}
    who = {"playerId": one.player_id, "partnerPlayerId": other and other.player_id}
    return {**who, **terms, "requestedAmount": 100, **more}


def wrote(sender: Player, recipient: Player, body: str = "Hello", **more: Any) -> dict[str, Any]:
    """A message."""
    who = {"fromPlayerId": sender.player_id, "toPlayerId": recipient.player_id}
    return {**who, "messageBody": body, **more}


async def held(world: World, npc: Npc, player: Player) -> dict[str, Any] | None:
    """The counters of a relationship; None where there is none."""
    found = await world.run(HELD, world.world_id, npc.npc_id, player.player_id)
    return dict(found[0]) if found else None
