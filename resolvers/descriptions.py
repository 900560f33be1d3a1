"""Descriptions of fields and enum values, taken from the docstrings that stand below them in the source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import Enum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

T = TypeVar("T", bound=type)


def attribute_docstrings(cls: type[Any]) -> dict[str, str]:
    """For each attribute of a class the string that stands right below it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for statement, below in zip(body.body, body.body[1:], strict=False):
        name = _attribute(statement)
        if name and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[name] = inspect.cleandoc(str(below.value.value))
    return found


def _attribute(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def enum(cls: type[Enum], name: str | None = None) -> None:
    """Make an enum known to GraphQL, under its own or another name, with the description of each value."""
    if hasattr(cls, "__strawberry_definition__"):
        return
    strawberry.enum(cls, name=name, description=inspect.getdoc(cls))
    definition: StrawberryEnumDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    below = attribute_docstrings(cls)
    for value in definition.values:
        value.description = below[value.name]


def describe_fields(cls: type, below: dict[str, str]) -> None:
    """Give the fields of a GraphQL type or input the descriptions found below them."""
    definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for field in definition.fields:
        field.description = below.get(field.python_name, field.description)


@dataclass_transform(kw_only_default=True)
def input_type(cls: T) -> T:
    """An input type whose fields are described by the docstrings below them; those of the input types that
    it builds on come first, but for the key that any change may have."""
    below: dict[str, str] = {}
    for one in reversed(cls.__mro__[:-1]):
        below |= attribute_docstrings(one)
    made: T = strawberry.input(cls, description=inspect.getdoc(cls))
    describe_fields(made, below)
    definition: Any = made.__strawberry_definition__  # type: ignore[attr-defined]
    definition.fields.sort(key=lambda field: field.python_name == "idempotency_key")
    return made


@dataclass_transform(kw_only_default=True)
def described_type(cls: T) -> T:
    """An output type whose fields are described by the docstrings below them."""
    below = attribute_docstrings(cls)
    made: T = strawberry.type(cls, description=inspect.getdoc(cls))
    describe_fields(made, below)
    return made
