"""Trusted documents over HTTP, and the files they are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from engine.trusted import id_of
from entente.settings import SettingsError
from entente.stores import StoreUrls
from entente.trusted_documents import documents_in
from tests.serving import Client, served

TYPE = "query Kind { __typename }"
LATER = {"data": {"__typename": "Query"}}


def persisted(text: str) -> dict[str, Any]:
    """The extensions with which Apollo names a text."""
    return {"persistedQuery": {"version": 1, "sha256Hash": id_of(text)}}


def code(answer: httpx.Response) -> str:
    """The code of the only error."""
    [error] = answer.json()["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document in a file of its own, and one in a list."""
    (tmp_path / "kind.graphql").write_text(f"{TYPE}\n")
    (tmp_path / "relay.json").write_bytes(orjson.dumps({"5d41402a": "query Relay { __typename }"}))
    (tmp_path / "README").write_text("Not a document.")
    return tmp_path


def test_documents_are_read_from_files_and_lists(folder: Path) -> None:
    manifest = {"format": "apollo-persisted-query-manifest", "operations": [{"id": "a", "body": "{ a }"}]}
    (folder / "apollo.json").write_bytes(orjson.dumps(manifest))

    found = documents_in(folder)

    assert found[id_of(TYPE)] == TYPE
    assert found[id_of(f"{TYPE}\n")] == f"{TYPE}\n"
    assert found["5d41402a"] == "query Relay { __typename }"
    assert found["a"] == "{ a }"
    assert len(found) == 4
    assert documents_in(folder / "relay.json") == {"5d41402a": "query Relay { __typename }"}


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": 7}', b'{"operations": [{"id": "a"}]}'])
def test_a_list_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.json").write_bytes(content)

    with pytest.raises(SettingsError, match="TRUSTED_DOCUMENTS"):
        documents_in(tmp_path)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="neither"):
        documents_in(tmp_path / "nowhere")


async def test_only_trusted_documents_are_answered(urls: StoreUrls, folder: Path) -> None:
    async with served(urls, trusted_documents=folder, trusted_documents_only=True) as client:
        by_hash = await client.post({"documentId": f"sha256:{id_of(TYPE)}"})
        by_name = await client.get("/graphql", params={"documentId": "5d41402a"})
        other = await client.post({"query": "{ worlds { nodes { name } } }"})
        registered = await client.post({"query": "{ __typename }", "extensions": persisted("{ __typename }")})

    assert by_hash.json() == by_name.json() == LATER
    assert code(other) == code(registered) == "DOCUMENT_NOT_TRUSTED"


async def test_trusted_documents_are_compiled_before_anybody_asks(urls: StoreUrls, tmp_path: Path) -> None:
    text = "query Named($id: Int!, $short: Boolean!) { npc(npcId: $id) { name tribe @skip(if: $short) } }"
    (tmp_path / "named.graphql").write_text(text)
    async with served(urls, trusted_documents=tmp_path) as client:
        assert client.app.service.counters.plans_compiled == 1
        asked = {"documentId": id_of(text), "variables": {"id": -1, "short": False}}
        assert (await client.post(asked)).json() == {"data": {"npc": None}}
        assert client.app.service.counters.plans_compiled == 1


async def test_a_document_that_cannot_be_run_is_left_to_the_log(
    urls: StoreUrls, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "old.graphql").write_text("{ nope }")
    async with served(urls, trusted_documents=tmp_path) as client:
        assert (await client.ask("{ __typename }")) == LATER

    assert "Cannot query field 'nope'" in caplog.text


async def test_a_client_registers_what_the_server_does_not_know(client: Client) -> None:
    text = "query Registered { __typename }"
    unknown = await client.post({"extensions": persisted(text)})
    told = await client.post({"query": text, "extensions": persisted(text)})
    known = await client.post({"extensions": persisted(text)})
    by_get = await client.get("/graphql", params={"extensions": orjson.dumps(persisted(text)).decode()})

    assert (code(unknown), unknown.status_code) == ("PERSISTED_QUERY_NOT_FOUND", 200)
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert told.json() == known.json() == by_get.json() == LATER


async def test_a_get_of_an_unknown_document_is_not_kept(client: Client) -> None:
    extensions = orjson.dumps(persisted("{ never }")).decode()
    answer = await client.get(
        "/graphql", params={"extensions": extensions}, headers={"Accept": "application/graphql-response+json"}
    )

    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_servers_of_one_redis_know_what_one_was_told(urls: StoreUrls) -> None:
    text = "query Shared { __typename }"
    async with served(urls) as one, served(urls) as other:
        await one.post({"query": text, "extensions": persisted(text)})
        await one.app.http.persisted.settle()

        assert (await other.post({"extensions": persisted(text)})).json() == LATER


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/event-stream"])
async def test_servers_share_what_a_client_of_events_too_has_registered(urls: StoreUrls, accept: str) -> None:
    text = f"query Shared{accept.count(',')} {{ __typename }}"
    async with served(urls) as one, served(urls) as other:
        await one.post({"query": text, "extensions": persisted(text)}, Accept=accept)
        await one.app.http.persisted.settle()

        assert (await other.post({"extensions": persisted(text)}, Accept=accept)).json() == LATER


async def test_trusted_documents_are_never_forgotten(urls: StoreUrls, tmp_path: Path) -> None:
    text = "{ __typename } # " + "x" * 30_000
    (tmp_path / "long.graphql").write_text(text)
    async with served(urls, trusted_documents=tmp_path) as client:
        misses = client.app.service.counters.cache_misses["documents"]
        assert (await client.post({"documentId": id_of(text)})).json() == LATER
        assert client.app.service.counters.cache_misses["documents"] == misses
