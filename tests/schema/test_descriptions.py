"""Whatever a client can see is described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_specified_scalar_type,
)

from tests.asking import schema


def seen(named: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Each thing that a type has, by its coordinate, and its description."""
    yield named.name, named.description
    if isinstance(named, GraphQLEnumType):
        yield from ((f"{named.name}.{name}", value.description) for name, value in named.values.items())
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield f"{named.name}.{name}", field.description
            arguments: dict[str, Any] = getattr(field, "args", {})
            for argument, one in arguments.items():
                yield f"{named.name}.{name}({argument}:)", one.description


def test_everything_is_described() -> None:
    ours = [
        named
        for named in schema()._schema.type_map.values()
        if not named.name.startswith("__") and not is_specified_scalar_type(named)
    ]
    silent = [name for named in ours for name, description in seen(named) if not (description or "").strip()]

    assert len(ours) > 40
    assert silent == []


def test_descriptions_are_sentences() -> None:
    described = [
        one for named in schema()._schema.type_map.values() for one in seen(named) if "__" not in one[0]
    ]
    unfinished = [
        name for name, description in described if description and description.strip()[-1] not in ".:!?)`"
    ]

    assert unfinished == []
