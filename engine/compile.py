"""Compiles an operation into a plan: batched reads with just the columns asked for, and generated code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    Executor,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetailsList, collect_fields, collect_subfields
from graphql.execution.executor import default_type_resolver

from engine import answers, steps
from engine.access import Access, Roots, Rows, Things
from engine.errors import UncompiledError
from engine.leaves import writer
from engine.making import Making
from engine.relations import Source
from engine.settle import Shape, merged
from engine.sites import Asked, Site, given

MOST_OBJECTS = 1000
"""Kinds of objects in a plan: a few fields may be many where unions and fragments multiply them."""


@dataclass(eq=False)
class Plan:
    """An operation, compiled."""

    root: steps.Build
    shape: Shape
    sites: list[Site]
    contextual: bool
    """Whether functions want to know about the request, so that each is answered alone."""
    inquires: bool
    """Whether it has to be asked which type a value has."""
    reads: list[Any]

    @cached_property
    def repeated(self) -> frozenset[Any]:
        """The reads that are asked at several places."""
        return frozenset(read for read, times in Counter(self.reads).items() if times > 1)


@dataclass(eq=False)
class Compiler:
    """Compiles one operation, as the coerced variables of an executor have it."""

    executor: Executor[Any]
    source: Source
    varying: Sequence[str] = ()
    """The variables that may differ between requests of one batch."""
    sites: list[Site] = field(default_factory=list)
    contextual: bool = False
    inquires: bool = False
    reads: list[Any] = field(default_factory=list)
    objects: int = 0
    """How many kinds of objects it makes so far."""

    def plan(self) -> Plan:
        """The plan of the operation."""
        of = self.executor
        root = of.schema.get_root_type(of.operation.operation)
        assert root is not None
        fields = collect_fields(of.schema, of.fragments, of.variable_values, root, of.operation)
        build, shape = self.object(root, fields.grouped_field_set, Roots())
        return Plan(build, shape, self.sites, self.contextual, self.inquires, self.reads)

    def below(self, kind: GraphQLObjectType, details: FieldDetailsList) -> dict[str, FieldDetailsList]:
        of = self.executor
        return collect_subfields(
            of.schema, of.fragments, of.variable_values, of.operation, kind, details
        ).grouped_field_set

    def object(
        self, kind: GraphQLObjectType, fields: dict[str, FieldDetailsList], access: Access
    ) -> tuple[steps.Build, Shape]:
        self.objects += 1
        if self.objects > MOST_OBJECTS:
            raise UncompiledError("Its fragments and unions make too many objects.")
        making = Making(self, kind, access)
        for key, details in fields.items():
            making.add(key, details)
        return making.build(), making.shape

    # Kinds of values --------------------------------------------------------------------------------------

    def rows_of(self, read: Any, kind: GraphQLObjectType, details: FieldDetailsList) -> tuple[Any, Shape]:
        """What makes objects of the rows of a Read."""
        self.reads.append(read)
        access = Rows(read)
        build, shape = self.object(kind, self.below(kind, details), access)
        build.private = build.private or self.source.is_private(read, tuple(access.columns))
        return build, shape

    def complete(self, kind: GraphQLOutputType, asked: Asked) -> tuple[answers.Complete, Shape | None, bool]:
        """What completes values of a type that functions give; its shape, and whether it is private."""
        if is_non_null_type(kind):
            inner, shape, private = self.complete(kind.of_type, asked)
            return answers.Required(inner), shape, private
        if is_leaf_type(get_named_type(kind)):
            return answers.Leaf(writer(kind)), None, False
        if is_list_type(kind):
            inner, shape, private = self.complete(kind.of_type, asked)
            return answers.Items(inner), shape, private
        return self._objects(kind, asked)

    def _objects(self, kind: Any, asked: Asked) -> tuple[answers.Complete, Shape | None, bool]:
        self.inquires = self.inquires or is_abstract_type(kind)
        possible: Sequence[Any] = (
            self.executor.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
        )
        builds: dict[str, steps.Build] = {}
        shape: Shape | None = None
        for one in possible:
            builds[one.name], below = self.object(one, self.below(one, asked.details), Things())
            shape = merged(shape, below)
        return (
            answers.Objects(builds, _type_of(kind, asked)),
            shape,
            any(build.private for build in builds.values()),
        )

    def site(self, made: Any, details: FieldDetailsList, relation: Any) -> int:
        """A new place that takes arguments."""
        roots = {}
        for argument, value in given(made, details).items():
            name = getattr(getattr(value, "name", None), "value", None)
            if value.kind == "variable" and name in self.varying:
                roots[argument] = self.varying.index(name)
        self.sites.append(Site(made, details, relation, roots))
        return len(self.sites) - 1


def _type_of(kind: Any, asked: Asked) -> Callable[[Any, Any], Any]:
    if not is_abstract_type(kind):
        return lambda _value, _batch: kind.name
    resolve = kind.resolve_type or default_type_resolver

    def type_of(value: Any, batch: Any) -> Any:
        try:
            name = resolve(value, asked.info(batch.executor), kind)
        except Exception as error:
            return error
        return name or TypeError(f"Abstract type '{kind}' has no type for this value.")

    return type_of
