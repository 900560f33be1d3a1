"""Values of our own scalars, for schemathesis: most of them good, some of them hostile."""

from __future__ import annotations

from datetime import datetime

import schemathesis
from graphql import IntValueNode, StringValueNode
from graphql.language import ObjectFieldNode, ObjectValueNode
from graphql.language.ast import NameNode
from hypothesis import strategies as st

TEXTS = st.text(max_size=20)
NUMBERS = st.one_of(st.integers(1, 80), st.integers(-(2**70), 2**70))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 1)).map(lambda at: at.isoformat())  # noqa: DTZ001


def as_text(value: object) -> StringValueNode:
    """A value as GraphQL's text."""
    return StringValueNode(value=str(value))


def as_number(value: int) -> IntValueNode:
    """A value as GraphQL's number."""
    return IntValueNode(value=str(value))


def as_object(fields: dict[str, str]) -> ObjectValueNode:
    """Texts by names as GraphQL's object."""
    named = [ObjectFieldNode(name=NameNode(value=key), value=as_text(text)) for key, text in fields.items()]
    return ObjectValueNode(fields=tuple(named))


NAMES = st.from_regex(r"\A[a-z_]{1,8}\Z")

schemathesis.graphql.scalar("BigInt", NUMBERS.map(as_number))
schemathesis.graphql.scalar("DateTime", st.one_of(MOMENTS, TEXTS).map(as_text))
schemathesis.graphql.scalar("UUID", st.uuids().map(as_text))
schemathesis.graphql.scalar(
    "JSON",
    st.one_of(
        TEXTS.map(as_text), NUMBERS.map(as_number), st.dictionaries(NAMES, TEXTS, max_size=3).map(as_object)
    ),
)
