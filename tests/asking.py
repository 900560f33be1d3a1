"""Ask: puts a question to the schema as a viewer, over the stores of the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, cast

import orjson
import strawberry

from db.connection import Stores
from db.reads import Read
from db.viewer import ADMIN, Role, Viewer
from engine.asking import Asked
from engine.errors import code_of
from engine.relations import RELATION, Computed, Derived, Many
from engine.service import Service
from entente.operations import service
from resolvers.analyses import Analyses
from resolvers.context import Caller
from tests.world import Npc


@cache
def schema() -> strawberry.Schema:
    """The schema, built once, by the tests that ask it."""
    from schema.build import build

    return build()


def relations() -> Iterator[tuple[str, Any]]:
    """Every field of the schema that a Read answers, by its coordinate."""
    for graphql_type in schema()._schema.type_map.values():
        for name, field in getattr(graphql_type, "fields", {}).items():
            relation = getattr(field, "extensions", {}).get(RELATION)
            if relation is not None and not isinstance(relation, Computed | Derived):
                yield f"{graphql_type.name}.{name}", relation


def lists() -> dict[Read[Any], str]:
    """Every Read that gives lists, and the first of the fields that it answers."""
    found: dict[Read[Any], str] = {}
    for name, relation in relations():
        if isinstance(relation, Many):
            found.setdefault(cast(Read[Any], relation.read), name)
    return found


def brain(npc: Npc) -> Viewer:
    """The viewer who thinks for an NPC."""
    return Viewer(Role.BRAIN, npc.npc_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: data, errors, or both."""

    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The code of each error; GRAPHQL where it is GraphQL's own."""
        return [code_of(error) for error in self.errors]

    @property
    def messages(self) -> list[str]:
        """What each error says."""
        return [error["message"] for error in self.errors]


@dataclass(frozen=True)
class Ask:
    """Asks the schema: `await ask("query ($world: String!) {…}", viewer=bela, world="w1")`."""

    stores: Stores
    analyses: Analyses

    async def __call__(self, query: str, *, viewer: Viewer | Npc = ADMIN, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.anyway(query, viewer=viewer, **variables)
        assert answer.messages == []
        assert isinstance(answer.data, dict)
        return answer.data

    async def anyway(self, query: str, *, viewer: Viewer | Npc = ADMIN, **variables: Any) -> Answer:
        """The answer, errors and all."""
        who = brain(viewer) if isinstance(viewer, Npc) else viewer
        caller = Caller(who, self.stores, self.analyses)
        answer = await self._service.answer(Asked(query, variables=variables), caller)
        body = orjson.loads(answer.body)
        return Answer(body.get("data"), body.get("errors", []))

    @cached_property
    def _service(self) -> Service:
        return service(schema()._schema, lambda _: None, stores=self.stores)
