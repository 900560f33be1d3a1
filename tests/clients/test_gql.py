"""gql against our server: over HTTP, and over a WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError, print_schema

from schema.build import build

PLAYER = gql("""
  query Player($worldId: String!, $playerId: Int!) {
    player(worldId: $worldId, playerId: $playerId) { id name population }
  }
""")
ADJUST = gql("""
  mutation Adjust($input: AdjustTrustInput!) {
    adjustTrust(input: $input) {
      __typename
      ... on Relationship { trustScore }
      ... on Refusal { code }
    }
  }
""")
MIXED = gql("""
  query Mixed($worldId: String!, $npcId: Int!) {
    world(worldId: $worldId) { name }
    npc(npcId: $npcId) { relationships(worldId: $worldId, first: 101) { nodes { id } } }
  }
""")
WATCH = gql("subscription Watch($worldId: String!) { worldChanged(worldId: $worldId) { version } }")


@pytest.fixture
async def session(url: str) -> AsyncIterator[AsyncClientSession]:
    """A session that has asked for the schema first."""
    transport = HTTPXAsyncTransport(url=url)
    parts = ("specified_by_url", "schema_description", "directive_is_repeatable", "input_object_one_of")
    all_of_it = dict.fromkeys(parts, True)
    async with Client(
        transport=transport, fetch_schema_from_transport=True, introspection_args=all_of_it
    ) as opened:
        yield opened


def gift(facts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Five points of trust from Bela to Otto."""
    ids = {"worldId": facts["worldId"], "npcId": facts["npcId"], "targetPlayerId": facts["ottoId"]}
    return {"input": {**ids, "points": 5, **changes}}


async def test_a_question_with_variables_is_answered(
    session: AsyncClientSession, facts: dict[str, Any]
) -> None:
    PLAYER.variable_values = {"worldId": facts["worldId"], "playerId": facts["belaId"]}
    answer = await session.execute(PLAYER)

    assert answer["player"]["population"] == 900


async def test_the_schema_comes_over_the_wire_as_it_is(session: AsyncClientSession) -> None:
    assert session.client.schema is not None
    assert print_schema(session.client.schema) == print_schema(build()._schema)


async def test_a_question_that_is_none_is_refused_before_it_is_sent(session: AsyncClientSession) -> None:
    with pytest.raises(GraphQLError, match="Cannot query field 'unheardOf'"):
        await session.execute(gql("{ unheardOf }"))


async def test_the_server_says_what_is_wrong(url: str) -> None:
    async with Client(transport=HTTPXAsyncTransport(url=url)) as blind:
        with pytest.raises(TransportQueryError, match="Cannot query field 'unheardOf'"):
            await blind.execute(gql("{ unheardOf }"))


async def test_an_error_in_a_field_comes_beside_the_rest(
    session: AsyncClientSession, facts: dict[str, Any]
) -> None:
    MIXED.variable_values = {"worldId": facts["worldId"], "npcId": facts["npcId"]}
    with pytest.raises(TransportQueryError) as told:
        await session.execute(MIXED)

    assert told.value.data == {"world": {"name": facts["worldId"]}, "npc": None}
    assert told.value.errors is not None
    assert told.value.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_mutation_gives_the_new_score_or_the_refusal(
    session: AsyncClientSession, facts: dict[str, Any]
) -> None:
    ADJUST.variable_values = gift(facts)
    moved = await session.execute(ADJUST)
    ADJUST.variable_values = gift(facts, targetPlayerId=999)
    refused = await session.execute(ADJUST)

    assert moved["adjustTrust"] == {"__typename": "Relationship", "trustScore": 15}
    assert refused["adjustTrust"] == {"__typename": "Refusal", "code": "NOT_FOUND"}


async def test_a_question_is_built_from_the_schema(
    session: AsyncClientSession, facts: dict[str, Any]
) -> None:
    assert session.client.schema is not None
    ours = DSLSchema(session.client.schema)
    asked = ours.Query.world.args(worldId=facts["worldId"]).select(
        ours.World.players.args(first=2).select(ours.PlayerConnection.totalCount)
    )

    answer = await session.execute(dsl_gql(DSLQuery(asked)))
    assert answer == {"world": {"players": {"totalCount": facts["players"]}}}


async def test_a_socket_answers_too(url: str, facts: dict[str, Any]) -> None:
    PLAYER.variable_values = {"worldId": facts["worldId"], "playerId": facts["ottoId"]}
    async with Client(transport=WebsocketsTransport(url=url.replace("http:", "ws:"))) as socket:
        answer = await socket.execute(PLAYER)

    assert answer["player"]["population"] == 800


async def test_a_world_is_watched(url: str, session: AsyncClientSession, facts: dict[str, Any]) -> None:
    WATCH.variable_values = {"worldId": facts["worldId"]}
    ADJUST.variable_values = gift(facts)
    seen: list[int] = []
    async with Client(transport=WebsocketsTransport(url=url.replace("http:", "ws:"))) as socket:
        async for event in socket.subscribe(WATCH):
            seen.append(event["worldChanged"]["version"])
            if len(seen) == 2:
                break
            await session.execute(ADJUST)

    assert seen[1] == seen[0] + 1
