"""Who sees what: whatever is private changes no answer to anybody else, on any path."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

import pytest
from graphql import GraphQLNamedType, get_named_type, is_abstract_type
from redis.asyncio import Redis

from db.batches import count, fetch
from db.connection import Stores
from db.hot import llm_responses, npc_states, rate_limits, sessions
from db.hot.llm_responses import LlmResponseRow
from db.hot.npc_states import LiveStateRow
from db.hot.sessions import SessionRow
from db.main import memories, npcs, relationships, treaties
from db.main.npcs import NpcOrder, NpcRow
from db.main.treaties import TreatyOrder
from db.paging import Ask as Asked
from db.reads import Read
from db.viewer import ADMIN, Role, Viewer
from engine.relations import reads_of
from resolvers.global_ids import NODES, encode
from tests.asking import Answer, Ask, brain, relations, schema
from tests.world import Alliance, Npc, Player, Treaty, Village, World

PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes"
TREATIES = PAGE + " { treatyId type events { kind } parties { __typename } }"
RELATIONSHIPS = (
    PAGE + " { trustScore npc { name } treatiesActive trustEvents { totalCount nodes { points } } }"
)
MEMORIES = PAGE + " { memoryId importance npc { name } }"
DECISIONS = PAGE + " { decisionId situationSummary npc { name } }"
MESSAGES = PAGE + " { messageId messageBody reply { messageBody } llmPrompt thread { totalCount } }"
BATTLES = PAGE + " { recordId result npc { name } }"
TRADES = PAGE + " { recordId offeredAmount npc { name } }"
STATE = "{ strategicGoal npc { name } }"

BUILDS = PAGE + " { buildId decisionReason }"

# A question for each field that shows something private; {…} are filled in by the test.
QUESTIONS = {
    "Npc.state": "npc(npcId: {npc}) { state({in}) STATE }",
    "Npc.states": "npc(npcId: {npc}) { states STATE }",
    "Npc.liveState": "npc(npcId: {npc}) { liveState { population } }",
    "Npc.session": "npc(npcId: {npc}) { session { lastActivity } }",
    "Npc.llmAllowance": "npc(npcId: {npc}) { llmAllowance { left } }",
    "Npc.llmResponse": 'npc(npcId: {npc}) { llmResponse(asked: "a") { response } }',
    "Npc.relationships": "npc(npcId: {npc}) { relationships({in}, first: 1) { RELATIONSHIPS } }",
    "Npc.memories": "npc(npcId: {npc}) { memories({in}, first: 1) { MEMORIES } }",
    "Npc.templateVersions": "npc(npcId: {npc}) { templateVersions { totalCount } }",
    "Npc.decisions": "npc(npcId: {npc}) { decisions({in}) { DECISIONS } }",
    "Npc.messages": "npc(npcId: {npc}) { messages({in}, box: SENT) { MESSAGES } }",
    "Npc.battles": "npc(npcId: {npc}) { battles({in}, last: 1) { BATTLES } }",
    "Npc.trades": "npc(npcId: {npc}) { trades({in}) { TRADES } }",
    "World.decisions": "world({in}) { decisions(type: MILITARY) { DECISIONS } }",
    "World.messages": "world({in}) { messages(type: THREAT, first: 1) { MESSAGES } }",
    "World.battles": "world({in}) { battles(result: DEFEAT) { BATTLES } }",
    "World.trades": "world({in}) { trades(orderBy: OLDEST, first: 1) { TRADES } }",
    "Query.decisions": "decisions({in}, usedLlm: false, first: 1) { DECISIONS }",
    "Query.messages": "messages({in}, unread: true, last: 1) { MESSAGES }",
    "Query.battles": "battles({in}, first: 1) { BATTLES }",
    "Query.trades": "trades({in}, status: PENDING, last: 1) { TRADES }",
    "Relationship.messages": 'node(id: "{held}") { ... on Relationship { messages { MESSAGES } } }',
    "Relationship.battles": 'node(id: "{held}") { ... on Relationship { battles { BATTLES } } }',
    "Relationship.trades": 'node(id: "{held}") { ... on Relationship { trades { TRADES } } }',
    "Message.thread": 'node(id: "{message_id}") { ... on Message { thread { MESSAGES } } }',
    "Message.reply": 'node(id: "{message_id}") { ... on Message { reply { messageBody } } }',
    "Decision": 'node(id: "{decision_id}") { ... on Decision { situationSummary } }',
    "Message": 'nodes(ids: ["{message_id}"]) { ... on Message { messageBody } }',
    "Battle": 'nodes(ids: ["{battle_id}"]) { ... on Battle { result } }',
    "Trade": 'node(id: "{trade_id}") { ... on Trade { offeredAmount } }',
    "Player.treaties": "player({in}, playerId: {hugo}) { treaties(last: 1, type: NAP) { TREATIES } }",
    "Player.trustedBy": "player({in}, playerId: {hugo}) { trustedBy(first: 1) { RELATIONSHIPS } }",
    "Player.relationships": "player({in}, playerId: {bela}) { relationships { RELATIONSHIPS } }",
    "Alliance.treaties": "alliance({in}, allianceId: {blues}) { treaties { TREATIES } }",
    "World.treaties": "world({in}) { treaties(first: 1, orderBy: OLDEST) { TREATIES } }",
    "World.relationships": "world({in}) { relationships(last: 1, maxTrust: 0) { RELATIONSHIPS } }",
    "World.memories": "world({in}) { memories(minImportance: 0.8) { MEMORIES } }",
    "Query.treaty": "treaty({in}, treatyId: {pact}) { type status events { kind } }",
    "Query.treaties": "treaties({in}, status: ACTIVE, first: 1) { TREATIES }",
    "Query.relationships": "relationships({in}, minTrust: -100, first: 1) { RELATIONSHIPS }",
    "Query.memories": "memories({in}, npcId: {npc}, type: BATTLE, last: 1) { MEMORIES }",
    "World.changes": "world({in}) { changes(last: 1) { CHANGES } }",
    "Query.changes": "changes({in}, kind: TRUST) { CHANGES }",
    "Change.treaty": "changes({in}, kind: TREATY, last: 1) { PAGE { event treaty { type } } }",
    "Change.trustEvent": "changes({in}, kind: TRUST, last: 1) { PAGE { trustEvent { points } } }",
    "Change.decision": "changes({in}, kind: DECISION) { PAGE { decision { decisionId } } }",
    "Change.message": "changes({in}, kind: MESSAGE, orderBy: RECENT) { PAGE { message { messageId } } }",
    "Change.battle": "changes({in}, kind: BATTLE) { PAGE { battle { recordId } } }",
    "Change.trade": "changes({in}, kind: TRADE) { PAGE { trade { recordId } } }",
    "Treaty.events": 'node(id: "{pact_id}") { ... on Treaty { events { kind } } }',
    "Relationship.trustEvents": 'node(id: "{held}") { ... on Relationship { trustEvents { PAGE { id } } } }',
    "TrustEvent.relationship": 'node(id: "{event}") { ... on TrustEvent { relationship { trustScore } } }',
    "Village.resources": "village({in}, villageId: {home}) { resources { wood updatedAt } }",
    "Village.buildings": "village({in}, villageId: {home}) { buildings { slot buildingName level } }",
    "Village.troops": "village({in}, villageId: {home}) { troops(first: 1) { unit atHome away } }",
    "Village.buildQueue": "village({in}, villageId: {home}) { buildQueue { queueId decisionReason } }",
    "Village.config": "village({in}, villageId: {home}) { config { villageType version } }",
    "Village.buildHistory": "village({in}, villageId: {home}) { buildHistory(last: 1) { BUILDS } }",
    "Npc.villageConfigs": "npc(npcId: {npc}) { villageConfigs({in}, first: 1) { PAGE { version } } }",
    "Npc.metricsSamples": "npc(npcId: {npc}) { metricsSamples({in}, last: 1) { PAGE { time wood } } }",
    "Npc.buildHistory": "npc(npcId: {npc}) { buildHistory({in}, first: 1, isCompleted: false) { BUILDS } }",
    "VillageResources": 'node(id: "{resources_id}") { ... on VillageResources { wood } }',
    "VillageBuilding": 'node(id: "{building_id}") { ... on VillageBuilding { level } }',
    "VillageTroops": 'nodes(ids: ["{troops_id}"]) { ... on VillageTroops { atHome } }',
    "QueuedBuilding": 'nodes(ids: ["{queued_id}"]) { ... on QueuedBuilding { toLevel } }',
    "Build": 'node(id: "{build_id}") { ... on Build { toLevel } }',
    "VillageConfig": 'node(id: "{config_id}") { ... on VillageConfig { villageType } }',
    "TrustModifier.event": 'node(id: "{held}") { ... on Relationship { modifiers { event { points } } } }',
    "Memory": 'node(id: "{memory_id}") { ... on Memory { importance } }',
    "NpcWorldState": 'node(id: "{state_id}") { ... on NpcWorldState STATE }',
    "Relationship": 'nodes(ids: ["{held}"]) { ... on Relationship { trustScore treatiesActive } }',
    "TrustEvent": 'nodes(ids: ["{event}"]) { ... on TrustEvent { points } }',
    "Treaty": 'nodes(ids: ["{pact_id}"]) { ... on Treaty { type } }',
}
LISTS = {
    "TREATIES": TREATIES,
    "RELATIONSHIPS": RELATIONSHIPS,
    "MEMORIES": MEMORIES,
    "DECISIONS": DECISIONS,
    "MESSAGES": MESSAGES,
    "BATTLES": BATTLES,
    "TRADES": TRADES,
    "BUILDS": BUILDS,
    "CHANGES": PAGE + " { seq kind event data recordedAt npc { name } }",
}
OF_THE_CONTEXT = "Diplomacy"  # diplomacyContext shows them too, and has tests of its own
PACT, EVENT, MEMORY, QUEUED, BUILD, DECISION, MESSAGE, ANSWER, BATTLE, TRADE = range(900_001, 900_011)


def test_every_field_that_shows_something_private_has_a_question() -> None:
    private = {
        name
        for name, relation in relations()
        if any(cast(Read[Any], read).visible.hides for read in reads_of(relation))
    }
    nodes = {name for name, read in NODES.items() if read.visible.hides}
    asked = {name for name in private if name.partition(".")[0] in found_by_queries()}

    assert {name for name in asked if not name.startswith(OF_THE_CONTEXT)} | nodes == set(QUESTIONS)


def found_by_queries() -> set[str]:
    """The types that a query can lead to; others are given only to who made a change."""
    whole = schema()._schema
    found, waiting = set[str](), [cast(GraphQLNamedType, whole.query_type)]
    while waiting:
        one = waiting.pop()
        if one.name not in found:
            found.add(one.name)
            waiting += whole.get_possible_types(one) if is_abstract_type(one) else ()
            waiting += [get_named_type(field.type) for field in getattr(one, "fields", {}).values()]
    return found


class Stage:
    """Bela, who has something to hide, and Hugo, whom it is about."""

    def __init__(self, world: World, bela: Npc, hugo: Player, blues: Alliance, home: Village) -> None:
        self.world, self.bela, self.hugo, self.blues, self.home = world, bela, hugo, blues, home

    async def happen(self) -> None:
        """What only Bela may know: a change of heart, a memory, a plan, two secret pacts, and what a village
        has."""
        moment = await self.world.value(
            "SELECT started_at FROM worlds WHERE world_id = $1", self.world.world_id
        )
        await self.world.trusts(self.bela, self.hugo, -50, event_id=EVENT)
        await self.world.memory(
            self.bela, self.hugo, id=MEMORY, occurred_at=moment, memory_type="battle", importance=0.9
        )
        await self.world.run(
            "UPDATE npc_world_state SET strategic_goal = 'Revenge' WHERE npc_id = $1", self.bela.npc_id
        )
        await self.world.run(
            """UPDATE npcs SET behavior_template = behavior_template || '{"goals": ["war"]}' WHERE id = $1""",
            self.bela.npc_id,
        )
        await self.world.decision(self.bela, id=DECISION, decision_type="military", created_at=moment)
        await self.world.message(self.hugo, self.bela, "Never.", id=ANSWER)
        await self.world.message(
            self.bela,
            self.hugo,
            id=MESSAGE,
            message_type="threat",
            sent_at=moment,
            reply_message_id=ANSWER,
            llm_prompt="Frighten him.",
        )
        await self.world.battle(self.bela, self.hugo, id=BATTLE, result="defeat", occurred_at=moment)
        await self.world.trade(self.bela, self.hugo, id=TRADE, created_at=moment)
        early = {"treaty_id": PACT, "proposed_at": moment}
        await self.world.treaty("nap", self.bela, self.hugo, secret=True, **early)
        await self.world.treaty("trade_agreement", self.blues, self.hugo, secret=True)
        await self.world.measured(self.bela, moment, wood=700)
        await self._settle(moment)
        await self._report(moment)

    async def _settle(self, moment: datetime) -> None:
        has = partial(self.world.village_has, self.home)
        level = {"building_name": "barracks", "from_level": 0, "to_level": 1, "queued_at": moment}
        await has("village_resources", wood=700)
        await has("village_buildings", slot=19, building_name="barracks", level=3)
        await has("troops", unit="phalanx", at_home=50)
        await has("build_queue", id=QUEUED, decision_reason="Revenge", **level)
        await has("npc_village_config", village_type="military")
        await has("npc_build_queue_history", id=BUILD, decision_reason="Revenge", **level)

    async def _report(self, moment: datetime) -> None:
        npc_id = self.bela.npc_id
        state = LiveStateRow(self.world.world_id, npc_id, 1, 2, None, 3, None, None, moment)
        async with Redis.from_url(self.world.urls.redis) as redis:
            await npc_states.put(redis, state)
            await sessions.touch(redis, SessionRow(npc_id, moment))
            await rate_limits.spend(redis, npc_id)
            await llm_responses.put(redis, LlmResponseRow(npc_id, "a", {"text": "Wait."}))

    async def questions(self) -> Mapping[str, str]:
        """The questions, about these people."""
        world_id, npc_id = self.world.world_id, self.bela.npc_id
        moment = await self.world.value("SELECT started_at FROM worlds WHERE world_id = $1", world_id)
        filled = {
            "in": f'worldId: "{world_id}"',
            "npc": npc_id,
            "bela": self.bela.player_id,
            "hugo": self.hugo.player_id,
            "blues": self.blues.alliance_id,
            "home": self.home.village_id,
            "resources_id": encode("VillageResources", world_id, self.home.village_id),
            "building_id": encode("VillageBuilding", world_id, self.home.village_id, 19),
            "troops_id": encode("VillageTroops", world_id, self.home.village_id, "phalanx"),
            "queued_id": encode("QueuedBuilding", world_id, QUEUED),
            "build_id": encode("Build", world_id, BUILD),
            "config_id": encode("VillageConfig", world_id, self.home.village_id),
            "pact": PACT,
            "pact_id": encode("Treaty", world_id, PACT),
            "event": encode("TrustEvent", world_id, EVENT),
            "decision_id": encode("Decision", world_id, DECISION),
            "message_id": encode("Message", world_id, MESSAGE),
            "battle_id": encode("Battle", world_id, BATTLE),
            "trade_id": encode("Trade", world_id, TRADE),
            "memory_id": encode("Memory", world_id, moment, MEMORY),
            "state_id": encode("NpcWorldState", world_id, npc_id),
            "held": encode("Relationship", world_id, npc_id, self.hugo.player_id),
        }
        return {name: f"{{ {_filled(question, filled)} }}" for name, question in QUESTIONS.items()}


def _filled(question: str, values: Mapping[str, Any]) -> str:
    for short, long in LISTS.items():
        question = question.replace(f"{{ {short} }}", f"{{ {long} }}")
    question = question.replace("STATE", STATE).replace("PAGE", PAGE)
    for name, value in values.items():
        question = question.replace(f"{{{name}}}", str(value))
    return question


@pytest.fixture
async def stage(world: World) -> Stage:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    hugo = await world.player("Hugo")
    await world.trusts(otto, hugo, 10)
    await world.trusts(bela, hugo, 20)
    await world.treaty("nap", otto, hugo)
    await world.memory(otto, hugo)
    await world.decision(otto)
    await world.message(otto, hugo)
    await world.battle(otto, hugo)
    await world.trade(otto, hugo)
    blues = await world.alliance("Blues", [bela])
    return Stage(world, bela, hugo, blues, await world.village(bela, "Home"))


async def answers(ask: Ask, stage: Stage, viewer: Viewer) -> dict[str, Answer]:
    return {name: await ask.anyway(one, viewer=viewer) for name, one in (await stage.questions()).items()}


async def test_what_is_private_changes_no_answer_to_others(stage: Stage, ask: Ask) -> None:
    otto = await stage.world.value("SELECT id FROM npcs WHERE name = $1", f"Otto of {stage.world.world_id}")
    others = [Viewer(Role.BRAIN, otto), Viewer(Role.BRAIN, None), Viewer(Role.VIEWER)]
    before = [await answers(ask, stage, other) for other in others]
    await stage.happen()

    assert [await answers(ask, stage, other) for other in others] == before


@pytest.mark.parametrize("who", ["admin", "game", "its own brain"])
async def test_who_may_know_it_sees_it_on_every_path(who: str, stage: Stage, ask: Ask) -> None:
    viewer = {"admin": ADMIN, "game": Viewer(Role.GAME), "its own brain": brain(stage.bela)}[who]
    before = await answers(ask, stage, viewer)
    await stage.happen()
    after = await answers(ask, stage, viewer)

    assert [name for name in QUESTIONS if after[name] == before[name]] == []


async def test_a_secret_treaty_is_seen_by_its_parties_and_their_members(world: World, ask: Ask) -> None:
    bela, otto, cili, dora = [await world.npc(name) for name in ("Bela", "Otto", "Cili", "Dora")]
    reds = await world.alliance("Reds", [cili])
    pact = await world.treaty("nap", bela, reds, secret=True)

    assert [who.name for who in (bela, otto, cili, dora) if await sees(ask, world, pact, who)] == [
        bela.name,
        cili.name,
    ]

    await world.leaves(cili)
    await world.joins(dora, reds)

    assert [who.name for who in (bela, otto, cili, dora) if await sees(ask, world, pact, who)] == [
        bela.name,
        dora.name,
    ]


async def sees(ask: Ask, world: World, pact: Treaty, who: Npc) -> bool:
    query = "query ($world: String!, $pact: BigInt!) { treaty(worldId: $world, treatyId: $pact) { type } }"
    found = await ask(query, viewer=who, world=world.world_id, pact=pact.treaty_id)
    return found["treaty"] is not None


async def test_viewers_share_a_statement_and_nothing_else(
    world: World, stores: Stores, statements: list[str]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    hugo = await world.player("Hugo")
    for npc in (bela, otto):
        await world.memory(npc)
        await world.trusts(npc, hugo, 5)
        await world.treaty("nap", npc, hugo, secret=True)
    viewers = [brain(bela), brain(otto), ADMIN, Viewer(Role.VIEWER)]

    remembered = await counted(stores, memories.OF_NPC, (world.world_id, bela.npc_id), viewers)
    towards = await counted(stores, relationships.TOWARDS_PLAYER, (world.world_id, hugo.player_id), viewers)
    promised = await counted(stores, treaties.OF_WORLD, (world.world_id,), viewers)

    assert remembered == [1, 0, 1, 0]
    assert towards == [1, 1, 2, 0]
    assert promised == [1, 1, 2, 0]
    assert len(statements) == 3

    of_each = await fetch(
        stores,
        treaties.OF_WORLD,
        Asked(TreatyOrder.RECENT, limit=9),
        [(one, (world.world_id,)) for one in viewers],
    )
    assert [len(cast(list[Any], rows)) for rows in of_each] == [1, 1, 2, 0]


async def counted(stores: Stores, read: Read[Any], key: tuple[Any, ...], viewers: list[Viewer]) -> list[Any]:
    found = await count(stores, read, Asked(), [(viewer, key) for viewer in viewers])
    await asyncio.sleep(0)  # the driver tells of a statement in its own time
    return found


async def test_lists_without_a_key_are_whole_for_each_who_asks(stores: Stores, world: World) -> None:
    await world.npc("Bela")
    keys = [(ADMIN, ()), (Viewer(Role.VIEWER), ())]

    found = await fetch(stores, npcs.ALL, Asked(order=NpcOrder.NAME, limit=2), keys)
    first, second = cast(list[list[NpcRow]], found)
    counted = await count(stores, npcs.ALL, Asked(), keys)

    assert first
    assert [one.npc_id for one in first] == [one.npc_id for one in second]
    assert all(one.personality for one in first)
    assert not any(one.personality for one in second)
    assert counted[0] == counted[1]


async def test_how_a_message_came_to_be_is_the_senders_own(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.message(bela, otto, llm_prompt="Flatter him.", objective_achieved=True)
    query = """query ($world: String!) { messages(worldId: $world) {
      nodes { messageBody generatedByLlm llmPrompt generationTimeMs responsePositive objectiveAchieved } }
    }"""

    seen = {who.name: await ask(query, viewer=who, world=world.world_id) for who in (bela, otto)}

    [mine], [his] = (seen[who.name]["messages"]["nodes"] for who in (bela, otto))
    assert (mine["llmPrompt"], mine["generatedByLlm"], mine["objectiveAchieved"]) == (
        "Flatter him.",
        True,
        True,
    )
    assert set(his.values()) == {"Hello", None}
