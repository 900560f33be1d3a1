"""graphql-codegen knows our types, TypeScript agrees to a program that uses them, and the program runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entente.stores import StoreUrls
from tests.clients.tools import HERE
from tests.clients.trusting import trusting
from tests.clients.workshop import Workshop


@pytest.fixture(scope="module")
async def generated(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The types and documents that were made of our schema."""
    shop = await Workshop.over("codegen", tmp_path_factory.mktemp("codegen") / "program")
    documents = str(HERE / "documents" / "*.graphql")
    config = ["--config", "codegen.mjs", "--silent"]
    await shop.npm("@graphql-codegen/cli/esm/bin.js", *config, DOCUMENTS=documents)
    return shop


async def test_a_program_with_these_types_is_sound(generated: Workshop) -> None:
    assert await generated.npm("typescript/bin/tsc", "--project", ".") == ""


async def test_the_program_is_answered(generated: Workshop, facts: dict[str, Any]) -> None:
    said = await generated.node("program.ts", ENTENTE=json.dumps(facts))

    bela, otto = (f"{name} of {facts['worldId']}" for name in ("Bela", "Otto"))
    assert json.loads(said) == [f"{bela} [North] 900", [otto], "broken", "NOT_IN_FORCE"]


async def test_the_program_may_send_ids_alone(
    generated: Workshop, urls: StoreUrls, facts: dict[str, Any]
) -> None:
    async with trusting(generated.folder / "generated" / "persisted-documents.json", urls) as url:
        said = await generated.node("program.ts", ENTENTE=json.dumps({**facts, "url": url, "byId": True}))

    assert json.loads(said)[2:] == ["broken", "NOT_IN_FORCE"]
