"""Every field of the schema, asked as each role: what is others' is not there, and does not matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_input_object_type

from db.reads import Read
from db.viewer import ADMIN, Role, Viewer
from engine.asking import Asked
from engine.permissions import ONLY
from engine.relations import reads_of
from entente.operations import service
from resolvers.context import Caller
from resolvers.graph_worker import GraphWorker
from tests.access.hiding import fingerprints, take_away_the_world, take_from_others
from tests.access.walking import Walk
from tests.asking import relations, schema
from tests.crowds import WORLD, Place
from tests.engine.odd_crowd import odd_place
from tests.servers import Servers

DECIDED = Path(__file__).with_name("decided.txt")
REDIS_OF_WALKS = 13
HERMIT = 100
"""An NPC of the world that has met nobody: all of the others' is foreign to it."""
ELSEWHERE = frozenset({"elsewhere"})
ARGUMENTS = {
    "worldId": f'"{WORLD}"', "npcId": "1", "playerId": "1", "villageId": "101", "allianceId": "1",
    "treatyId": "1", "trusterPlayerId": "1", "trustedPlayerIds": "[2, 3]", "asked": '"a"',
    "from": '"2026-11-23T12:00:00Z"', "exportId": '"none"',
}  # fmt: skip
MOST_OF_THE_SCHEMA, MOST_MUTATIONS = 700, 40
Answers = Mapping[str, Any]


@pytest.fixture
async def place(servers: Servers, worker_id: str) -> AsyncIterator[Place]:
    """A place with an odd crowd, to be changed."""
    schema()  # which types have global ids is known with it
    worker = GraphWorker()
    async with odd_place(servers, f"walk_{worker_id}_{next(_numbers)}", worker, REDIS_OF_WALKS) as made:
        yield made
    await asyncio.to_thread(worker.close)


_numbers = count(1)


def walk(place: Place, role: Role) -> dict[str, str]:
    return Walk(schema()._schema, role, ARGUMENTS, place.ids).queries()


async def told(place: Place, viewer: Viewer, queries: Mapping[str, str] | None = None) -> Answers:
    """What a viewer is answered to each of the queries, else to those for every field."""
    queries = queries or walk(place, viewer.role)
    logging.getLogger("entente.operations").disabled = True
    made = service(schema()._schema, lambda _: None, stores=place.stores)
    caller = Caller(viewer, place.stores, place.analyses)
    return {name: orjson.loads((await made.answer(Asked(one), caller)).body) for name, one in queries.items()}


# What was decided -------------------------------------------------------------------------------------------


def test_of_each_field_it_is_decided_who_may_ask_for_it() -> None:
    """A new field fails here until somebody has thought about it, and written it down with `python -m
    tests.access.test_walk`."""
    assert DECIDED.read_text(encoding="utf-8").splitlines() == decided()


def decided() -> list[str]:
    """For each field who may ask for it, and whose rows it shows."""
    shown = {name: "; ".join(sorted({_whose(read) for read in reads_of(one)})) for name, one in relations()}
    lines = []
    for kind in schema()._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, made in kind.fields.items():
                only = made.extensions.get(ONLY)
                who = "all" if only is None else ", ".join(sorted(one.value for one in only))
                whose = shown.get(f"{kind.name}.{name}")
                lines.append(f"{kind.name}.{name}: {who}" + (f" ({whose})" if whose else ""))
    return sorted(lines)


def _whose(read: Any) -> str:
    visible = cast(Read[Any], read).visible
    return "public rows" if not visible.hides else "its own rows" if visible.is_one_npcs else "some rows"


# What is walked ---------------------------------------------------------------------------------------------


async def test_what_is_others_changes_nothing_that_anybody_else_is_told(place: Place) -> None:
    private = [name for name, one in relations() if any(_hides(read) for read in reads_of(one))]
    viewers = [
        Viewer(Role.BRAIN, HERMIT),
        Viewer(Role.BRAIN, HERMIT, frozenset({WORLD})),
        Viewer(Role.VIEWER),
    ]
    before = [await told(place, one) for one in viewers]
    seen = await told(place, ADMIN)

    assert await take_from_others(place, HERMIT) == []

    for viewer, known in zip(viewers, before, strict=True):
        now = await told(place, viewer)
        assert [name for name in known if now[name] != known[name]] == [], viewer
    after = await told(place, ADMIN)
    reached = [name for name in private if name in seen]
    moved = [name for name in reached if after[name] != seen[name]]
    assert len(moved) > 0.75 * len(reached)  # of some the shortest way shows nothing; others are in Redis
    assert len(seen) > MOST_OF_THE_SCHEMA


def _hides(read: Any) -> bool:
    return cast(Read[Any], read).visible.hides


@pytest.mark.parametrize("role", [Role.BRAIN, Role.GAME, Role.VIEWER])
async def test_of_a_foreign_world_nobody_is_told_anything(role: Role, place: Place) -> None:
    viewer = Viewer(role, HERMIT if role is Role.BRAIN else None, ELSEWHERE)
    before = await told(place, viewer)

    await take_away_the_world(place)

    after = await told(place, viewer)
    assert [name for name in before if after[name] != before[name]] == []


async def test_no_surprise_waits_on_the_way(place: Place) -> None:
    """Else two surprises would look equal, and hide what is behind them."""
    for viewer in (ADMIN, Viewer(Role.BRAIN, HERMIT), Viewer(Role.BRAIN, 1), Viewer(Role.VIEWER)):
        found = await told(place, viewer)
        errors = [error for one in found.values() for error in one.get("errors", [])]
        codes = {error.get("extensions", {}).get("code") for error in errors}
        assert codes <= {"FORBIDDEN", "STORE_UNAVAILABLE"}, viewer


# What is done -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "viewer",
    [Viewer(Role.BRAIN, HERMIT), Viewer(Role.GAME, worlds=ELSEWHERE), Viewer(Role.VIEWER)],
    ids=["a brain", "a game elsewhere", "a web tool"],
)
async def test_nobody_acts_for_others(viewer: Viewer, place: Place) -> None:
    before = await fingerprints(place)
    mutations = dict(_mutations())

    answers = await told(place, viewer, mutations)

    done = {name for name, one in answers.items() if not _was_refused(one)}
    assert done == set()
    assert {name for name, one in (await fingerprints(place)).items() if one != before[name]} == set()
    assert len(mutations) > MOST_MUTATIONS


def _was_refused(answer: Any) -> bool:
    if "errors" in answer:
        return all(one["extensions"]["code"] != "INTERNAL" for one in answer["errors"])
    (made,) = answer["data"].values()
    return bool(made["__typename"] == "Refusal" or made.get("decisions") == [])


def _mutations() -> Any:
    """Every mutation, on others."""
    mutation = schema()._schema.mutation_type
    assert mutation is not None
    for name, made in mutation.fields.items():
        given = ", ".join(f"{one}: {_value(one, argument.type)}" for one, argument in made.args.items())
        yield name, f"mutation {{ {name}({given}) {{ __typename {SHOWN.get(name, '')} }} }}"


def _value(name: str, kind: Any) -> str:
    if str(kind).startswith("["):
        return f"[{_value(name, kind.of_type)}]"
    named: Any = get_named_type(kind)
    if is_input_object_type(named):
        return _object(named)
    if name in OF_INPUTS:
        return OF_INPUTS[name]
    if hasattr(named, "values"):
        return str(next(iter(named.values)))
    return SCALARS[named.name]


def _object(kind: GraphQLInputObjectType) -> str:
    wanted = {
        name: one.type
        for name, one in kind.fields.items()
        if str(one.type).endswith("!") and one.default is None
    }
    if kind.is_one_of:
        wanted = dict([next((name, one.type) for name, one in kind.fields.items())])
    return "{" + ", ".join(f"{name}: {_value(name, one)}" for name, one in wanted.items()) + "}"


SHOWN = {"claimDecisions": "... on DecisionClaim { decisions { decisionId } }"}
"""Where one may be given nothing, what it is."""
OF_INPUTS = {"worldId": f'"{WORLD}"', "asPlayerId": "1", "npcId": "1", "playerId": "2", "targetPlayerId": "2"}
SCALARS = {
    "String": '"a"', "Int": "1", "BigInt": "1", "Float": "0.5", "Boolean": "true", "JSON": "{}",
    "DateTime": '"2026-11-23T12:00:00Z"', "UUID": '"00000000-0000-0000-0000-000000000000"', "ID": '"a"',
}  # fmt: skip


if __name__ == "__main__":
    DECIDED.write_text("\n".join(decided()) + "\n", encoding="utf-8")
