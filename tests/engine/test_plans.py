"""Plans ask for no more than they must, and where one cannot be made the reference executor answers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

import engine.operation
import engine.service
import entente.operations
from db.connection import Stores
from db.viewer import ADMIN
from engine.asking import Asked
from engine.service import Service
from resolvers.analyses import Analyses
from resolvers.context import Caller
from tests.asking import schema
from tests.world import World

PLAYER = "query ($w: String!) { player(worldId: $w, playerId: 1) { name villages { totalCount } } }"
LINKS = """query ($w: String!, $p: Int!) { player(worldId: $w, playerId: $p) {
  name npc { name } alliance { tag leader { name alliance { name leader { name alliance { tag } } } } }
} }"""


@pytest.fixture
def service(stores: Stores) -> Service:
    """Answers questions, with plans of its own."""
    return entente.operations.service(schema()._schema, lambda _: None, stores=stores)


@pytest.fixture
def caller(stores: Stores, analyses: Analyses) -> Caller:
    """An admin."""
    return Caller(ADMIN, stores, analyses)


async def told(service: Service, caller: Caller, text: str, **variables: Any) -> Any:
    answer = await service.answer(Asked(text, None, variables), caller)
    return orjson.loads(answer.body)


async def test_nobody_asks_the_database_of_a_world_that_may_not_be(
    service: Service, caller: Caller, stores: Stores
) -> None:
    assert await told(service, caller, PLAYER, w="nowhere at all") == {"data": {"player": None}}
    assert "nowhere at all" not in stores.worlds._open


async def test_links_come_along_as_far_as_it_is_sensible(
    service: Service, caller: Caller, world: World, statements: list[str]
) -> None:
    anna = await world.player("Anna")
    await world.alliance("Us", leader=anna)
    statements.clear()

    found = await told(service, caller, LINKS, w=world.world_id, p=anna.player_id)

    league = found["data"]["player"]["alliance"]
    assert league["leader"]["alliance"]["leader"]["name"] == anna.name
    assert league["leader"]["alliance"]["leader"]["alliance"]["tag"] == league["tag"]
    assert len(statements) == len(["three links", "two more"])


@pytest.mark.parametrize(
    ("module", "name"),
    [(engine.operation, "Compiler"), (engine.operation, "varying"), (engine.operation, "requested_of")],
)
async def test_a_bug_in_the_compiler_costs_nobody_an_answer(
    module: Any,
    name: str,
    service: Service,
    caller: Caller,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("a bug")

    anna = await world.player("Anna")
    monkeypatch.setattr(module, name, broken)
    text = "query ($w: String!, $p: Int!) { player(worldId: $w, playerId: $p) { name } }"

    answer = await told(service, caller, text, w=world.world_id, p=anna.player_id)

    assert answer == {"data": {"player": {"name": anna.name}}}
    assert "is not compiled" in caplog.text
