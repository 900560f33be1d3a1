"""The words every schema file uses: backed_by, one, many, few, listed, either, both, watched, resolve."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from db.reads import Read, private_fields
from engine.relations import (
    RELATION,
    Argument,
    Both,
    Computed,
    Either,
    Key,
    Listed,
    Many,
    One,
    Past,
    Relation,
    key_of,
    reads_of,
)
from resolvers.descriptions import attribute_docstrings, describe_fields, enum
from resolvers.global_ids import NODES, PASTS
from resolvers.pages import LARGEST_PAGE, USUAL_PAGE
from resolvers.relations import answer
from schema import access, costs

T = TypeVar("T", bound=type)
Source = Callable[..., Awaitable[AsyncIterator[Any]]]
AS_OF = Argument(
    "as_of",
    datetime | None,
    "The list as it was known at this moment: by what had been recorded by then, so that the answer never "
    "changes. What lies below is told as of now unless asked otherwise.",
    default=None,
)
SOURCE = "source"
"""In the metadata of a field: where the events of the subscription come from."""
TYPES: dict[str, type] = {}
"""Every type that backed_by has seen, by its name: what annotations may name without an import."""


class DeclaredField(StrawberryField):
    """A field that a declaration answers: a Relation, or a Computed."""

    @property
    def declared(self) -> Relation | Computed:
        """The declaration; it lives in the metadata, which survives Strawberry's copies of a field."""
        return cast(Relation | Computed, self.metadata[RELATION])

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that a function needs."""
        return self.declared.needs if isinstance(self.declared, Computed) else ()

    @property
    def is_restricted(self) -> bool:
        """Whether it says for which roles it is."""
        return any(isinstance(one, access.Access) for one in self.directives)

    @property
    def is_basic_field(self) -> bool:
        """Never: a basic field would get neither info nor arguments."""
        return False

    def resolve_type(
        self, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> StrawberryType | type[Any] | Any:
        """The field's type; its annotation may name any type that backed_by has seen."""
        if self.type_annotation is not None and isinstance(self.origin, type):
            self.type_annotation.namespace = {**TYPES, **vars(sys.modules[self.origin.__module__])}
        return super().resolve_type(type_definition=type_definition)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The value of the field: from the loaders of this operation, or from the function."""
        if isinstance(self.declared, Computed):
            return super().get_result(source, info, args, kwargs)
        return answer(info.context.loaders, self.declared, source, kwargs)


def _declared(
    relation: Relation, arguments: list[StrawberryArgument], directives: list[object] | None = None
) -> Any:
    only = access.of_reads(cast(Read[Any], read) for read in reads_of(relation))
    field = DeclaredField(
        metadata={RELATION: relation}, directives=[*(directives or []), *access.restricted(only)]
    )
    field.init = False
    field.arguments = [
        *(_key_argument(part) for part in key_of(relation) if isinstance(part, Argument)),
        *arguments,
    ]
    return field


def _key_argument(part: Argument) -> StrawberryArgument:
    default = strawberry.UNSET if part.default is ... else part.default
    return argument(part.name, part.kind, part.description, default)


def argument(name: str, kind: Any, description: str, default: Any = strawberry.UNSET) -> StrawberryArgument:
    """An argument of a declared field."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        enum(kind)
    return StrawberryArgument(
        name, None, StrawberryAnnotation(kind), description=description, default=default
    )


def _choices(read: Read[Any]) -> list[StrawberryArgument]:
    for one_filter in read.filters:
        if isinstance(one_filter.kind, type) and issubclass(one_filter.kind, Enum):
            enum(one_filter.kind)
    filters = [argument(one.name, one.kind | None, one.description) for one in read.filters]
    if read.orders is None:
        return filters
    enum(read.orders)
    usual = next(iter(read.orders))
    return [argument("order_by", read.orders, "The order of the list.", usual), *filters]


def one(read: Read[Any], *, key: Key) -> Any:
    """A link to at most one row."""
    return _declared(One(read, key), [])


def few(read: Read[Any], *, key: Key, first: int = USUAL_PAGE, past: Read[Any] | None = None) -> Any:
    """A short list, cut at `first`; with a past, as of a moment where one is given."""
    return _declared(
        Many(read, key, paged=False, past=_past(past, key)),
        [_first(first), *_choices(read), *_moment(past)],
        costs.short_list(),
    )


def _past(read: Read[Any] | None, key: Key) -> Past | None:
    return None if read is None else Past(read, (*key, AS_OF), AS_OF.name)


def _moment(past: Read[Any] | None) -> list[StrawberryArgument]:
    return [] if past is None else [_key_argument(AS_OF)]


def _first(usual: int) -> StrawberryArgument:
    return argument("first", int, f"How many at most, 0 to {LARGEST_PAGE}.", usual)


def many(read: Read[Any], *, key: Key, past: Read[Any] | None = None) -> Any:
    """A connection that pages in both directions; with a past, as of a moment where one is given."""
    up_to = f"0 to {LARGEST_PAGE}"
    paging = [
        argument("first", int | None, f"How many from the start, {up_to}; {USUAL_PAGE} unless told."),
        argument("after", str | None, "Only what follows this cursor."),
        argument("last", int | None, f"How many from the end, {up_to}, instead of first."),
        argument("before", str | None, "Only what precedes this cursor."),
    ]
    arguments = [*paging, *_choices(read), *_moment(past)]
    return _declared(Many(read, key, paged=True, past=_past(past, key)), arguments, costs.page(USUAL_PAGE))


def listed(read: Read[Any], *, key: Key, first: int = USUAL_PAGE) -> Any:
    """A row for each id in a column that holds a list; ids that no longer lead anywhere are left out."""
    return _declared(Listed(read, key), [_first(first)], costs.short_list())


def either(*links: Any, otherwise: str | None = None) -> Any:
    """The first link whose key is complete; where the keys are arguments, `otherwise` is what a caller is
    told who does not give exactly one."""
    return _declared(_either(links, otherwise), [])


def both(*links: Any) -> Any:
    """A list of several links."""
    return _declared(
        Both(tuple(cast(Either, link.declared) for link in links)), [], costs.fixed_list(len(links))
    )


def _either(links: tuple[Any, ...], otherwise: str | None) -> Either:
    return Either(tuple(cast(One, link.declared) for link in links), otherwise)


def watched(link: Any, source: Source, *arguments: Argument) -> Any:
    """A field of a subscription: the link of each event to what is shown; `source` gives the events."""
    link.metadata = {**link.metadata, SOURCE: source}
    link.arguments = [*(_key_argument(one) for one in arguments), *link.arguments]
    return link


def resolve(
    function: Callable[..., Any],
    *,
    needs: tuple[str, ...] = (),
    cost: int = 0,
    only: access.Roles | None = None,
) -> Any:
    """A field that a function answers; the function's docstring describes it. `only` are the roles that may
    ask for it, if it is not for all."""
    made = Computed(function, needs, cost, pure=_is_pure(function))
    field = DeclaredField(
        metadata={RELATION: made},
        description=inspect.getdoc(function),
        directives=[*costs.computed(function, cost), *access.restricted(only)],
    )
    return field(StrawberryResolver(function))


def _is_pure(function: Callable[..., Any]) -> bool:
    """Whether a function wants nothing but its row."""
    return not inspect.iscoroutinefunction(function) and len(inspect.signature(function).parameters) == 1


@dataclass_transform(
    kw_only_default=True, field_specifiers=(one, many, few, listed, either, both, watched, resolve)
)
def backed_by(
    row: type | None = None,
    *,
    node: Read[Any] | None = None,
    past: Read[Any] | None = None,
    only: access.Roles | None = None,
) -> Callable[[T], T]:
    """A GraphQL type over the rows of a class; `node` is the read that finds a row again by its global id,
    `past` the one that does so as of a moment, `only` are the roles that may ask for its fields, but where a
    field says other ones."""

    def make(cls: T) -> T:
        if node is not None:
            NODES[cls.__name__] = node
        if past is not None:
            PASTS[cls.__name__] = past
        below = attribute_docstrings(cls)
        _refuse_unanswered(cls, row)
        _prepare(cls, row)
        _restrict(cls, row, only)
        made: T = strawberry.type(cls, description=inspect.getdoc(cls))
        describe_fields(made, below)
        TYPES[made.__name__] = made
        return made

    return make


def _restrict(cls: type, row: type | None, only: access.Roles | None) -> None:
    """Say of each field for which roles it is, where it does not say so itself."""
    private = private_fields(row) if row else {}
    for name in cls.__annotations__:
        declared = getattr(cls, name, None)
        needs = declared.needs if isinstance(declared, DeclaredField) else (name,)
        roles = access.THOSE_WHO_ACT if any(one in private for one in needs) else only
        if declared is None and roles:
            setattr(cls, name, strawberry.field(directives=access.restricted(roles)))
        elif isinstance(declared, DeclaredField) and not declared.is_restricted:
            declared.directives = [*declared.directives, *access.restricted(roles)]


def _prepare(cls: type, row: type | None) -> None:
    if row is None:
        return
    cls.__row__ = row  # type: ignore[attr-defined]
    cls.is_type_of = classmethod(lambda _, value, _info: isinstance(value, row))  # type: ignore[attr-defined]
    for hint in typing.get_type_hints(row).values():
        for kind in (hint, *typing.get_args(hint)):
            if isinstance(kind, type) and issubclass(kind, Enum):
                enum(kind)


def _refuse_unanswered(cls: type, row: type | None) -> None:
    columns = {field.name for field in dataclasses.fields(row)} if row is not None else set[str]()
    for name in cls.__annotations__:
        declared = getattr(cls, name, None)
        if not isinstance(declared, DeclaredField):
            if name not in columns:
                raise TypeError(f"{cls.__name__}.{name} has neither a Read, a resolver nor a column")
            continue
        made = declared.declared
        needed = (
            made.needs
            if isinstance(made, Computed)
            else [part for part in key_of(made) if isinstance(part, str)]
        )
        for column in needed:
            if column not in columns:
                raise TypeError(f"{cls.__name__}.{name} needs {column}, which is no column of its row")
