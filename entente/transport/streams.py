"""Answers: what comes back for an operation, one answer or many, whatever transport carries them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import uuid4

from engine.asking import Answer, Asked, Caller, refusal, refused
from engine.service import Service

SURPRISES = logging.getLogger("entente.surprises")

DEADLINE_SECONDS = 30.0


async def answers(
    service: Service, asked: Asked, caller: Caller, deadline: float = DEADLINE_SECONDS
) -> AsyncGenerator[Answer]:
    """The answer to a query or mutation, those to a subscription; a refusal where it fails."""
    try:
        async with asyncio.timeout(deadline):
            begun = await service.begin(asked, caller, deadline)
        if isinstance(begun, Answer):
            yield begun
            return
        async with aclosing(begun):
            async for answer in begun:
                yield answer
    except TimeoutError:
        yield refused(refusal("DEADLINE_EXCEEDED", f"This took longer than {deadline:g} s; ask for less."))
    except Exception as error:
        yield surprise(error)


def key_of(caller: Caller) -> int | None:
    """The key that a caller came with, if it is one that can be revoked."""
    return getattr(caller.viewer, "key_id", None)


def surprise(error: Exception) -> Answer:
    """A bug of ours: the log tells about it, under the id that the client is told."""
    request_id = uuid4().hex
    SURPRISES.error("request %s", request_id, exc_info=error)
    return refused(refusal("INTERNAL", "Unexpected error.", requestId=request_id))
