"""Runs: one request on its way from its text to the bytes of its answer."""

from __future__ import annotations

import asyncio
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
from engine.actual_cost import actual_of
from engine.asking import Answer, Asked, Caller, RefusedError, refusal, refused
from engine.compile import Plan
from engine.cost import requested_of
from engine.documents import Document
from engine.errors import code_of
from engine.merge import Line, Request
from engine.operation import Compiled, Group, batch_of
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
    paid: int = 0

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
        return self._node.operation is OperationType.SUBSCRIPTION and self.wish != "estimate"

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
        service.refuse_forbidden(self.document, self.operation, self.caller.standing)
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

    def broke_off(self, error: BaseException) -> None:
        """Note that there is no answer: nobody waits for it any more, or there is a bug."""
        self._observe(
            Written(b"", ["CANCELLED" if isinstance(error, asyncio.CancelledError) else "INTERNAL"])
        )

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
        wish = self.wish
        if wish == "estimate":
            return Written(_dumped({"data": None, "extensions": {"cost": {"requested": self._requested()}}}))
        written = await self.answer()
        return await self._accounted(written) if wish == "report" or self.caller.purse else written

    @property
    def wish(self) -> Any:
        """What is to be told of the cost."""
        return self.asked.extensions.get("cost") if self.asked.extensions else None

    async def answer(self, root: Any = None) -> Written:
        """The response, of a subscription to the event that is its root."""
        compiled = self.service.compiled(self._document, self._node)
        planned = _planned(compiled, self.variables) if compiled else None
        if compiled is None or planned is None:
            return await self._known_or_by_reference(root)
        group, values = planned
        await self._pay(group.cost)
        request = Request(self.caller.viewer, values, self.request_id, root, group)
        if group.plan.contextual:
            await self._with_context(compiled, request)
        elif (line := _line(self.service, group)).is_idle:
            await line.serve_alone(request)
        else:
            line.join(request)
        return await request.settled()  # type: ignore[no-any-return]

    async def _with_context(self, compiled: Compiled, request: Request) -> None:
        """Answer a request whose functions want to know about it, and may read by themselves."""
        context = self.caller.context(self.request_id)
        executor = compiled.executor(self.variables, context, request.root)
        batch = batch_of(compiled.source, request.group, [request], executor)
        await _serve(self.service, batch, lambda: getattr(context, "statements", 0))

    async def _known_or_by_reference(self, root: Any) -> Written:
        """The response of the reference executor; what asks about the schema alone is asked once."""
        introspections = self.service.introspections
        mark = introspections.mark(self._document, self._node, self.variables)
        if mark is None:
            return await self._by_reference(root)
        known: Written | None = introspections.get(mark)
        if known is None:
            known = await self._by_reference(root)
            introspections.remember(mark, known)
        return known

    async def _by_reference(self, root: Any) -> Written:
        context = self.caller.context(self.request_id)
        executor = reference.prepared(
            self.service.schema,
            self._document.ast,
            self.name,
            self.variables,
            context,
            root,
            hide_suggestions=self.service.documents.hide_suggestions,
        )
        await self._pay(self._cost(executor.variable_values.coerced))
        result = await reference.execute(executor)
        statements = getattr(context, "statements", 0)
        self.service.counters.statements += statements
        return _with_errors(self.service, result.data, result.errors or (), self.request_id, statements)

    # Cost -------------------------------------------------------------------------------------------------

    def _requested(self) -> int:
        """How many objects the operation may ask for; raises RefusedError where its variables are wrong."""
        definitions = self._node.variable_definitions or ()
        hide = self.service.documents.hide_suggestions
        values = get_variable_values(
            self.service.schema, definitions, dict(self.variables), hide_suggestions=hide
        )
        if isinstance(values, list):
            raise RefusedError(*values)
        return self._cost(values.coerced)

    def _cost(self, coerced: Mapping[str, Any]) -> int:
        return requested_of(self.service.schema, self._node, self._document.fragments)(coerced)

    async def _pay(self, cost: int) -> None:
        """Pay for what the operation may cost at the most, where its caller has to; raises RefusedError where
        it is too much for anybody, or for what this caller has left."""
        self.service.refuse_costly(cost)
        if self.caller.purse is not None:
            await self.caller.purse.take(cost)
            self.paid = cost

    async def _accounted(self, written: Written) -> Written:
        """The response once what was paid too much is given back; if wished for, with what the operation
        might have cost and what it did."""
        body, purse = orjson.loads(written.body), self.caller.purse
        actual = actual_of(self.service.schema, self._node, self._document.fragments)(body["data"])
        if purse is not None:
            await purse.give_back(self.paid - actual)
        if self.wish != "report":
            return written
        cost = {"requested": self._requested(), "actual": actual}
        body["extensions"] = {"cost": cost if purse is None else cost | {"budget": purse.told}}
        return written._replace(body=_dumped(body))

    # Subscriptions ----------------------------------------------------------------------------------------

    async def subscribe(self, patience: float | None = None) -> AsyncGenerator[Answer]:
        """The responses to the events of a subscription; for each there are so many seconds."""
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
                    yield await self._in_time(event, patience)

        return answers()

    async def _in_time(self, event: Any, seconds: float | None) -> Answer:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return Answer((await self.answer(event)).body)
        except RefusedError as error:
            return refused(error)._replace(refused=None)
        except TimeoutError:
            if not limit.expired():
                raise
        return refused(refusal("DEADLINE_EXCEEDED", f"An event took longer than {seconds:g} s."))._replace(
            refused=None
        )


def _planned(compiled: Compiled, variables: Mapping[str, Any]) -> tuple[Group, tuple[Any, ...]] | None:
    """The group and the root keys of a request; None where the reference executor has to answer it."""
    try:
        values = compiled.values(variables)
    except DoubtfulError:
        return None
    group = compiled.group(variables)
    return (group, values) if group else None


def _line(service: Service, group: Group) -> Line:
    """Where requests wait for this group."""
    if group.line is None:
        group.line = Line(partial(_together, service))
    return group.line


def _together(service: Service, requests: list[Request]) -> Coroutine[Any, Any, None]:
    assert service.source is not None
    return _serve(service, batch_of(service.source, requests[0].group, requests))


async def _serve(service: Service, batch: Batch, others: Callable[[], int] = lambda: 0) -> None:
    """Answer the requests of a batch; `others` tells what statements were run beside those of its steps."""
    requests = batch.requests
    plan = requests[0].group.plan
    found = await plan.root.run(batch, requests, [one.viewer for one in requests])
    statements = batch.statements + others()
    service.counters.batches.add(len(requests))
    service.counters.statements += statements
    for request, data in zip(requests, found, strict=True):
        if not request.answer.done():
            _settle(service, plan, data, request, statements)


def _settle(service: Service, plan: Plan, data: Any, request: Request, statements: int) -> None:
    try:
        request.answer.set_result(_written(service, plan, data, request, statements))
    except Exception as error:  # the others of the batch have answers of their own
        request.answer.set_exception(error)


def _written(service: Service, plan: Plan, data: Any, request: Request, statements: int) -> Written:
    try:
        return Written(orjson.dumps({"data": data}), (), statements)
    except TypeError:  # there is an Err in it
        settled, errors = settle(data, plan.shape)
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
