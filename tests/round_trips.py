"""How often Redis is asked: what goes to it in one piece counts once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection


@contextmanager
def round_trips() -> Iterator[list[Any]]:
    """Everything that connections send meanwhile, piece by piece."""
    sent: list[Any] = []
    send = AbstractConnection.send_packed_command

    async def send_and_note(self: Any, command: Any, *more: Any, **options: Any) -> None:
        sent.append(command)
        await send(self, command, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AbstractConnection, "send_packed_command", send_and_note)
        yield sent
