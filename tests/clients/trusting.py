"""Servers that run nothing but the documents that a tool has made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from entente.app import create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.listening import listening


@asynccontextmanager
async def trusting(documents: Path, urls: StoreUrls) -> AsyncIterator[str]:
    """Where a server listens that runs the documents of this file only."""
    options: dict[str, Any] = {"trusted_documents": documents, "trusted_documents_only": True}
    if "trusted_documents" not in {field.name for field in fields(Settings)}:
        pytest.skip("Documents cannot be trusted yet.")
    async with listening(create_app(Settings(state=Path("/nowhere"), **options), urls)) as port:
        yield f"http://127.0.0.1:{port}/graphql"
