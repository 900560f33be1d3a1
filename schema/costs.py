"""What fields cost, as the schema shows it: @cost and @listSize, after the cost directives specification."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable
from typing import Any

import strawberry
from graphql import GraphQLField
from strawberry.schema_directive import Location
from strawberry.utils.str_converters import to_camel_case

import engine.cost


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION],
    description="What a field costs beside the objects that it gives, for each of them.",
)
class Cost:
    """The weight of a field."""

    weight: int


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="How long a list is: as the slicing arguments say (a number, or the length of a list), else "
    "as is assumed. Where there are sized fields, it is those below.",
)
class ListSize:
    """The size of a list."""

    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.directive_field(
        name="slicingArguments", default=strawberry.UNSET
    )
    sized_fields: list[str] | None = strawberry.UNSET


LENGTHS = ("first", "minutes", "moments")
"""Arguments that say how long a list may be."""


def page(usual: int) -> list[object]:
    """The directives of a connection."""
    return [
        ListSize(assumed_size=usual, slicing_arguments=["first", "last"], sized_fields=["edges", "nodes"])
    ]


def short_list() -> list[object]:
    """The directives of a list that is cut at first."""
    return [ListSize(slicing_arguments=["first"])]


def fixed_list(length: int) -> list[object]:
    """The directives of a list that is never longer than this."""
    return [ListSize(assumed_size=length)]


def computed(function: Callable[..., Any], cost: int) -> list[object]:
    """The directives of a field that a function answers: its list is as long as an argument says, or as the
    ids that are given."""
    weight: list[object] = [Cost(weight=cost)] if cost else []
    hints = typing.get_type_hints(function)
    if typing.get_origin(hints.get("return")) is not list:
        return weight
    slicing = [
        to_camel_case(name)
        for name, hint in hints.items()
        if name in LENGTHS or (name != "return" and typing.get_origin(hint) is list)
    ]
    return [*weight, ListSize(slicing_arguments=slicing)] if slicing else weight


def hand_over(directives: Iterable[object], field: GraphQLField) -> None:
    """Tells the engine what a field costs."""
    for one in directives:
        if isinstance(one, Cost):
            field.extensions[engine.cost.COST] = one.weight
        elif isinstance(one, ListSize):
            field.extensions[engine.cost.LIST_SIZE] = engine.cost.ListSize(
                one.assumed_size or None, tuple(one.slicing_arguments or ()), tuple(one.sized_fields or ())
            )
