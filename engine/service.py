"""Service: answers requests, whatever transport brought them."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType

from engine import reference
from engine.asking import Answer, Asked, Caller, Gone, RefusedError, refusal, refused
from engine.documents import Document, Documents
from engine.errors import Mask, code_of
from engine.trusted import TrustedDocuments


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of an operation, for the log and the metrics."""

    kind: str
    name: str | None
    seconds: float
    statements: int
    codes: Sequence[str]
    caller: Caller
    request_id: str


Observer = Callable[[Ran], None]
CheckOperation = Callable[[Document, OperationDefinitionNode, Mapping[str, Any]], GraphQLError | None]
"""Refuses an operation that asks for too much with these variables."""


@dataclass(eq=False)
class Service:
    """Everything that lies between a request and its answer."""

    schema: GraphQLSchema
    documents: Documents
    check: CheckOperation
    mask: Mask
    observe: Observer
    trusted: TrustedDocuments = field(default_factory=TrustedDocuments)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _prefix: str = field(default_factory=lambda: secrets.token_hex(4))

    async def answer(self, asked: Asked, caller: Caller, gone: Gone | None = None) -> Answer:
        """The response to a query or a mutation. Cancel it when nobody waits any more."""
        found = await self.begin(asked, caller, gone)
        if isinstance(found, Answer):
            return found
        await found.aclose()
        return refused(
            refusal("SUBSCRIPTION_NOT_HERE", "Subscriptions need a WebSocket or server-sent events.")
        )

    def is_subscription(self, asked: Asked) -> bool:
        """Whether this asks for a subscription, and not for something that cannot be run."""
        try:
            operation = self.documents.read(self._text(asked)).operation(asked.operation_name)
        except RefusedError:
            return False
        return operation.operation is OperationType.SUBSCRIPTION

    async def begin(
        self, asked: Asked, caller: Caller, gone: Gone | None = None
    ) -> Answer | AsyncGenerator[Answer]:
        """The response; of a subscription the responses to come."""
        began, request_id = time.perf_counter(), f"{self._prefix}{next(self._ids):08x}"
        try:
            document = self.documents.read(self._text(asked))
            operation = document.operation(asked.operation_name)
            self._refuse(asked, document, operation)
        except RefusedError as error:
            self.observe(Ran("-", None, time.perf_counter() - began, 0, [error.code], caller, request_id))
            return refused(error)
        return await self._run(asked, document, operation, caller, request_id, began)

    def _text(self, asked: Asked) -> str:
        return self.trusted.text(asked)

    def _refuse(self, asked: Asked, document: Document, operation: OperationDefinitionNode) -> None:
        if asked.only_query and operation.operation is not OperationType.QUERY:
            raise refusal("NOT_A_QUERY", "Only a query may come by GET: send this by POST.")
        excess = self.check(document, operation, asked.variables or {})
        if excess is not None:
            raise RefusedError(excess)

    async def _run(
        self,
        asked: Asked,
        document: Document,
        operation: OperationDefinitionNode,
        caller: Caller,
        request_id: str,
        began: float,
    ) -> Answer | AsyncGenerator[Answer]:
        name = operation.name.value if operation.name else None
        if operation.operation is OperationType.SUBSCRIPTION:
            return await self._stream(asked, document, name, caller, request_id)
        context = caller.context(request_id)
        answer, codes = await self._answered(asked, document, name, context, request_id)
        seconds, statements = time.perf_counter() - began, getattr(context, "statements", 0)
        self.observe(Ran(operation.operation.value, name, seconds, statements, codes, caller, request_id))
        return answer

    async def _answered(
        self, asked: Asked, document: Document, name: str | None, context: Any, request_id: str
    ) -> tuple[Answer, Sequence[str]]:
        try:
            result = await reference.execute(
                self.schema, document.ast, name, asked.variables, context, hide_suggestions=self._hide
            )
        except RefusedError as error:
            return refused(error), [error.code]
        errors = self._shown(result.errors, request_id)
        return written(result.data, errors), sorted({code_of(one) for one in errors})

    @property
    def _hide(self) -> bool:
        return self.documents.hide_suggestions

    async def _stream(
        self, asked: Asked, document: Document, name: str | None, caller: Caller, request_id: str
    ) -> Answer | AsyncGenerator[Answer]:
        ask = (self.schema, document.ast, name, asked.variables)
        try:
            events = await reference.events(*ask, caller.context(request_id), hide_suggestions=self._hide)
        except RefusedError as error:
            return refused(RefusedError(*(self.mask(one, request_id) for one in error.errors)))

        async def answers() -> AsyncGenerator[Answer]:
            async with aclosing(events):
                async for event in events:
                    result = await reference.execute(*ask, caller.context(request_id), event)
                    yield written(result.data, self._shown(result.errors, request_id))

        return answers()

    def _shown(self, errors: Sequence[GraphQLError] | None, request_id: str) -> list[dict[str, Any]]:
        return [dict(self.mask(one, request_id).formatted) for one in errors or ()]


def written(data: Any, errors: Sequence[dict[str, Any]]) -> Answer:
    """The response with this data and these errors."""
    body = {"data": data, "errors": errors} if errors else {"data": data}
    try:
        return Answer(orjson.dumps(body))
    except TypeError:  # more than 254 levels, as what an NPC remembers may bring along
        return Answer(json.dumps(body).encode())
