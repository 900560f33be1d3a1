"""Service: answers requests, whatever transport brought them."""

from __future__ import annotations

import itertools
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType

from engine.asking import Answer, Asked, Caller, RefusedError, refusal
from engine.counters import Counters
from engine.documents import Document, Documents
from engine.errors import Mask
from engine.introspection import Introspections
from engine.limits import Limits, check_cost
from engine.operation import Compiled
from engine.permissions import forbidden
from engine.relations import Source
from engine.runs import Observer, Run, Written
from engine.trusted import TrustedDocuments

LOG = logging.getLogger("entente.engine")
CheckValues = Callable[[Mapping[str, Any]], GraphQLError | None]
"""Refuses variables that nobody could do anything with."""


@dataclass(eq=False)
class Service:
    """Everything that lies between a request and its answer."""

    schema: GraphQLSchema
    documents: Documents
    limits: Limits
    check: CheckValues
    mask: Mask
    observe: Observer
    trusted: TrustedDocuments = field(default_factory=TrustedDocuments)
    source: Source | None = None
    """How rows are read; without it every operation runs on the reference executor."""
    counters: Counters = field(default_factory=Counters)
    introspections: Introspections = field(default_factory=Introspections)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _prefix: str = field(default_factory=lambda: secrets.token_hex(4))

    async def answer(self, asked: Asked, caller: Caller) -> Answer:
        """The response to a query or a mutation. Cancel it when nobody waits any more."""
        run = Run(self, asked, caller)
        try:
            run.read()
            if run.is_subscription:
                told = "Subscriptions need a WebSocket or server-sent events."
                raise refusal("SUBSCRIPTION_NOT_HERE", told)
            return run.told(await (run.written() if run.wish or caller.purse else run.answer()))
        except RefusedError as error:
            return run.refused(error)
        except BaseException as error:
            run.broke_off(error)
            raise

    def is_subscription(self, asked: Asked) -> bool:
        """Whether this asks for a subscription, and not for something that cannot be run."""
        try:
            operation = self.documents.read(self.trusted.text(asked)).operation(asked.operation_name)
        except RefusedError:
            return False
        return operation.operation is OperationType.SUBSCRIPTION

    async def begin(
        self, asked: Asked, caller: Caller, patience: float | None = None
    ) -> Answer | AsyncGenerator[Answer]:
        """The response; of a subscription the responses to come, for each of which there are so many
        seconds."""
        run = Run(self, asked, caller)
        try:
            run.read()
            if not run.is_subscription:
                return run.told(await run.written())
            stream = await run.subscribe(patience)
            run.told(Written(b"{}"))
            return stream
        except RefusedError as error:
            return run.refused(error)
        except BaseException as error:
            run.broke_off(error)
            raise

    def prepare(self) -> None:
        """Compile the trusted documents, so that nobody has to wait for it."""
        for text in self.trusted:
            with suppress(RefusedError):
                document = self.documents.read(text)
                for operation in document.operations.values():
                    if compiled := self.compiled(document, operation):
                        compiled.prepare()

    def next_id(self) -> str:
        """An id for a request, another for each."""
        return f"{self._prefix}{next(self._ids):08x}"

    def refuse_costly(self, cost: int) -> None:
        """Refuse an operation that may ask for too many objects."""
        excess = check_cost(cost, self.limits)
        if excess is not None:
            raise RefusedError(excess)

    def refuse_forbidden(
        self, document: Document, operation: OperationDefinitionNode, standing: Hashable
    ) -> None:
        """Refuse an operation with fields that are not for callers of this standing."""
        mark = (id(operation), standing)
        errors = document.forbidden.get(mark)
        if errors is None:
            errors = document.forbidden[mark] = forbidden(
                self.schema, operation, document.fragments, standing
            )
        if errors:
            raise RefusedError(*errors)

    def compiled(self, document: Document, operation: OperationDefinitionNode) -> Compiled | None:
        """What the operation was compiled to; None where only the reference executor runs it."""
        if self.source is None or operation.operation is OperationType.MUTATION:
            return None
        name = operation.name.value if operation.name else None
        if name not in document.plans:
            document.plans[name] = self._compiled(document, operation)
        found: Compiled | None = document.plans[name]
        return found

    def _compiled(self, document: Document, operation: OperationDefinitionNode) -> Compiled | None:
        assert self.source is not None
        hide = self.documents.hide_suggestions
        try:
            return Compiled(
                self.schema, document.ast, operation, document.fragments, self.source, self.counters, hide
            )
        except Exception:  # a bug of ours must cost nobody an answer
            LOG.exception("an operation is not compiled")
            return None
