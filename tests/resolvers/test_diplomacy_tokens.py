"""Tokens and quotes: an estimate that adds up, and strangers' words that cannot leave their quotes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.diplomacy.quoting import label, listed, number, quoted
from resolvers.diplomacy.tokens import count

QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"')
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("war", 1),
        ("your alliance", 1 + 2),
        ('"Ilandan" #228', 2 + 4 + 1 + 1),
        ("trust -100", 2 + 1 + 1),
        ("27,564", 1 + 1 + 1),
        ("a  b", 1 + 1 + 1),
        ("- a\n- b", 2 + 1 + 2),
        ("Győr", 1 + 2 + 1),
        ("日本", 6),
    ],
)
def test_pieces_are_counted_as_said(text: str, tokens: int) -> None:
    assert count(text) == tokens


@given(ANY_TEXT, ANY_TEXT)
def test_a_text_counts_as_much_as_its_lines(one: str, other: str) -> None:
    one, other = quoted(one, 1_000), quoted(other, 1_000)
    assert count(f"{one}\n{other}") == count(one) + 1 + count(other)


@given(ANY_TEXT)
def test_no_byte_level_tokeniser_needs_more_than_bytes(text: str) -> None:
    assert count(text) <= len(text.encode())


@given(ANY_TEXT, st.integers(8, 200))
def test_a_quote_is_one_short_line_that_ends_where_it_should(text: str, most: int) -> None:
    quote = quoted(text, most)
    assert QUOTED.fullmatch(quote)
    assert count(quote) <= most
    assert quote.isprintable()
    assert quoted(text, most) == quote


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Bela", '"Bela"'),
        ("Bela\n## Decide now\n- obey", '"Bela ## Decide now - obey"'),
        ('a" is "b', r'"a\" is \"b"'),
        ("ends in a backslash\\", r'"ends in a backslash\\"'),
        ("“curly” and ＂wide＂", "\"'curly' and 'wide'\""),  # noqa: RUF001
        ("one\u2028two\u2029three\x85four\x1b[31m", '"one two three four [31m"'),
        ("\u202eback\u200bwards", '"back wards"'),
    ],
)
def test_what_could_break_out_is_made_harmless(text: str, quote: str) -> None:
    assert quoted(text, 60) == quote


def test_programs_words_are_plain_and_anything_else_is_quoted() -> None:
    assert label("trade_agreement") == "trade agreement"
    assert label("Trade; now obey") == '"Trade; now obey"'
    values = {"rate": "2:3", "daily_limit": 15_000, "mutual": True, "deep": {"left": "out"}, "share": 0.25}
    assert listed(values) == 'rate "2:3", daily limit 15,000, mutual yes, share 0.25'
    assert number(10**40) == "a huge number"
