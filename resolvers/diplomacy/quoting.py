"""Quoting: what players and programs wrote, made safe to stand in a prompt: in quotes, on one line, short."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from resolvers.diplomacy.tokens import count

NAME = 24
"""Tokens that a name may take."""
SENTENCE = 60
"""Tokens that a goal, a lesson or a note may take."""
MORE = "..."
LOOK_LIKE_QUOTES = dict.fromkeys(map(ord, "“”„‟″‶\uff02«»〝〞〟❝❞"), "'")
LABEL = re.compile(r"[a-z][a-z0-9_]{0,29}")


@lru_cache(maxsize=10_000)
def quoted(text: str, most: int = NAME) -> str:
    """A text in double quotes, which nothing in it can end, cut to a number of tokens."""
    plain = _one_line(text[: 20 * most])
    whole = _in_quotes(plain)
    if count(whole) <= most:
        return whole
    kept = plain[: 2 * most]
    while kept and count(_in_quotes(kept + MORE)) > most:
        kept = kept[:-1]
    return _in_quotes(kept.rstrip() + MORE)


def _in_quotes(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_line(text: str) -> str:
    """Without control characters, marks of direction and breaks of any kind; nothing that looks like our
    quotes."""
    kept = (" " if _breaks(letter) else letter for letter in text.translate(LOOK_LIKE_QUOTES))
    return " ".join("".join(kept).split())


def _breaks(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "CZ"


def ended(quote: str) -> str:
    """A quoted sentence, with a full stop where it has none of its own."""
    return quote if quote.endswith(('."', '!"', '?"')) else f"{quote}."


def label(text: str) -> str:
    """A word that a program chose, such as treaty_signed, in plain words; anything else is quoted."""
    return text.replace("_", " ") if LABEL.fullmatch(text) else quoted(text)


def listed(values: Mapping[str, Any], most: int = 4) -> str:
    """The plain values of a JSON object, by their names."""
    plain = [(name, value) for name, value in values.items() if isinstance(value, str | int | float)]
    return ", ".join(f"{label(name)} {_value(value)}" for name, value in plain[:most])


def _value(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    return quoted(value)


def number(value: float) -> str:
    """A number as people write it; of absurd ones only that they are large."""
    if abs(value) >= 1e15:
        return "a huge number"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
