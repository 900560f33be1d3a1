"""Inputs: makes the values of input types from what a caller sent, as Strawberry does, with less ado.

Strawberry finds out anew for each value what its type is made of; of a thousand events with a dozen fields
each that takes longer than to record them. Here it is found out once, when the schema is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.field import StrawberryField

Convert = Callable[[Any], Any]


def hand_over(definition: StrawberryObjectDefinition, name_of: Callable[[StrawberryField], str]) -> None:
    """Lets Strawberry make values of an input type so; `name_of` tells what callers call a field."""
    fields = [(name_of(one), one.python_name, _converter(one.type)) for one in definition.fields]
    absent = {one.python_name: None for one in definition.fields if _must_be_given(one)}

    def make(cls: type, value: Mapping[str, Any], _context: object) -> Any:
        given: dict[str, Any] = dict(absent)
        for name, python_name, convert in fields:
            if name in value:
                one = value[name]
                given[python_name] = one if one is None or convert is None else convert(one)
        return cls(**given)

    definition.from_input = make


def _must_be_given(field: StrawberryField) -> bool:
    return field.default_value is MISSING and field.default_factory is MISSING


def _converter(kind: Any) -> Convert | None:
    """What makes a value of this type of one that GraphQL has checked; None where it is the same."""
    if isinstance(kind, StrawberryOptional):
        return _converter(kind.of_type)
    if isinstance(kind, StrawberryList):
        inner = _converter(kind.of_type)
        if inner is None:
            return list  # a default is one list for everybody
        return lambda values: [None if one is None else inner(one) for one in values]
    if has_object_definition(kind):
        cls, definition = cast(type, kind), cast(Any, kind).__strawberry_definition__
        return lambda value: definition.from_input(cls, value, None)
    return None
