"""Operations, compiled: for each set of arguments the plan and the line of requests that wait for it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from graphql import DocumentNode, Executor, GraphQLError, GraphQLSchema, OperationDefinitionNode

from engine.asking import RefusedError
from engine.compile import Compiler, Plan
from engine.cost import Fragments, requested_of
from engine.counters import Counters
from engine.errors import UncompiledError
from engine.marks import mark_of
from engine.merge import Line
from engine.relations import Source
from engine.samples import samples
from engine.sites import arguments_of
from engine.steps import Batch
from engine.varying import Varying, values_of, varying

LOG = logging.getLogger("entente.engine")
MOST_GROUPS = 20
MOST_PLANS = 8


@dataclass(eq=False, slots=True)
class Group:
    """Requests for one plan whose arguments are equal but for root keys."""

    plan: Plan
    executor: Executor[Any] | None
    """The reference executor's state, where the plan asks for it. It holds itself, so that only the collector
    frees it."""
    arguments: Sequence[Any]
    cost: int
    """How many objects it may ask for."""
    line: Line | None = None


@dataclass(eq=False)
class Compiled:
    """An operation of a document, with the plans that its directives ask for.

    The document knows it and it knows nothing of the document: what is forgotten must not be held by a cycle.
    """

    schema: GraphQLSchema
    ast: DocumentNode
    node: OperationDefinitionNode
    fragments: Fragments
    source: Source
    counters: Counters
    hide_suggestions: bool = False
    varying: list[Varying] = field(init=False)
    _plans: OrderedDict[bytes, Plan | None] = field(default_factory=OrderedDict)
    _groups: OrderedDict[bytes, Group | None] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.varying = varying(self.schema, self.node, self.fragments)
        differ = {one.name for one in self.varying}
        names = [one.variable.name.value for one in self.node.variable_definitions or ()]
        self._shared = [name for name in names if name not in differ]
        self._switches = _switches(self.node, self._shared)

    @cached_property
    def _samples(self) -> dict[str, Any]:
        """What the variables that differ could be."""
        differ = {one.name for one in self.varying}
        return {name: value for name, value in samples(self.schema, self.node).items() if name in differ}

    @cached_property
    def requested(self) -> Callable[[Mapping[str, Any]], int]:
        """What the operation may cost, given its coerced variables."""
        return requested_of(self.schema, self.node, self.fragments)

    @property
    def name(self) -> str | None:
        """The name of the operation."""
        return self.node.name.value if self.node.name else None

    def values(self, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        """The root keys of a request; raises DoubtfulError where they are not plainly right."""
        return values_of(self.varying, variables)

    def group(self, variables: Mapping[str, Any]) -> Group | None:
        """The group that a request belongs to; None where the reference executor has to answer it."""
        given = {name: variables[name] for name in self._shared if name in variables}
        mark = mark_of(given) if given else b""
        if mark is None:
            return self._made(given)
        if mark in self._groups:
            self.counters.cache_hits["plans"] += 1
            self._groups.move_to_end(mark)
            return self._groups[mark]
        self.counters.cache_misses["plans"] += 1
        return self._remember(mark, self._made(given))

    def _remember(self, mark: bytes, group: Group | None) -> Group | None:
        self._groups[mark] = group
        if len(self._groups) > MOST_GROUPS:
            self._groups.popitem(last=False)
        return group

    def executor(self, variables: Mapping[str, Any], context: Any = None, root: Any = None) -> Executor[Any]:
        """The reference executor's state for a request; raises RefusedError where variables are wrong."""
        made = Executor.build(
            self.schema,
            self.ast,
            root,
            context,
            dict(variables),
            self.name,
            hide_suggestions=self.hide_suggestions,
        )
        if isinstance(made, list):
            raise RefusedError(*made)
        return made

    def prepare(self) -> None:
        """Compile it before anybody asks, as far as that can be done without knowing the variables."""
        with suppress(RefusedError):  # no sample suits: the first who asks waits a little longer
            self._made(samples(self.schema, self.node))

    def _made(self, shared: Mapping[str, Any]) -> Group | None:
        try:
            return self._make(shared)
        except RefusedError:
            raise
        except Exception:  # a bug of ours must cost nobody an answer
            LOG.exception("operation %s is not compiled", self.name or "-")
            self.counters.plans_failed += 1
            return None

    def _make(self, shared: Mapping[str, Any]) -> Group | None:
        """The group of all whose shared variables are these; what differs between them stands in no plan."""
        executor = self.executor({**self._samples, **shared})
        plan = self._plan(executor)
        if plan is None:
            return None
        arguments = [arguments_of(site, executor, self.source) for site in plan.sites]
        cost = self.requested(executor.variable_values.coerced)
        return Group(plan, executor if plan.inquires else None, arguments, cost)

    def _plan(self, executor: Executor[Any]) -> Plan | None:
        coerced = executor.variable_values.coerced
        mark = orjson.dumps([coerced.get(name) for name in self._switches])
        if mark not in self._plans:
            self._plans[mark] = self._compile(executor)
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return self._plans[mark]

    def _compile(self, executor: Executor[Any]) -> Plan | None:
        try:
            made = Compiler(executor, self.source, [one.name for one in self.varying]).plan()
            self.counters.plans_compiled += 1
            return made
        except (UncompiledError, GraphQLError):  # a directive may be given null where it must not
            self.counters.plans_failed += 1
            return None


def batch_of(
    source: Source, group: Group, requests: list[Any], executor: Executor[Any] | None = None
) -> Batch:
    """A batch of requests of a group."""
    return Batch(source, requests, group.arguments, executor or group.executor, group.plan.repeated)


def _switches(operation: OperationDefinitionNode, shared: Sequence[str]) -> list[str]:
    """The variables that may decide which fields there are: it is simpler to take every one of type Boolean
    into account, than to look for directives."""
    booleans = {
        one.variable.name.value
        for one in operation.variable_definitions or ()
        if getattr(getattr(getattr(one.type, "type", one.type), "name", None), "value", "") == "Boolean"
    }
    return [name for name in shared if name in booleans]
