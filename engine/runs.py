"""Runs: one request on its way from its text to the bytes of its answer."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import get_variable_values

from engine import reference
from engine.asking import Answer, Asked, Caller, RefusedError, refusal, refused
from engine.cost import actual_of, requested_of
from engine.documents import Document
from engine.errors import code_of
from engine.merge import Line, Request
from engine.operation import Compiled, Group
from engine.settle import settle
from engine.steps import Batch
from engine.varying import DoubtfulError

if TYPE_CHECKING:
    from engine.service import Service


class Ran(NamedTuple):
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


Observer = Callable[[Ran], None]


class Written(NamedTuple):
    """A response, and what is told of it."""

    body: bytes
    codes: Sequence[str] = ()
    statements: int = 0


@dataclass(eq=False, slots=True)
class Run:
    """One request on its way."""

    service: Service
    asked: Asked
    caller: Caller
    request_id: str = ""
    began: float = field(default_factory=time.perf_counter)
    document: Document | None = None
    operation: OperationDefinitionNode | None = None

    def __post_init__(self) -> None:
        """Number the request."""
        self.request_id = self.service.next_id()

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables that came with it."""
        return self.asked.variables or {}

    @property
    def name(self) -> str | None:
        """The name of its operation."""
        return self.operation.name.value if self.operation and self.operation.name else None

    @property
    def is_subscription(self) -> bool:
        """Whether there are several responses to come."""
        return self._node.operation is OperationType.SUBSCRIPTION

    @property
    def _node(self) -> OperationDefinitionNode:
        assert self.operation is not None
        return self.operation

    @property
    def _document(self) -> Document:
        assert self.document is not None
        return self.document

    def read(self) -> None:
        """Find the operation; raises RefusedError where it cannot or must not be run."""
        service, asked = self.service, self.asked
        self.document = service.documents.read(service.trusted.text(asked))
        self.operation = self.document.operation(asked.operation_name)
        if asked.only_query and self.operation.operation is not OperationType.QUERY:
            raise refusal("NOT_A_QUERY", "Only a query may come by GET: send this by POST.")
        excess = service.check(asked.variables) if asked.variables else None
        if excess is not None:
            raise RefusedError(excess)

    def told(self, written: Written) -> Answer:
        """The answer, noted."""
        self._observe(written)
        return Answer(written.body)

    def refused(self, error: RefusedError) -> Answer:
        """The answer where nothing was executed, noted."""
        shown = RefusedError(*(self.service.mask(one, self.request_id) for one in error.errors))
        self._observe(Written(b"", [shown.code]), refused=True)
        return refused(shown)

    def _observe(self, written: Written, *, refused: bool = False) -> None:
        kind = self.operation.operation.value if self.operation else "-"
        seconds = time.perf_counter() - self.began
        _, codes, statements = written
        self.service.observe(
            Ran(kind, self.name, seconds, statements, codes, self.caller, self.request_id, refused)
        )

    # Queries and mutations --------------------------------------------------------------------------------

    async def written(self) -> Written:
        """The response to a query or a mutation."""
        wish = self.asked.extensions.get("cost") if self.asked.extensions else None
        if wish == "estimate":
            return Written(_dumped({"data": None, "extensions": {"cost": {"requested": self._requested()}}}))
        written = await self.answer()
        return self._reported(written) if wish == "report" else written

    async def answer(self, root: Any = None) -> Written:
        """The response, of a subscription to the event that is its root."""
        compiled = self.service.compiled(self._document, self._node)
        planned = _planned(compiled, self.variables) if compiled else None
        if compiled is None or planned is None:
            return await self._by_reference(root)
        group, values = planned
        self.service.refuse_costly(group.cost)
        request = Request(self.caller.viewer, values, self.request_id, root)
        if group.plan.contextual:
            executor = compiled.executor(self.variables, self.caller.context(self.request_id), root)
            await _serve(self.service, group, compiled.batch(group, [request], executor))
        else:
            _line(self.service, compiled, group).join(request)
        return await request.settled()  # type: ignore[no-any-return]

    async def _by_reference(self, root: Any) -> Written:
        self.service.refuse_costly(self._requested())
        context = self.caller.context(self.request_id)
        result = await reference.execute(
            self.service.schema,
            self._document.ast,
            self.name,
            self.variables,
            context,
            root,
            hide_suggestions=self.service.documents.hide_suggestions,
        )
        statements = getattr(context, "statements", 0)
        self.service.counters.statements += statements
        return _with_errors(self.service, result.data, result.errors or (), self.request_id, statements)

    # Cost -------------------------------------------------------------------------------------------------

    def _requested(self) -> int:
        """How many objects the operation may ask for; what is wrong with its variables is told elsewhere."""
        definitions = self._node.variable_definitions or ()
        values = get_variable_values(self.service.schema, definitions, dict(self.variables))
        if isinstance(values, list):
            return 0
        return requested_of(self.service.schema, self._node, self._document.fragments)(values.coerced)

    def _reported(self, written: Written) -> Written:
        """The response, with what the operation might have cost and what it did."""
        body = orjson.loads(written.body)
        actual = actual_of(self.service.schema, self._node, self._document.fragments)(body["data"])
        body["extensions"] = {"cost": {"requested": self._requested(), "actual": actual}}
        return written._replace(body=_dumped(body))

    # Subscriptions ----------------------------------------------------------------------------------------

    async def subscribe(self) -> AsyncGenerator[Answer]:
        """The responses to the events of a subscription."""
        self.service.refuse_costly(self._requested())
        events = await reference.events(
            self.service.schema,
            self._document.ast,
            self.name,
            self.variables,
            self.caller.context(self.request_id),
            hide_suggestions=self.service.documents.hide_suggestions,
        )

        async def answers() -> AsyncGenerator[Answer]:
            async with aclosing(events):
                async for event in events:
                    yield Answer((await self.answer(event)).body)

        return answers()


def _planned(compiled: Compiled, variables: Mapping[str, Any]) -> tuple[Group, tuple[Any, ...]] | None:
    """The group and the root keys of a request; None where the reference executor has to answer it."""
    try:
        values = compiled.values(variables)
    except DoubtfulError:
        return None
    group = compiled.group(variables)
    return (group, values) if group else None


def _line(service: Service, compiled: Compiled, group: Group) -> Line:
    """Where requests wait for this group."""
    if group.line is None:
        group.line = Line(partial(_together, service, compiled, group))
    return group.line


def _together(
    service: Service, compiled: Compiled, group: Group, requests: list[Request]
) -> Coroutine[Any, Any, None]:
    return _serve(service, group, compiled.batch(group, requests))


async def _serve(service: Service, group: Group, batch: Batch) -> None:
    """Answer the requests of a batch."""
    requests = batch.requests
    found = await group.plan.root.run(batch, requests, [one.viewer for one in requests])
    service.counters.batches.add(len(requests))
    service.counters.statements += batch.statements
    for request, data in zip(requests, found, strict=True):
        if not request.answer.done():
            request.answer.set_result(_written(service, group, data, request, batch.statements))


def _written(service: Service, group: Group, data: Any, request: Request, statements: int) -> Written:
    try:
        return Written(orjson.dumps({"data": data}), (), statements)
    except TypeError:  # there is an Err in it
        settled, errors = settle(data, group.plan.shape)
        return _with_errors(service, settled, errors, request.request_id, statements)


def _with_errors(
    service: Service, data: Any, errors: Sequence[GraphQLError], request_id: str, statements: int
) -> Written:
    """The response with these errors, as they may be shown."""
    shown = [dict(service.mask(one, request_id).formatted) for one in errors]
    body: dict[str, Any] = {"data": data, "errors": shown} if shown else {"data": data}
    return Written(_dumped(body), sorted({code_of(one) for one in shown}), statements)


def _dumped(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # more than 254 levels, as what an NPC remembers may bring along
        return json.dumps(body, default=lambda value: orjson.loads(orjson.dumps(value))).encode()
