"""relay-compiler understands our schema, and what it made is answered."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from entente.stores import StoreUrls
from tests.clients.trusting import trusting
from tests.clients.workshop import Workshop


@pytest.fixture(scope="module")
async def compiled(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The documents, compiled."""
    shop = await Workshop.over("relay", tmp_path_factory.mktemp("relay") / "app")
    await shop.npm("relay-compiler/cli.js", "relay.config.json")
    return shop


@pytest.fixture(scope="module")
def texts(compiled: Workshop) -> dict[str, str]:
    """What Relay sends, each operation by its name."""
    listed = json.loads(compiled.text("persisted.json")).values()
    return {re.split(r"\W", text, maxsplit=2)[1]: text for text in listed}


async def test_fragments_know_how_they_are_asked_for_anew(compiled: Workshop) -> None:
    card = compiled.text("src/__generated__/playersCardQuery.graphql.ts")
    page = compiled.text("src/__generated__/players_world.graphql.ts")

    assert '"name": "node"' in card
    assert '"connection": [' in page
    assert '"identifierField": "id"' in page


async def test_a_connection_is_paged_to_its_end(
    url: str, texts: dict[str, str], facts: dict[str, Any]
) -> None:
    world = await asked(url, query=texts["playersQuery"], variables={"worldId": facts["worldId"]})
    page = world["world"]["players"]
    seen = [edge["node"]["id"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        after = {"id": world["world"]["id"], "after": page["pageInfo"]["endCursor"]}
        page = (await asked(url, query=texts["playersPageQuery"], variables=after))["node"]["players"]
        seen += [edge["node"]["id"] for edge in page["edges"]]

    assert len(seen) == len(set(seen)) == facts["players"]


async def test_a_mutation_gives_the_node_or_the_refusal(
    url: str, texts: dict[str, str], facts: dict[str, Any]
) -> None:
    pact = {key: facts[key] for key in ("worldId", "treatyId")} | {"asPlayerId": facts["belaId"]}
    breaking = {"query": texts["treatiesBreakMutation"], "variables": {"input": pact}}
    broken, refused = await asked(url, **breaking), await asked(url, **breaking)

    assert broken["breakTreaty"]["status"] == "BROKEN"
    assert refused["breakTreaty"]["code"] == "NOT_IN_FORCE"


async def test_its_documents_are_known_by_their_ids(
    compiled: Workshop, urls: StoreUrls, facts: dict[str, Any]
) -> None:
    page = compiled.text("src/__generated__/playersQuery.graphql.ts")
    [known] = re.findall(r'"id": "([0-9a-f]{64})"', page)
    async with trusting(compiled.folder / "persisted.json", urls) as url:
        answer = await asked(url, documentId=known, variables={"worldId": facts["worldId"]})

    assert answer["world"]["players"]["totalCount"] == facts["players"]


async def asked(url: str, **body: Any) -> Any:
    """The data of an answer."""
    async with httpx.AsyncClient() as client:
        answer = (await client.post(url, json=body)).json()
    assert "errors" not in answer
    return answer["data"]
