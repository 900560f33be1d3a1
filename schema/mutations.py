"""Mutations, as clients see them: what may be done, and what comes of it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

import resolvers.alliances
import resolvers.amendments
import resolvers.battles
import resolvers.building
import resolvers.decision_queue
import resolvers.decisions
import resolvers.exports
import resolvers.ingest
import resolvers.leadership
import resolvers.llm_responses
import resolvers.memories
import resolvers.messages
import resolvers.metrics
import resolvers.npc_states
import resolvers.npc_worlds
import resolvers.npcs
import resolvers.players
import resolvers.rate_limits
import resolvers.refusal
import resolvers.sessions
import resolvers.trades
import resolvers.treaties
import resolvers.trust_changes
import resolvers.village_configs
import resolvers.villages
import resolvers.wars
import resolvers.worlds
from resolvers.refusal import RefusalCode
from schema.access import ADMINS, THOSE_WHO_ACT, THOSE_WHO_SEE_ALL
from schema.alliances import Alliance, Membership
from schema.base import backed_by, resolve
from schema.battles import RecordedBattle
from schema.building import Build, QueuedBuilding
from schema.decision_queue import DecisionClaim
from schema.decisions import Decision
from schema.exports import ExportJob
from schema.ingest import Ingested
from schema.llm_responses import LlmResponse
from schema.memories import Memory
from schema.messages import Message, ReadMessages
from schema.metrics import RecordedMetrics
from schema.npc_states import LiveState
from schema.npcs import Npc, NpcWorldState
from schema.players import Player
from schema.rate_limits import LlmAllowance
from schema.relationships import Relationship
from schema.sessions import Session
from schema.trades import RecordedTrade
from schema.treaties import Treaty
from schema.village_configs import VillageConfig
from schema.villages import Village, VillagesReported
from schema.worlds import World


@backed_by(resolvers.refusal.Refusal)
class Refusal:
    """A request that the rules of the game decline. Nothing was changed."""

    code: RefusalCode
    """Why."""
    message: str
    """Why, and what to do, in words for a person."""


CreateWorldResult: TypeAlias = Annotated[
    World | Refusal,
    strawberry.union("CreateWorldResult", description="The new world, or why there is none."),
]
ChangeWorldResult: TypeAlias = Annotated[
    World | Refusal,
    strawberry.union("ChangeWorldResult", description="The world as it is now, or why it is as before."),
]
CreateNpcResult: TypeAlias = Annotated[
    Npc | Refusal,
    strawberry.union("CreateNpcResult", description="The new NPC, or why it was not made."),
]
ChangeNpcResult: TypeAlias = Annotated[
    Npc | Refusal,
    strawberry.union("ChangeNpcResult", description="The NPC as it is now, or why it is as before."),
]
PauseNpcResult: TypeAlias = Annotated[
    Npc | Refusal,
    strawberry.union("PauseNpcResult", description="The NPC, which rests now, or why it does not."),
]
ResumeNpcResult: TypeAlias = Annotated[
    Npc | Refusal,
    strawberry.union("ResumeNpcResult", description="The NPC, which goes on now, or why it does not."),
]
RetireNpcResult: TypeAlias = Annotated[
    Npc | Refusal,
    strawberry.union("RetireNpcResult", description="The NPC, retired now, or why it is not."),
]
EnterWorldResult: TypeAlias = Annotated[
    NpcWorldState | Refusal,
    strawberry.union("EnterWorldResult", description="How the NPC stands in the world, or why it is not in."),
]
UpdateNpcStateResult: TypeAlias = Annotated[
    NpcWorldState | Refusal,
    strawberry.union("UpdateNpcStateResult", description="How the NPC stands now, or why that is as before."),
]
AddPlayerResult: TypeAlias = Annotated[
    Player | Refusal,
    strawberry.union("AddPlayerResult", description="The new player, or why there is none."),
]
ChangePlayerResult: TypeAlias = Annotated[
    Player | Refusal,
    strawberry.union("ChangePlayerResult", description="The player as it is now, or why it is as before."),
]
AdjustTrustResult: TypeAlias = Annotated[
    Relationship | Refusal,
    strawberry.union(
        "AdjustTrustResult", description="The relationship as it stands now, or why it is as before."
    ),
]
ProposeTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union("ProposeTreatyResult", description="The proposal, or why it was not made."),
]
AcceptTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union("AcceptTreatyResult", description="The treaty, in force now, or why it is not."),
]
DeclineTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union("DeclineTreatyResult", description="The treaty, declined or withdrawn, or why not."),
]
BreakTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union("BreakTreatyResult", description="The broken treaty, or why it was not broken."),
]
CancelTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union(
        "CancelTreatyResult",
        description="The treaty: over, or with its end offered; or why not.",
    ),
]
ProlongTreatyResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union(
        "ProlongTreatyResult",
        description="The treaty: prolonged, or with that offered; or why not.",
    ),
]
DeclareWarResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union("DeclareWarResult", description="The war, or why there is none."),
]
MakePeaceResult: TypeAlias = Annotated[
    Treaty | Refusal,
    strawberry.union(
        "MakePeaceResult", description="The war: over, or with peace offered by your side; or why neither."
    ),
]
FoundAllianceResult: TypeAlias = Annotated[
    Alliance | Refusal,
    strawberry.union("FoundAllianceResult", description="The new alliance, or why there is none."),
]
ChangeAllianceResult: TypeAlias = Annotated[
    Alliance | Refusal,
    strawberry.union("ChangeAllianceResult", description="The alliance as it is, or why it is as before."),
]
AppointRoleResult: TypeAlias = Annotated[
    Membership | Refusal,
    strawberry.union("AppointRoleResult", description="The membership with its role, or why that is not it."),
]
ExpelMemberResult: TypeAlias = Annotated[
    Membership | Refusal,
    strawberry.union("ExpelMemberResult", description="The membership that is over, or why it is not."),
]
DisbandAllianceResult: TypeAlias = Annotated[
    Alliance | Refusal,
    strawberry.union("DisbandAllianceResult", description="The alliance that is over, or why it is not."),
]
JoinAllianceResult: TypeAlias = Annotated[
    Membership | Refusal,
    strawberry.union("JoinAllianceResult", description="The new membership, or why the player may not join."),
]
LeaveAllianceResult: TypeAlias = Annotated[
    Membership | Refusal,
    strawberry.union("LeaveAllianceResult", description="The membership that is over, or why it is not."),
]
ReportVillageResult: TypeAlias = Annotated[
    Village | Refusal,
    strawberry.union("ReportVillageResult", description="The village as it is now, or why it is as before."),
]
ReportVillagesResult: TypeAlias = Annotated[
    VillagesReported | Refusal,
    strawberry.union(
        "ReportVillagesResult", description="What became of each report, or why none was taken in."
    ),
]
ConfigureVillageResult: TypeAlias = Annotated[
    VillageConfig | Refusal,
    strawberry.union(
        "ConfigureVillageResult", description="How the village is to be run now, or why that is as before."
    ),
]
QueueBuildingResult: TypeAlias = Annotated[
    QueuedBuilding | Refusal,
    strawberry.union("QueueBuildingResult", description="What is queued, or why it is not."),
]
StartBuildingResult: TypeAlias = Annotated[
    QueuedBuilding | Refusal,
    strawberry.union("StartBuildingResult", description="What is being built, or why it is not."),
]
CompleteBuildingResult: TypeAlias = Annotated[
    Build | Refusal,
    strawberry.union("CompleteBuildingResult", description="What was built, or why it is not done."),
]
CancelBuildingResult: TypeAlias = Annotated[
    Build | Refusal,
    strawberry.union("CancelBuildingResult", description="What was given up, or why it was not."),
]
RecordMemoryResult: TypeAlias = Annotated[
    Memory | Refusal,
    strawberry.union("RecordMemoryResult", description="The memory, or why it was not recorded."),
]
ExportWorldResult: TypeAlias = Annotated[
    ExportJob | Refusal,
    strawberry.union("ExportWorldResult", description="The export, or why it was not begun."),
]
RecordMetricsResult: TypeAlias = Annotated[
    RecordedMetrics | Refusal,
    strawberry.union(
        "RecordMetricsResult", description="What became of the samples, or why none was looked at."
    ),
]
ReportLiveStateResult: TypeAlias = Annotated[
    LiveState | Refusal,
    strawberry.union("ReportLiveStateResult", description="The state as it was told, or why it is not kept."),
]
HeartbeatResult: TypeAlias = Annotated[
    Session | Refusal,
    strawberry.union("HeartbeatResult", description="The session, or why there is none."),
]
SpendLlmCallResult: TypeAlias = Annotated[
    LlmAllowance | Refusal,
    strawberry.union("SpendLlmCallResult", description="What is left now, or why the call is not granted."),
]
KeepLlmResponseResult: TypeAlias = Annotated[
    LlmResponse | Refusal,
    strawberry.union("KeepLlmResponseResult", description="What is kept, or why it is not."),
]
QueueDecisionResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union("QueueDecisionResult", description="The decision, or why it does not wait."),
]
ClaimDecisionsResult: TypeAlias = Annotated[
    DecisionClaim | Refusal,
    strawberry.union("ClaimDecisionsResult", description="What is in hand now, or why nothing is."),
]
AcknowledgeDecisionResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union("AcknowledgeDecisionResult", description="The decision, done, or why it is not."),
]
ReturnDecisionResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union("ReturnDecisionResult", description="The decision, which waits again, or why not."),
]
RecordBattleResult: TypeAlias = Annotated[
    RecordedBattle | Refusal,
    strawberry.union("RecordBattleResult", description="The battle as it was recorded, or why it was not."),
]
RecordTradeResult: TypeAlias = Annotated[
    RecordedTrade | Refusal,
    strawberry.union("RecordTradeResult", description="The trade as it was recorded, or why it was not."),
]
SendMessageResult: TypeAlias = Annotated[
    Message | Refusal,
    strawberry.union("SendMessageResult", description="The message, or why it was not sent."),
]
ReadMessagesResult: TypeAlias = Annotated[
    ReadMessages | Refusal,
    strawberry.union("ReadMessagesResult", description="The messages, read now, or why they are not."),
]
JudgeMessageResult: TypeAlias = Annotated[
    Message | Refusal,
    strawberry.union("JudgeMessageResult", description="The message, or why it was not judged."),
]
RecordDecisionResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union("RecordDecisionResult", description="The decision, or why it was not recorded."),
]
RecordExecutionResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union(
        "RecordExecutionResult", description="The decision, carried out, or why that was not recorded."
    ),
]
RecordOutcomeResult: TypeAlias = Annotated[
    Decision | Refusal,
    strawberry.union(
        "RecordOutcomeResult", description="The decision, with what came of it, or why that was not recorded."
    ),
]
IngestResult: TypeAlias = Annotated[
    Ingested | Refusal,
    strawberry.union("IngestResult", description="What became of each event, or why none was looked at."),
]


@backed_by(only=THOSE_WHO_ACT)
class Mutation:
    """What may be done. Each is one transaction: all of it happens, or nothing. Where a rule of the game says
    no, the answer is a `Refusal`. A field is null only where there is an error; those before it stand."""

    create_world: CreateWorldResult | None = resolve(resolvers.worlds.create_world)
    change_world: ChangeWorldResult | None = resolve(resolvers.worlds.change_world)
    create_npc: CreateNpcResult | None = resolve(resolvers.npcs.create_npc)
    change_npc: ChangeNpcResult | None = resolve(resolvers.npcs.change_npc)
    pause_npc: PauseNpcResult | None = resolve(resolvers.npcs.pause_npc)
    resume_npc: ResumeNpcResult | None = resolve(resolvers.npcs.resume_npc)
    retire_npc: RetireNpcResult | None = resolve(resolvers.npcs.retire_npc)
    enter_world: EnterWorldResult | None = resolve(resolvers.npc_worlds.enter_world)
    update_npc_state: UpdateNpcStateResult | None = resolve(resolvers.npc_worlds.update_npc_state)
    add_player: AddPlayerResult | None = resolve(resolvers.players.add_player)
    change_player: ChangePlayerResult | None = resolve(resolvers.players.change_player)
    report_village: ReportVillageResult | None = resolve(
        resolvers.villages.report_village, only=THOSE_WHO_SEE_ALL
    )
    report_villages: ReportVillagesResult | None = resolve(
        resolvers.villages.report_villages, only=THOSE_WHO_SEE_ALL
    )
    configure_village: ConfigureVillageResult | None = resolve(resolvers.village_configs.configure_village)
    queue_building: QueueBuildingResult | None = resolve(resolvers.building.queue_building)
    start_building: StartBuildingResult | None = resolve(resolvers.building.start_building)
    complete_building: CompleteBuildingResult | None = resolve(resolvers.building.complete_building)
    cancel_building: CancelBuildingResult | None = resolve(resolvers.building.cancel_building)
    adjust_trust: AdjustTrustResult | None = resolve(resolvers.trust_changes.adjust_trust)
    propose_treaty: ProposeTreatyResult | None = resolve(resolvers.treaties.propose_treaty)
    accept_treaty: AcceptTreatyResult | None = resolve(resolvers.treaties.accept_treaty)
    decline_treaty: DeclineTreatyResult | None = resolve(resolvers.treaties.decline_treaty)
    break_treaty: BreakTreatyResult | None = resolve(resolvers.treaties.break_treaty)
    cancel_treaty: CancelTreatyResult | None = resolve(resolvers.amendments.cancel_treaty)
    prolong_treaty: ProlongTreatyResult | None = resolve(resolvers.amendments.prolong_treaty)
    declare_war: DeclareWarResult | None = resolve(resolvers.wars.declare_war)
    make_peace: MakePeaceResult | None = resolve(resolvers.wars.make_peace)
    found_alliance: FoundAllianceResult | None = resolve(resolvers.leadership.found_alliance)
    change_alliance: ChangeAllianceResult | None = resolve(resolvers.leadership.change_alliance)
    appoint_role: AppointRoleResult | None = resolve(resolvers.leadership.appoint_role)
    expel_member: ExpelMemberResult | None = resolve(resolvers.leadership.expel_member)
    disband_alliance: DisbandAllianceResult | None = resolve(resolvers.leadership.disband_alliance)
    join_alliance: JoinAllianceResult | None = resolve(resolvers.alliances.join_alliance)
    leave_alliance: LeaveAllianceResult | None = resolve(resolvers.alliances.leave_alliance)
    record_memory: RecordMemoryResult | None = resolve(resolvers.memories.record_memory)
    export_world: ExportWorldResult | None = resolve(resolvers.exports.export_world, only=ADMINS)
    record_metrics: RecordMetricsResult | None = resolve(resolvers.metrics.record_metrics)
    queue_decision: QueueDecisionResult | None = resolve(resolvers.decision_queue.queue_decision)
    claim_decisions: ClaimDecisionsResult | None = resolve(resolvers.decision_queue.claim_decisions)
    acknowledge_decision: AcknowledgeDecisionResult | None = resolve(
        resolvers.decision_queue.acknowledge_decision
    )
    return_decision: ReturnDecisionResult | None = resolve(resolvers.decision_queue.return_decision)
    report_live_state: ReportLiveStateResult | None = resolve(resolvers.npc_states.report_live_state)
    heartbeat: HeartbeatResult | None = resolve(resolvers.sessions.heartbeat)
    spend_llm_call: SpendLlmCallResult | None = resolve(resolvers.rate_limits.spend_llm_call)
    keep_llm_response: KeepLlmResponseResult | None = resolve(resolvers.llm_responses.keep_llm_response)
    record_battle: RecordBattleResult | None = resolve(resolvers.battles.record_battle)
    record_trade: RecordTradeResult | None = resolve(resolvers.trades.record_trade)
    send_message: SendMessageResult | None = resolve(resolvers.messages.send_message)
    read_messages: ReadMessagesResult | None = resolve(resolvers.messages.read_messages)
    judge_message: JudgeMessageResult | None = resolve(resolvers.messages.judge_message)
    record_decision: RecordDecisionResult | None = resolve(resolvers.decisions.record_decision)
    record_execution: RecordExecutionResult | None = resolve(resolvers.decisions.record_execution)
    record_outcome: RecordOutcomeResult | None = resolve(resolvers.decisions.record_outcome)
    ingest: IngestResult | None = resolve(resolvers.ingest.ingest)
