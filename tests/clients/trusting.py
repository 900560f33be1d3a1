"""Servers that run nothing but the documents that a tool has made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening


@asynccontextmanager
async def trusting(documents: Path, urls: StoreUrls) -> AsyncIterator[str]:
    """Where a server listens that runs the documents of this file only."""
    settings = Settings(state=Path("/nowhere"), trusted_documents=documents, trusted_documents_only=True)
    async with listening(create_app(settings, urls)) as port:
        yield f"http://127.0.0.1:{port}/graphql"
