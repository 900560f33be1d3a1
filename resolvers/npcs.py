"""NPCs: how they are made, changed, paused and retired."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from db.main import api_keys, npcs
from db.main.npcs import NewNpc, NpcRow, NpcTribe, Personality
from db.viewer import Role
from resolvers.behavior import BehaviorTemplateInput, template
from resolvers.changes import Step, at_large, only_those_who_run_it, speaks_for, unchanged_since
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.inputs import HIGHEST_INT, called, short, told, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import Repeatable

LONGEST_NAME, LONGEST_NOTES = 100, 10_000
OF_THOSE_WHO_RUN_IT = (
    "name",
    "personality",
    "llm_temperature",
    "decision_cache_ttl",
    "strategic_update_frequency",
    "notes",
)

enum(NpcTribe)
enum(Personality)


@input_type
class CreateNpcInput(Repeatable):
    """An AI profile to be made."""

    name: str
    """Its name, unique across worlds; at most 100 characters."""
    tribe: NpcTribe
    """The tribe it plays."""
    personality: Personality
    """The character it plays."""
    behavior_template: BehaviorTemplateInput
    """How it is inclined to act."""
    llm_temperature: float = 0.7
    """How freely its language model speaks, 0 to 2."""
    decision_cache_ttl: int = 3600
    """For how many seconds a decision may be used again; 0 or more."""
    strategic_update_frequency: int = 86_400
    """Every how many seconds it rethinks its strategy; 1 or more."""
    notes: str | None = None
    """Notes of those who run it, at most 10,000 characters."""


async def create_npc(
    info: Info, input: Annotated[CreateNpcInput, strawberry.argument(description="What it is like.")]
) -> NpcRow | Refusal:
    """Make an NPC. It takes part in no world yet: see `enterWorld`."""
    new = NewNpc(
        name=called("name", input.name, LONGEST_NAME),
        tribe=input.tribe,
        personality=input.personality,
        behavior_template=template(input.behavior_template),
        llm_temperature=input.llm_temperature,
        decision_cache_ttl=input.decision_cache_ttl,
        strategic_update_frequency=input.strategic_update_frequency,
        notes=input.notes,
    )
    _check({name: getattr(input, name) for name in OF_THOSE_WHO_RUN_IT})
    return await at_large(info, input, lambda step: _create(step, new))


async def _create(step: Step, new: NewNpc) -> NpcRow:
    only_those_who_run_it(step.viewer, "make NPCs")
    await _name_is_free(step, new.name)
    return await npcs.add(step.conn, new, step.now)


async def _name_is_free(step: Step, name: str) -> None:
    found = await npcs.named(step.conn, name)
    if found is not None:
        refuse(RefusalCode.NAME_TAKEN, f"NPC {found} has this name already: pass another one.")


def _check(given: dict[str, Any]) -> None:
    """Refuse what no NPC may have."""
    if "name" in given:
        called("name", given["name"], LONGEST_NAME)
    if "llm_temperature" in given:
        within("llmTemperature", given["llm_temperature"], 0, 2)
    if "decision_cache_ttl" in given:
        within("decisionCacheTtl", given["decision_cache_ttl"], 0, HIGHEST_INT)
    if "strategic_update_frequency" in given:
        within("strategicUpdateFrequency", given["strategic_update_frequency"], 1, HIGHEST_INT)
    short("notes", given.get("notes"), LONGEST_NOTES)


@input_type
class OfNpc(Repeatable):
    """A change of one NPC, in all its worlds."""

    npc_id: int
    """The NPC's id."""


@input_type
class ChangeNpcInput(OfNpc):
    """What is to be changed of an NPC; what is left out stays as it is."""

    expected_version: int | None = None
    """The version of its behaviour template that you have seen: if somebody changed it since, this is
    refused. Unless told, whatever there is is replaced."""
    behavior_template: BehaviorTemplateInput | None = strawberry.UNSET
    """How it is inclined to act from now on, whole. Its version rises, and the template before is kept."""
    name: str | None = strawberry.UNSET
    """Its name, unique across worlds; at most 100 characters. Its players keep theirs."""
    personality: Personality | None = strawberry.UNSET
    """The character it plays."""
    llm_temperature: float | None = strawberry.UNSET
    """How freely its language model speaks, 0 to 2."""
    decision_cache_ttl: int | None = strawberry.UNSET
    """For how many seconds a decision may be used again; 0 or more."""
    strategic_update_frequency: int | None = strawberry.UNSET
    """Every how many seconds it rethinks its strategy; 1 or more."""
    notes: str | None = strawberry.UNSET
    """Notes of those who run it, at most 10,000 characters; null takes them away."""


async def change_npc(
    info: Info, input: Annotated[ChangeNpcInput, strawberry.argument(description="What to change.")]
) -> NpcRow | Refusal:
    """Change an NPC. A brain may change the behaviour template of its own; those who run the game also the
    rest."""
    given = told(input, OF_THOSE_WHO_RUN_IT, clearable=("notes",))
    _check(given)
    for one in told(input, ("behavior_template",)).values():
        given["behavior_template"] = template(one)
    return await at_large(info, input, lambda step: _change(step, input, given))


async def _change(step: Step, input: ChangeNpcInput, given: dict[str, Any]) -> NpcRow:
    npc = await _own(step, input.npc_id)
    if step.viewer.role is Role.BRAIN and any(name in OF_THOSE_WHO_RUN_IT for name in given):
        only_those_who_run_it(step.viewer, "change more of an NPC than its behaviorTemplate")
    unchanged_since(f"{npc.name}'s behaviour template", npc.version, input.expected_version)
    if given.get("name", npc.name) != npc.name:
        await _name_is_free(step, given["name"])
    return await npcs.changed(step.conn, npc, given)


async def _own(step: Step, npc_id: int) -> NpcRow:
    """An NPC that the viewer may decide for and that still plays, kept as it is."""
    npc = await playing(step, npc_id)
    if not speaks_for(step.viewer, npc_id):
        refuse(RefusalCode.NOT_YOURS, f"You may not decide for {npc.name}: pass your own NPC.")
    return npc


async def playing(step: Step, npc_id: int) -> NpcRow:
    """An NPC that still plays, kept as it is."""
    npc = await npcs.lock(step.conn, step.viewer, npc_id)
    if npc is None:
        refuse(RefusalCode.NOT_FOUND, f"There is no NPC {npc_id}: see `npcs`.")
    if not npc.active:
        refuse(RefusalCode.GONE, f"{npc.name} is retired.")
    return npc


@input_type
class PauseNpcInput(OfNpc):
    """An NPC that is to rest."""


@input_type
class ResumeNpcInput(OfNpc):
    """An NPC that is to go on."""


@input_type
class RetireNpcInput(OfNpc):
    """An NPC that is to play no longer."""


async def pause_npc(
    info: Info, input: Annotated[PauseNpcInput, strawberry.argument(description="Which one.")]
) -> NpcRow | Refusal:
    """Let an NPC rest until it is resumed; one that rests already goes on resting."""
    return await at_large(info, input, lambda step: _set(step, input, {"paused": True}))


async def resume_npc(
    info: Info, input: Annotated[ResumeNpcInput, strawberry.argument(description="Which one.")]
) -> NpcRow | Refusal:
    """Let an NPC that rests go on; one that does not rest goes on as it is."""
    return await at_large(info, input, lambda step: _set(step, input, {"paused": False}))


async def retire_npc(
    info: Info, input: Annotated[RetireNpcInput, strawberry.argument(description="Which one.")]
) -> NpcRow | Refusal:
    """Let an NPC play no longer, for good: its keys let nobody in any more. Its players stay in their worlds,
    and what it held and remembered is kept."""
    return await at_large(info, input, lambda step: _retire(step, input))


async def _set(step: Step, input: OfNpc, columns: dict[str, Any]) -> NpcRow:
    return await npcs.changed(step.conn, await _own(step, input.npc_id), columns)


async def _retire(step: Step, input: RetireNpcInput) -> NpcRow:
    only_those_who_run_it(step.viewer, "retire NPCs")
    await api_keys.revoke_of_npc(step.conn, input.npc_id, step.now)
    return await _set(step, input, {"active": False})
