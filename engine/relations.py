"""Relations: fields that batched reads answer, declared once for every way of running an operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

RELATION = "relation"


class Read(Protocol):
    """What an executor must know of a read: the rows it gives, and the columns a batch is asked by."""

    @property
    def row(self) -> type: ...

    @property
    def key(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Argument:
    """A part of a key that the caller gives as an argument of the field."""

    name: str
    kind: Any
    description: str


KeyPart = str | Argument
Key = tuple[KeyPart, ...]


@dataclass(frozen=True, slots=True)
class One:
    """At most one row. Each part of the key is a column of the row at hand, or an argument; null gives
    null."""

    read: Read
    key: Key


@dataclass(frozen=True, slots=True)
class Many:
    """The rows of a key: a connection where one pages, else a short list."""

    read: Read
    key: Key
    paged: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A row for each entry of a list of ids, cut at `first`: the last part of the key is a column that holds
    the list."""

    read: Read
    key: Key


@dataclass(frozen=True, slots=True)
class Either:
    """The first of several links whose key is complete: for unions."""

    of: tuple[One, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """A list made of several links, in this order."""

    of: tuple[Either, ...]


Relation = One | Many | Listed | Either | Both


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that a function answers, the columns of the row that the function needs, and what its work is
    worth in objects, for each id that it is given."""

    function: Callable[..., Any]
    needs: tuple[str, ...]
    cost: int = 0


def reads_of(relation: Relation) -> tuple[Read, ...]:
    """Every read that a relation may ask."""
    if isinstance(relation, Either | Both):
        return tuple(read for part in relation.of for read in reads_of(part))
    return (relation.read,)


def key_of(relation: Relation) -> Key:
    """Every part of a relation's keys."""
    if isinstance(relation, Either | Both):
        return tuple(part for one in relation.of for part in key_of(one))
    return relation.key
