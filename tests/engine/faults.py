"""Faults: reads and functions that fail on purpose, for every executor at the same rows.

Whether something fails depends on what it is and on the row it is asked for, never on how questions were
batched: an executor may ask for rows in any order, together or apart, and meets the same failures. Two hooks
are all that an executor has to honour:

- every batched read ends in `db.batches._ask(stores, read, keys, run)`, which gives for each key its rows,
  its count, or an exception that stands for this key alone; it may also raise, for all of the batch;
- a computed field is answered by its `GraphQLField.resolve` or by the `Computed.function` in the field's
  extensions, whichever the executor prefers, called with the row as one of its arguments.
"""

from __future__ import annotations

import functools
import inspect
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

import pytest
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

import db.batches
import resolvers.source
from db.connection import Stores
from db.outages import StoreUnavailableError
from db.reads import Read
from engine.relations import RELATION, Computed, One, Relation, reads_of
from tests.engine.values import Dice

Target = str | tuple[str, tuple[str, ...]]
"""A computed field by its coordinate, or a read by its source and key."""


class Kind(Enum):
    """How something fails."""

    SURPRISE = "raises what nobody foresaw"
    REFUSAL = "raises an error for the client"
    OUTAGE = "raises an outage"
    NOTHING = "gives nothing"


@dataclass(frozen=True)
class Fault:
    """What fails how, and for how many of a hundred rows."""

    target: Target
    kind: Kind
    share: int = 100

    def hits(self, key: Any) -> bool:
        """Whether it fails for this row."""
        return zlib.crc32(repr((self.target, key)).encode()) % 100 < self.share

    def error(self) -> Exception:
        """What is raised."""
        if self.kind is Kind.REFUSAL:
            return GraphQLError("Not today.", extensions={"code": "NOT_TODAY"})
        if self.kind is Kind.OUTAGE:
            return StoreUnavailableError("The store is away.")
        return ValueError("secret")


_active: dict[Target, Fault] = {}


@contextmanager
def failing(faults: Sequence[Fault]) -> Iterator[None]:
    """Let these fail meanwhile."""
    _active.update({one.target: one for one in faults})
    try:
        yield
    finally:
        _active.clear()


# Where they strike ------------------------------------------------------------------------------------------


@contextmanager
def breakable(schema: GraphQLSchema) -> Iterator[None]:
    """Reads, and the functions of this schema, can be made to fail meanwhile."""
    for coordinate, field in fields_of(schema):
        declared = field.extensions.get(RELATION)
        if isinstance(declared, Computed):
            _break_field(coordinate, field, declared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db.batches, "_ask", _breaking(db.batches._ask))
        patch.setattr(resolvers.source.Rows, "hop", _unless_it_fails(resolvers.source.Rows.hop))
        yield


def _unless_it_fails(hop: Callable[..., Any]) -> Callable[..., Any]:
    """Rows that come along with others cannot fail by themselves: such a read is asked for itself."""

    def asked(rows: Any, start: Any, before: Any, link: One) -> Any:
        read = cast(Read[Any], link.read)
        return None if (read.source, read.key) in _active else hop(rows, start, before, link)

    return asked


def _breaking(ask: Callable[..., Any]) -> Callable[..., Any]:
    async def broken(stores: Stores, read: Any, keys: Sequence[Any], run: Any) -> list[Any]:
        fault = _active.get((read.source, read.key))
        if fault is not None and fault.kind in (Kind.SURPRISE, Kind.REFUSAL):
            raise fault.error()
        found = await ask(stores, read, keys, run)
        return found if fault is None else [_spoilt(fault, *one) for one in zip(keys, found, strict=True)]

    return broken


def _spoilt(fault: Fault, key: Any, answer: Any) -> Any:
    _, values = key
    if isinstance(answer, Exception) or not fault.hits(tuple(values)):
        return answer
    if fault.kind is Kind.OUTAGE:
        return fault.error()
    return 0 if isinstance(answer, int) else []


def _break_field(coordinate: str, field: GraphQLField, declared: Computed) -> None:
    assert field.resolve is not None
    struck = functools.partial(_struck, coordinate, declared.needs)
    field.extensions[RELATION] = replace(declared, function=_guarded(declared.function, struck))
    field.resolve = _guarded(field.resolve, struck)


def _guarded(function: Callable[..., Any], struck: Callable[..., bool]) -> Callable[..., Any]:
    """The function, asked only where no fault strikes."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wait(*args: Any, **kwargs: Any) -> Any:
            return None if struck(*args, *kwargs.values()) else await function(*args, **kwargs)

        return wait

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return None if struck(*args, *kwargs.values()) else function(*args, **kwargs)

    return call


def _struck(coordinate: str, needs: tuple[str, ...], *given: Any) -> bool:
    """Whether a fault strikes: it raises, or says that there is nothing."""
    fault = _active.get(coordinate)
    if fault is None:
        return False
    row = next(one for one in given if all(hasattr(one, name) for name in needs)) if needs else None
    if not fault.hits(tuple(getattr(row, name) for name in needs)):
        return False
    if fault.kind is not Kind.NOTHING:
        raise fault.error()
    return True


# What may be struck -----------------------------------------------------------------------------------------


def fields_of(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    """Every field of a schema by its coordinate."""
    for one in schema.type_map.values():
        fields: Mapping[str, GraphQLField] = getattr(one, "fields", {})
        for name, field in fields.items():
            if isinstance(field, GraphQLField):
                yield f"{one.name}.{name}", field


def targets_in(schema: GraphQLSchema, text: str) -> list[Target]:
    """What an operation asks that may fail."""
    found: dict[Target, None] = {}
    info = TypeInfo(schema)

    class Gather(Visitor):
        """Notes what each field is answered by."""

        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent, field = info.get_parent_type(), info.get_field_def()
            if parent is not None and field is not None:
                found.update(dict.fromkeys(_targets(f"{parent.name}.{node.name.value}", field)))

    visit(parse(text), TypeInfoVisitor(info, Gather()))
    return list(found)


def _targets(coordinate: str, field: GraphQLField) -> list[Target]:
    declared: Any = field.extensions.get(RELATION)
    if isinstance(declared, Computed):
        return [coordinate]
    reads = reads_of(declared) if isinstance(declared, Relation) else ()
    return [(cast(Read[Any], read).source, read.key) for read in reads]


def faults(schema: GraphQLSchema, text: str, dice: Dice) -> list[Fault]:
    """Some faults that strike what an operation asks."""
    targets = targets_in(schema, text)
    return [_fault(dice, targets) for _ in range(dice.one_of((0, 1, 2)))] if targets else []


def _fault(dice: Dice, targets: Sequence[Target]) -> Fault:
    target, kind = dice.one_of(targets), dice.one_of(list(Kind))
    of_batch = isinstance(target, tuple) and kind in (Kind.SURPRISE, Kind.REFUSAL)
    return Fault(target, kind, 100 if of_batch else dice.one_of((100, 50)))
