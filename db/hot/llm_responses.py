"""Answers of language models, kept so that an NPC need not ask the same twice: `llm:response:{hash}`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from db.hot.reads import HotRead, Values
from db.hot.troubles import UnreadableError
from db.viewer import OWN

KEPT_FOR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class LlmResponseRow:
    """What a language model answered an NPC."""

    npc_id: int
    asked: str
    response: dict[str, Any]


def key(npc_id: int, asked: str) -> str:
    """Where the answer to a question is kept. The hash is of the NPC, too: none learns what another asked."""
    digest = hashlib.sha256(f"{npc_id} {asked}".encode())
    return f"llm:response:{digest.hexdigest()}"


async def put(redis: Redis, row: LlmResponseRow, seconds: int = KEPT_FOR_SECONDS) -> None:
    """Keep an answer."""
    await redis.set(key(row.npc_id, row.asked), orjson.dumps(row.response), ex=seconds)


async def _find(redis: Redis, keys: Sequence[tuple[int, str]]) -> list[Values | Exception | None]:
    names = [key(*one) for one in keys]
    found: Any = await redis.mget(names)  # null where there is something else
    return [_values(*one) for one in zip(keys, names, found, strict=True)]


def _values(asked: tuple[int, str], name: str, found: bytes | None) -> Values | Exception | None:
    if found is None:
        return None
    try:
        response = orjson.loads(found)
    except orjson.JSONDecodeError:
        return UnreadableError(name)
    if not isinstance(response, dict):
        return UnreadableError(name)
    return {"npc_id": asked[0], "asked": asked[1], "response": response}


BY_QUESTION = HotRead(
    LlmResponseRow, "llm:response:{hash}", key=("npc_id", "asked"), visible=OWN, linked=True, find=_find
)
