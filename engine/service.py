"""Service: answers requests, whatever transport brought them."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.values import get_variable_values

from engine import reference
from engine.asking import Answer, Asked, Caller, RefusedError, refusal, refused
from engine.cost import actual_of, requested_of
from engine.counters import Counters
from engine.documents import Document, Documents
from engine.errors import Mask, code_of
from engine.limits import Limits, check_cost
from engine.merge import Line, Request
from engine.operation import Compiled, Group
from engine.relations import Source
from engine.settle import settle
from engine.trusted import TrustedDocuments
from engine.varying import DoubtfulError


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
    refused: bool = False
    """Whether nothing was executed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A response, and what is told of it."""

    body: bytes
    codes: Sequence[str] = ()
    statements: int = 0


Observer = Callable[[Ran], None]
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
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _prefix: str = field(default_factory=lambda: secrets.token_hex(4))

    async def answer(self, asked: Asked, caller: Caller) -> Answer:
        """The response to a query or a mutation. Cancel it when nobody waits any more."""
        found = await self.begin(asked, caller)
        if isinstance(found, Answer):
            return found
        await found.aclose()
        return refused(
            refusal("SUBSCRIPTION_NOT_HERE", "Subscriptions need a WebSocket or server-sent events.")
        )

    def is_subscription(self, asked: Asked) -> bool:
        """Whether this asks for a subscription, and not for something that cannot be run."""
        try:
            operation = self.documents.read(self.trusted.text(asked)).operation(asked.operation_name)
        except RefusedError:
            return False
        return operation.operation is OperationType.SUBSCRIPTION

    async def begin(self, asked: Asked, caller: Caller) -> Answer | AsyncGenerator[Answer]:
        """The response; of a subscription the responses to come."""
        began, request_id = time.perf_counter(), f"{self._prefix}{next(self._ids):08x}"
        kind, name = "-", None
        try:
            document = self.documents.read(self.trusted.text(asked))
            operation = document.operation(asked.operation_name)
            kind, name = operation.operation.value, operation.name.value if operation.name else None
            self._refuse(asked, operation)
            run = _Run(self, document, operation, asked.variables or {}, caller, request_id)
            if operation.operation is OperationType.SUBSCRIPTION:
                stream = await run.subscribe()
                self._observe(began, kind, name, Written(b"{}"), caller, request_id)
                return stream
            wish = (asked.extensions or {}).get("cost")
            written = run.estimate() if wish == "estimate" else await run.answer()
            if wish == "report":
                written = run.reported(written)
        except RefusedError as error:
            shown = RefusedError(*(self.mask(one, request_id) for one in error.errors))
            self._observe(began, kind, name, Written(b"", [shown.code]), caller, request_id)
            return refused(shown)
        self._observe(began, kind, name, written, caller, request_id)
        return Answer(written.body)

    def _observe(
        self, began: float, kind: str, name: str | None, written: Written, caller: Caller, request_id: str
    ) -> None:
        seconds = time.perf_counter() - began
        refused = bool(written.codes) and not written.body
        self.observe(Ran(kind, name, seconds, written.statements, written.codes, caller, request_id, refused))

    def _refuse(self, asked: Asked, operation: OperationDefinitionNode) -> None:
        if asked.only_query and operation.operation is not OperationType.QUERY:
            raise refusal("NOT_A_QUERY", "Only a query may come by GET: send this by POST.")
        excess = self.check(asked.variables) if asked.variables else None
        if excess is not None:
            raise RefusedError(excess)

    def refuse_costly(self, cost: int) -> None:
        """Refuse an operation that may ask for too many objects."""
        excess = check_cost(cost, self.limits)
        if excess is not None:
            raise RefusedError(excess)

    def compiled(self, document: Document, operation: OperationDefinitionNode) -> Compiled | None:
        """What the operation was compiled to; None where only the reference executor runs it."""
        if self.source is None or operation.operation is OperationType.MUTATION:
            return None
        name = operation.name.value if operation.name else None
        found: Compiled | None = document.plans.get(name)
        if found is None:
            found = document.plans[name] = Compiled(
                self.schema,
                document,
                operation,
                self.source,
                self.counters,
                hide_suggestions=self.documents.hide_suggestions,
            )
        return found

    def write(self, data: Any, errors: Sequence[GraphQLError], request_id: str, statements: int) -> Written:
        """The response with these errors."""
        shown = [dict(self.mask(one, request_id).formatted) for one in errors]
        body: dict[str, Any] = {"data": data, "errors": shown} if shown else {"data": data}
        return Written(_dumped(body), sorted({code_of(one) for one in shown}), statements)


def _dumped(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # more than 254 levels, as what an NPC remembers may bring along
        return json.dumps(body, default=lambda value: orjson.loads(orjson.dumps(value))).encode()


@dataclass(eq=False, slots=True)
class _Run:
    """One request on its way."""

    service: Service
    document: Document
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    caller: Caller
    request_id: str

    async def answer(self) -> Written:
        """The response to a query or a mutation."""
        compiled = self.service.compiled(self.document, self.operation)
        if compiled is None:
            return await self._by_reference()
        plan = _planned(compiled, self.variables)
        return await (self._by_plan(compiled, *plan) if plan else self._by_reference())

    def requested(self) -> int:
        """How many objects the operation may ask for; what is wrong with its variables is told elsewhere."""
        node = self.operation
        values = get_variable_values(
            self.service.schema, node.variable_definitions or (), dict(self.variables)
        )
        if isinstance(values, list):
            return 0
        return requested_of(self.service.schema, node, self.document.fragments)(values.coerced)

    def estimate(self) -> Written:
        """What the operation may cost; it is not run."""
        return Written(orjson.dumps({"data": None, "extensions": {"cost": {"requested": self.requested()}}}))

    def reported(self, written: Written) -> Written:
        """The response, with what the operation might have cost and what it did."""
        body = orjson.loads(written.body)
        actual = actual_of(self.service.schema, self.operation, self.document.fragments)(body["data"])
        body["extensions"] = {"cost": {"requested": self.requested(), "actual": actual}}
        return replace(written, body=_dumped(body))

    async def _by_reference(self, root: Any = None) -> Written:
        self.service.refuse_costly(self.requested())
        name = self.operation.name.value if self.operation.name else None
        context = self.caller.context(self.request_id)
        result = await reference.execute(
            self.service.schema,
            self.document.ast,
            name,
            self.variables,
            context,
            root,
            hide_suggestions=self.service.documents.hide_suggestions,
        )
        statements = getattr(context, "statements", 0)
        self.service.counters.statements += statements
        return self.service.write(result.data, result.errors or (), self.request_id, statements)

    async def _by_plan(
        self, compiled: Compiled, group: Group, values: tuple[Any, ...], root: Any = None
    ) -> Written:
        self.service.refuse_costly(group.cost)
        request = Request(self.caller.viewer, values, self.request_id, root)
        if group.plan.contextual:
            executor = compiled.executor(self.variables, self.caller.context(self.request_id), root)
            await _serve(self.service, group, compiled.batch(group, [request], executor))
        else:
            if group.line is None:
                group.line = Line(_together(self.service, compiled, group))
            group.line.join(request)
        return await request.settled()  # type: ignore[no-any-return]

    async def subscribe(self) -> Answer | AsyncGenerator[Answer]:
        """The responses to the events of a subscription."""
        name = self.operation.name.value if self.operation.name else None
        self.service.refuse_costly(self.requested())
        events = await reference.events(
            self.service.schema,
            self.document.ast,
            name,
            self.variables,
            self.caller.context(self.request_id),
            hide_suggestions=self.service.documents.hide_suggestions,
        )
        compiled = self.service.compiled(self.document, self.operation)
        plan = _planned(compiled, self.variables) if compiled else None

        async def answers() -> AsyncGenerator[Answer]:
            async with aclosing(events):
                async for event in events:
                    written = await (
                        self._by_plan(compiled, *plan, event)
                        if compiled and plan
                        else self._by_reference(event)
                    )
                    yield Answer(written.body)

        return answers()


def _planned(compiled: Compiled, variables: Mapping[str, Any]) -> tuple[Group, tuple[Any, ...]] | None:
    """The group and the root keys of a request; None where the reference executor has to answer it."""
    try:
        values = compiled.values(variables)
    except DoubtfulError:
        return None
    group = compiled.group(variables)
    return (group, values) if group else None


def _together(service: Service, compiled: Compiled, group: Group) -> Any:
    async def serve(requests: list[Request]) -> None:
        await _serve(service, group, compiled.batch(group, requests))

    return serve


async def _serve(service: Service, group: Group, batch: Any) -> None:
    found = await group.plan.root.run(batch, batch.requests, [one.viewer for one in batch.requests])
    service.counters.batches.add(len(batch.requests))
    service.counters.statements += batch.statements
    for request, data in zip(batch.requests, found, strict=True):
        if not request.answer.done():
            request.answer.set_result(_written(service, group, data, request, batch.statements))


def _written(service: Service, group: Group, data: Any, request: Request, statements: int) -> Written:
    try:
        return Written(orjson.dumps({"data": data}), (), statements)
    except TypeError:  # there is an Err in it
        settled, errors = settle(data, group.plan.shape)
        return service.write(settled, errors, request.request_id, statements)
