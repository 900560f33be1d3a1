"""Relations: fields that batched reads answer, declared once for every way of running an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

RELATION = "relation"
"""In the extensions of a field: the declaration that answers it."""
COLUMN = "column"
"""In the extensions of a field without a declaration: the attribute of the row that it shows."""
ROW = "row"
"""In the extensions of an object type: the class of its rows."""
NATIVE = "native"
"""In the extensions of a scalar: its values are written as they come from the row."""
PYTHON_NAME = "python_name"
"""In the extensions of an argument: its name in Python."""


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
    default: Any = ...
    """What it is unless given; `...`: it must be given."""


KeyPart = str | Argument
Key = tuple[KeyPart, ...]


@dataclass(frozen=True, slots=True)
class One:
    """At most one row. Each part of the key is a column of the row at hand, or an argument; null gives
    null."""

    read: Read
    key: Key


@dataclass(frozen=True, slots=True)
class Past:
    """What is read in place of a list where a caller gives the moment: its key ends with it."""

    read: Read
    key: Key
    moment: str
    """The name of the argument."""


@dataclass(frozen=True, slots=True)
class Many:
    """The rows of a key: a connection where one pages, else a short list."""

    read: Read
    key: Key
    paged: bool
    past: Past | None = None

    def in_the_past(self) -> Many:
        """The list as of the moment that is given."""
        assert self.past is not None
        return Many(self.past.read, self.past.key, self.paged)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row for each entry of a list of ids, cut at `first`: the last part of the key is a column that holds
    the list."""

    read: Read
    key: Key


@dataclass(frozen=True, slots=True)
class Either:
    """The first of several links whose key is complete: for unions, and for links that may be asked by one of
    several arguments."""

    of: tuple[One, ...]
    otherwise: str | None = None
    """What a caller is told who does not give exactly one of the keys; None where none may be complete."""


@dataclass(frozen=True, slots=True)
class Both:
    """A list made of several links, in this order."""

    of: tuple[Either, ...]


Relation = One | Many | Listed | Either | Both


@dataclass(frozen=True, slots=True)
class Derived:
    """A value that a function makes of columns of the row alone."""

    function: Callable[..., Any]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that a function answers, the columns of the row that the function needs, and what its work is
    worth in objects, for each id that it is given."""

    function: Callable[..., Any]
    needs: tuple[str, ...]
    cost: int = 0
    pure: bool = False
    """Whether it is a function of the row alone, without context or arguments."""


Columns = tuple[str | tuple[Any, str], ...]
"""What is read: columns of a row, and as (hop, name) those of rows that it links to."""


class Source(Protocol):
    """How rows are read: what the engine is given. A failure in the place of a list is that key's alone."""

    def ask(self, relation: Many | Listed, arguments: Mapping[str, Any]) -> Any:
        """What the arguments ask of a list; of a connection, one row more than wanted. Equal asks share a
        statement. It has the attributes `limit`, `backwards`, `after` and `before`. Raises a GraphQLError
        where the arguments make no sense."""
        ...

    def short(self, ask: Any) -> Any:
        """The same, without the one row more."""
        ...

    def whole(self, ask: Any) -> Any:
        """The same of the whole list, to count it."""
        ...

    def cursor(self, read: Any, ask: Any) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], str]]:
        """The columns that a cursor is made of, and what makes it of their values."""
        ...

    def sortable(self, read: Any) -> tuple[str, ...]:
        """Every column that a cursor may be made of, whatever the ordering."""
        ...

    def view(self, read: Any, columns: tuple[str, ...], make: Callable[..., Any]) -> Callable[..., Any]:
        """What makes a row of these columns alone, from their stored values."""
        ...

    def is_private(self, read: Any, columns: Columns) -> bool:
        """Whether it depends on the viewer which rows are seen, or what of these columns."""
        ...

    def hop(self, start: Any, before: Any, link: One) -> Any:
        """What names the rows that a link leads to, from a row of the read `start` or, if any, from where the
        hop before led to: such rows can be had with the first ones, and a (hop, name) is a column of theirs,
        null where there is no row. None: they must be read by themselves."""
        ...

    def may_ask_ahead(self, read: Any) -> bool:
        """Whether it does no harm to ask for rows that belong to a row of which nobody knows yet that there
        is one."""
        ...

    async def fetch(
        self, read: Any, columns: Columns, ask: Any, keys: Sequence[Any]
    ) -> Sequence[list[Any] | Exception]:
        """For each (viewer, key) its records: a number, then the columns."""
        ...

    async def count(self, read: Any, ask: Any, keys: Sequence[Any]) -> Sequence[int | Exception]:
        """For each (viewer, key) the number of its rows."""
        ...


def reads_of(relation: Relation | Derived) -> tuple[Read, ...]:
    """Every read that a relation may ask."""
    if isinstance(relation, Derived):
        return ()
    if isinstance(relation, Either | Both):
        return tuple(read for part in relation.of for read in reads_of(part))
    if isinstance(relation, Many) and relation.past is not None:
        return (relation.read, relation.past.read)
    return (relation.read,)


def key_of(relation: Relation) -> Key:
    """Every part of a relation's keys."""
    if isinstance(relation, Either | Both):
        return tuple(part for one in relation.of for part in key_of(one))
    return relation.key


def argument_names(relation: Relation) -> list[str]:
    """The arguments that are parts of a relation's keys."""
    return [part.name for part in key_of(relation) if isinstance(part, Argument)]
