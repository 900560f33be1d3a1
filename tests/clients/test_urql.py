"""urql against our server."""

from __future__ import annotations

from typing import Any

from tests.clients.tools import run_stories


async def test_it_asks_and_keeps_its_cache(facts: dict[str, Any]) -> None:
    await run_stories("urql/questions.test.mjs", facts)


async def test_it_sends_hashes_in_place_of_texts(facts: dict[str, Any]) -> None:
    await run_stories("urql/persisted.test.mjs", facts)


async def test_it_watches_a_world(facts: dict[str, Any]) -> None:
    await run_stories("urql/subscriptions.test.mjs", facts)
