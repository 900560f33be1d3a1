"""Who-trusts-whom lists: what is read of them, and what is refused with the number of its line."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from db.main.npcs import Personality
from entente.imports import ImportRefused
from entente.imports.personalities import TEMPLATES
from entente.imports.trust_list import Rating, ratings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(text: str) -> list[Rating]:
    """The ratings of a list with this content."""
    return list(ratings(io.BytesIO(text.encode()), NOW))


def test_a_list_without_a_heading() -> None:
    assert read("7188,1,10,1407470400\n1,160,-10,1317182400.5\n") == [
        Rating(1, "7188", "1", 10, datetime(2014, 8, 8, 4, tzinfo=UTC)),
        Rating(2, "1", "160", -10, datetime(2011, 9, 28, 4, 0, 0, 500_000, tzinfo=UTC)),
    ]


def test_a_heading_and_empty_lines_are_passed_over() -> None:
    assert [rating.line for rating in read("from,to,sign\r\n\r\nGavev,Kotun,1\r\nOve,Gavev,-1")] == [3, 4]


def test_names_may_be_quoted_and_times_written_out() -> None:
    [plain, zoned] = read('"Smith, Joe",Ann,0.5,2020-05-01\nAnn,"Smith, Joe",-1,2020-05-01T12:00:00+02:00\n')

    assert (plain.truster, plain.rating, plain.at) == ("Smith, Joe", 0.5, datetime(2020, 5, 1, tzinfo=UTC))
    assert zoned.at == datetime(2020, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ("a,b", "source, target, rating and perhaps time are wanted; here are 2 fields."),
        ("a,b,1,1,1", "source, target, rating and perhaps time are wanted; here are 5 fields."),
        ("a,a,1", "a rates themselves."),
        ("a, a ,1", "a rates themselves."),
        ("a,,1", "the target has no name."),
        (f"{'x' * 101},b,1", "the source has 101 characters; 100 are the most."),
        ("a,b,good", "the rating is 'good', not a number."),
        ("a,b,nan", "the rating is 'nan', not a number."),
        ("a,b,101", "the rating is 101, out of the range of -100 to 100."),
        ("a,b,1,yesterday", "the time is 'yesterday'; seconds since 1970 or ISO 8601 are wanted."),
        ("a,b,1,", "the time is ''; seconds since 1970 or ISO 8601 are wanted."),
        ("a,b,1,1e300", "the time is '1e300'; seconds since 1970 or ISO 8601 are wanted."),
        ("a,b,1,1407470400000", "the time is '1407470400000'; seconds since 1970 or ISO 8601 are wanted."),
        ("a,b,1,2030-01-01", "the time '2030-01-01' lies in the future."),
        ('"a,b,1', "unexpected end of data."),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(wrong: str, what: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(f"source,target,rating\nann,bob,1\n{wrong}")

    assert str(refused.value) == f"Line 3: {what}"


def test_there_is_a_template_for_each_personality() -> None:
    assert set(TEMPLATES) == set(Personality)
