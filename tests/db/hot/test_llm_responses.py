"""What a language model answered: kept for a while, for the NPC that asked."""

from __future__ import annotations

from db.batches import fetch
from db.connection import Stores
from db.hot import llm_responses
from db.hot.llm_responses import BY_QUESTION, LlmResponseRow
from db.outages import StoreUnavailableError
from db.paging import Ask
from db.viewer import ADMIN, Role, Viewer

ROW = LlmResponseRow(7201, "What now?", {"text": "Wait. ö", "tokens": 2**53 + 1})


async def test_an_answer_is_kept_for_who_asked(stores: Stores) -> None:
    await llm_responses.put(stores.redis, ROW)

    keys = [(7201, "What now?"), (7202, "What now?"), (7201, "What then?")]
    assert await fetch(stores, BY_QUESTION, Ask(), [(ADMIN, one) for one in keys]) == [[ROW], [], []]
    other = Viewer(Role.BRAIN, 7202)
    assert await fetch(stores, BY_QUESTION, Ask(), [(other, one) for one in keys]) == [[], [], []]


async def test_it_is_kept_for_an_hour_unless_told(stores: Stores) -> None:
    name = llm_responses.key(7201, "What now?")
    await llm_responses.put(stores.redis, ROW)
    assert name.startswith("llm:response:")
    assert len(name) == len("llm:response:") + 64
    assert 3590 < await stores.redis.ttl(name) <= 3600

    await llm_responses.put(stores.redis, ROW, seconds=10)
    assert 0 < await stores.redis.ttl(name) <= 10


async def test_what_is_no_answer_is_told(stores: Stores) -> None:
    for text in ("{", "7"):
        await stores.redis.set(llm_responses.key(7203, text), text)
    found = await fetch(stores, BY_QUESTION, Ask(), [(ADMIN, (7203, text)) for text in ("{", "7")])

    assert all(isinstance(one, StoreUnavailableError) for one in found)
    assert "something else under 'llm:response:" in str(found[0])
