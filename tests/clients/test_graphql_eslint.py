"""graphql-eslint finds nothing to say about our schema and about what we ask of it."""

from __future__ import annotations

from tests.clients.tools import HERE, ROOT, SCHEMA, run_npm

ESLINT = ("eslint", "bin/eslint.js", "--config", HERE / "eslint.config.mjs", "--max-warnings=0")


async def test_the_schema_is_as_recommended_and_as_relay_wants_it() -> None:
    assert await run_npm(*ESLINT, SCHEMA, cwd=ROOT) == ""


async def test_the_documents_are_as_recommended() -> None:
    documents = sorted((HERE / "documents").glob("*.graphql"))

    assert await run_npm(*ESLINT, *documents, cwd=ROOT) == ""
