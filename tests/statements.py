"""The statements that the program runs on its databases, without the driver's own bookkeeping."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from asyncpg import introspection
from asyncpg.connection import LoggedQuery

import db.connection
from db.main import api_keys

INTROSPECTION = {text for text in vars(introspection).values() if isinstance(text, str)}
OF_THE_KEYRING = {api_keys.STATE, api_keys.LIVE, api_keys.USED}
"""What every server asks again and again, whoever asks it what."""
BOOKKEEPING = (
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE SAVEPOINT",
    "SELECT pg_advisory_unlock_all()",
    "SELECT current_setting('jit')",
    "SELECT set_config('jit'",
)

_listening: list[list[str]] = []


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Every statement that connections of our pools run meanwhile, in the order of the answers."""
    statements: list[str] = []
    _listening.append(statements)
    try:
        yield statements
    finally:
        _listening.remove(statements)


@contextmanager
def overheard() -> Iterator[None]:
    """Connections that are made meanwhile are heard for as long as they live."""
    prepare: Callable[[Any], Awaitable[None]] = db.connection._prepare

    async def prepare_and_listen(conn: asyncpg.Connection[asyncpg.Record]) -> None:
        await prepare(conn)
        conn.add_query_logger(_hear)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db.connection, "_prepare", prepare_and_listen)
        yield


def _hear(query: LoggedQuery) -> None:
    if (
        query.query in INTROSPECTION
        or query.query in OF_THE_KEYRING
        or " ".join(query.query.split()).startswith(BOOKKEEPING)
    ):
        return
    for statements in _listening:
        statements.append(query.query)
