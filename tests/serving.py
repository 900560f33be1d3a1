"""Client: puts requests to the application over the stores of the test, as the world outside does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from entente.app import Application, create_app
from entente.settings import Settings
from entente.stores import StoreUrls
from tests.statements import overheard

HOME = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Client:
    """Asks over HTTP: `await client.ask("{ worlds { … } }")`, or sends what nobody should send."""

    http: httpx.AsyncClient
    app: Application

    async def ask(self, query: str, **variables: Any) -> Any:
        """The whole answer to an operation, errors and all."""
        answer = await self.post({"query": query, "variables": variables})
        assert answer.status_code == 200
        return answer.json()

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        """The response to a JSON body."""
        return await self.http.post("/graphql", json=body, headers=headers)

    async def send(self, body: Any, content_type: str = "application/json") -> httpx.Response:
        """The response to a body that may be no JSON at all, or come in pieces."""
        return await self.http.post("/graphql", content=body, headers={"Content-Type": content_type})

    async def get(self, path: str = "/graphql", **options: Any) -> httpx.Response:
        """The response to a GET."""
        return await self.http.get(path, **options)


@asynccontextmanager
async def served(urls: StoreUrls, **settings: Any) -> AsyncIterator[Client]:
    """The application over these stores, until the end."""
    app = create_app(Settings(state=Path("/nowhere"), **settings), urls)
    transport = httpx.ASGITransport(app)
    with overheard():
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=HOME) as http,
        ):
            yield Client(http, app)
