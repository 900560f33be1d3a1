"""Cursors: what a list gave leads back to the same place, and nothing else is taken for one."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.paging import MalformedCursorError, cursor, parse_cursor
from db.reads import Read


class Order(Enum):
    """Orders by every kind of column."""

    NAME = "name"
    SCORE = "score DESC"
    WEIGHT = "weight"
    AT = "at DESC"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with every kind of column that orders."""

    name: str
    score: int
    weight: float
    at: datetime
    number: int


READ = Read(Row, "rows", key=(), orders=Order, ties=("number",), linked=True)
whole = st.integers(-(2**63), 2**63 - 1)
rows = st.builds(
    Row,
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    score=whole,
    weight=st.floats(allow_nan=False, allow_infinity=False),
    at=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    number=whole,
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | texts
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3)
)


def written(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


def forged(order: Enum, value: Any) -> str:
    """A cursor of this order that no list gave."""
    row = Row(name=value, score=value, weight=value, at=value, number=1)
    return cursor(READ, order, row)


@given(row=rows, order=st.sampled_from(Order))
def test_a_cursor_leads_back_to_its_row(row: Row, order: Order) -> None:
    column = str(order.value).partition(" ")[0]

    assert parse_cursor(READ, order, cursor(READ, order, row)) == (getattr(row, column), row.number)


@given(text=st.text() | st.binary().map(lambda some: base64.urlsafe_b64encode(some).decode()))
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(MalformedCursorError):
        parse_cursor(READ, Order.NAME, text)


@given(value=json_values)
def test_other_values_are_no_cursor(value: Any) -> None:
    with pytest.raises(MalformedCursorError):
        parse_cursor(READ, Order.NAME, written(value))


@pytest.mark.parametrize(
    ("order", "value"),
    [
        (Order.NAME, "with a \0"),
        (Order.NAME, 7),
        (Order.SCORE, 2**63),
        (Order.SCORE, True),
        (Order.SCORE, 1.5),
        (Order.SCORE, "1"),
        (Order.WEIGHT, "1"),
        (Order.AT, "yesterday"),
        (Order.AT, 5),
        (Order.AT, "0001-01-01T00:00:00+14:00"),
        (Order.AT, "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_cursor_with_a_wrong_value_is_refused(order: Order, value: Any) -> None:
    with pytest.raises(MalformedCursorError):
        parse_cursor(READ, order, forged(order, value))


def test_a_cursor_of_another_order_says_so() -> None:
    with pytest.raises(MalformedCursorError, match="by this list in the order SCORE"):
        parse_cursor(READ, Order.SCORE, forged(Order.NAME, "Bela"))


def test_a_cursor_of_another_list_is_refused() -> None:
    of_each_name = Read(Row, "rows", key=("name",), orders=Order, ties=("weight", "number"), linked=True)

    with pytest.raises(MalformedCursorError, match="by this list"):
        parse_cursor(of_each_name, Order.NAME, forged(Order.NAME, "Bela"))


def test_a_giant_cursor_is_not_repeated_in_the_answer() -> None:
    with pytest.raises(MalformedCursorError) as refused:
        parse_cursor(READ, Order.NAME, written(["SCORE" * 100_000]))

    assert len(str(refused.value)) < 300
