"""Idempotency keys: a change that is sent again is not made again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
from graphql import GraphQLInputObjectType, get_named_type, is_union_type

from db.viewer import ADMIN, Viewer
from engine.relations import ROW
from resolvers.exports import ExportJob
from resolvers.global_ids import NODES
from resolvers.repeats import WHOLE, _rebuilt, kept_whole
from tests.acting import ACCEPT, memories, party, propose
from tests.asking import Ask, schema
from tests.world import Npc, World

RECORD = """mutation ($input: RecordMemoryInput!) { recordMemory(input: $input) {
    ... on Memory { id gameDay } ... on Refusal { code message } } }"""
PROPOSE_TWICE = """mutation ($input: ProposeTreatyInput!) {
    one: proposeTreaty(input: $input) { ...made } two: proposeTreaty(input: $input) { ...made } }
    fragment made on ProposeTreatyResult { ... on Treaty { treatyId } ... on Refusal { code } }"""


def accepting(world: World, npc: Npc, treaty_id: int, **more: Any) -> dict[str, Any]:
    """The input of one who accepts a treaty."""
    given = {"worldId": world.world_id, "asPlayerId": npc.player_id, "treatyId": treaty_id}
    return given | {"idempotencyKey": "yes"} | more


def remembering(world: World, npc: Npc, **more: Any) -> dict[str, Any]:
    """The input of one who remembers."""
    given = {"worldId": world.world_id, "npcId": npc.npc_id, "memoryType": "TRADE", "eventData": {"wood": 5}}
    return given | {"idempotencyKey": "once"} | more


async def record(ask: Ask, viewer: Npc | Viewer, given: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a memory."""
    result: dict[str, Any] = (await ask(RECORD, viewer=viewer, input=given))["recordMemory"]
    return result


def test_every_mutation_takes_a_key() -> None:
    mutation = schema()._schema.mutation_type
    assert mutation is not None
    inputs = {name: get_named_type(field.args["input"].type) for name, field in mutation.fields.items()}
    without = [
        name
        for name, one in inputs.items()
        if not isinstance(one, GraphQLInputObjectType) or "idempotencyKey" not in one.fields
    ]
    assert inputs
    assert without == []


def test_whatever_comes_of_a_mutation_can_be_kept() -> None:
    mutation = schema()._schema.mutation_type
    assert mutation is not None
    shown = {one for field in mutation.fields.values() for one in _shown(get_named_type(field.type))}
    rows = {read.row for read in NODES.values()} | set(WHOLE.values())
    rows |= {ExportJob}  # of an export its id is kept, and its state asked for anew
    lost = [one.name for one in shown if one.extensions[ROW] not in rows and one.name != "Refusal"]
    assert len(shown) > 5
    assert lost == []


def _shown(named: Any) -> list[Any]:
    return list(named.types) if is_union_type(named) else [named]


async def test_what_is_sent_again_is_done_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    first = await propose(ask, world, bela, otto, idempotencyKey="pact")
    before = await world.version()
    again = await propose(ask, world, bela, otto, idempotencyKey="pact")
    assert again == first
    assert await world.version() == before
    assert (await propose(ask, world, bela, otto))["code"] == "ALREADY_PROPOSED"


async def test_the_answer_is_what_came_of_it_as_it_stands_now(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await propose(ask, world, bela, otto, idempotencyKey="pact")
    given = accepting(world, otto, made["treatyId"])
    await ask(ACCEPT, viewer=otto, input=given)
    await ask(ACCEPT, viewer=otto, input=given)
    again = await propose(ask, world, bela, otto, idempotencyKey="pact")
    assert (again["treatyId"], again["status"]) == (made["treatyId"], "ACTIVE")
    assert await world.trust(bela, otto) == 10


async def test_twice_in_one_operation_is_once(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    given = {"worldId": world.world_id, "asPlayerId": bela.player_id, "partner": party(otto), "type": "NAP"}
    made = await ask(PROPOSE_TWICE, viewer=bela, input=given | {"idempotencyKey": "pact"})
    assert made["one"] == made["two"]


async def test_a_key_is_for_one_input(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await propose(ask, world, bela, otto, idempotencyKey="pact", terms={"a": 1, "b": 2})
    turned = await propose(ask, world, bela, otto, idempotencyKey="pact", terms={"b": 2, "a": 1})
    assert turned == made
    other = await propose(ask, world, bela, otto, idempotencyKey="pact", terms={"a": 1})
    assert other["code"] == "KEY_REUSED"
    assert "'pact' was used for another change" in other["message"]
    elsewhere = await record(ask, bela, remembering(world, bela, idempotencyKey="pact"))
    assert elsewhere["code"] == "KEY_REUSED"


async def test_keys_are_their_owners(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    one = await record(ask, bela, remembering(world, bela))
    assert await record(ask, otto, remembering(world, otto)) != one
    other = await record(ask, ADMIN, remembering(world, bela))
    assert other["id"] != one["id"]
    assert len(await memories(world, bela)) == 2


async def test_refusals_are_not_kept(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    made = await propose(ask, world, bela, otto)
    assert (await propose(ask, world, bela, otto, idempotencyKey="pact"))["code"] == "ALREADY_PROPOSED"
    await world.run("DELETE FROM treaties WHERE world_id = $1", world.world_id)
    assert (await propose(ask, world, bela, otto, idempotencyKey="pact"))["treatyId"] > made["treatyId"]


async def test_of_many_at_once_one_is_done_and_all_are_answered(world: World, ask: Ask) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    pacts = await asyncio.gather(*(propose(ask, world, bela, otto, idempotencyKey="p") for _ in range(5)))
    assert pacts == [pacts[0]] * 5
    kept = await asyncio.gather(*(record(ask, bela, remembering(world, bela)) for _ in range(5)))
    assert kept == [kept[0]] * 5
    assert len(await memories(world, bela)) == 1


async def test_the_second_takes_the_place_of_a_first_that_comes_to_nothing(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    async with world.pool.acquire() as other:
        first = other.transaction()
        await first.start()
        await other.execute(
            "INSERT INTO idempotency_keys (world_id, owner, key, fingerprint, created_at, expires_at) "
            "VALUES ($1, $2, 'once', '', now(), now() + interval '1 day')",
            world.world_id,
            f"brain {bela.npc_id}",
        )
        second = asyncio.create_task(record(ask, bela, remembering(world, bela)))
        while not await world.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not second.done()
        await first.rollback()
        assert "id" in await second


async def test_a_key_is_kept_for_a_day(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    one = await record(ask, bela, remembering(world, bela))
    lasts = "SELECT expires_at - created_at = interval '1 day' FROM idempotency_keys WHERE world_id = $1"
    assert await world.value(lasts, world.world_id)
    await world.run(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE world_id = $1",
        world.world_id,
    )
    other = await record(ask, bela, remembering(world, bela, gameDay=2))
    assert other["id"] != one["id"]
    assert await record(ask, bela, remembering(world, bela, gameDay=2)) == other


async def test_what_came_of_it_may_be_gone(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    await record(ask, bela, remembering(world, bela))
    await world.run("DELETE FROM npc_memory WHERE world_id = $1", world.world_id)
    again = await record(ask, bela, remembering(world, bela))
    assert again == {
        "code": "NOT_FOUND",
        "message": "This was done before, and what came of it is there no longer.",
    }


async def test_the_keys_of_a_world_go_with_it(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    await record(ask, bela, remembering(world, bela))
    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)
    assert not await world.value("SELECT count(*) FROM idempotency_keys WHERE world_id = $1", world.world_id)


async def test_a_key_is_a_short_text(world: World, ask: Ask) -> None:
    bela = await world.npc("Bela")
    for key, says in (("", "must not be empty"), ("k" * 201, "at most 200 characters")):
        answer = await ask.anyway(RECORD, viewer=bela, input=remembering(world, bela, idempotencyKey=key))
        assert says in answer.messages[0]
        assert answer.codes == ["BAD_USER_INPUT"]


class Colour(Enum):
    """Some colour."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a report."""

    colour: Colour
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """An outcome that is no row."""

    entries: list[Entry | None]
    counts: dict[str, int]


def test_an_outcome_that_is_no_row_is_kept_whole() -> None:
    report = Report([Entry(Colour.RED, datetime.now(UTC)), None, Entry(Colour.RED, None)], {"red": 2})
    assert kept_whole(Report) is WHOLE.pop("Report")
    assert _rebuilt(Report, orjson.loads(orjson.dumps(report))) == report
