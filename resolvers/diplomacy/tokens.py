"""Tokens: an estimate that needs no vocabulary and stays above what usual tokenisers count.

| piece | tokens |
| --- | --- |
| a word of ASCII letters | one for every 4 letters begun |
| such a word within "double quotes": a name | one for every 2 letters begun |
| a run of digits | one for every 3 begun |
| any other ASCII character, a line break | 1 |
| a space before something | 0; each further space 1 |
| anything beyond ASCII | its bytes in UTF-8: no byte-level tokeniser needs more |

No piece reaches across a line break, so a text counts as much as its lines and their breaks.
"""

from __future__ import annotations

import re

LETTERS_OF_A_WORD = 4
LETTERS_OF_A_NAME = 2
DIGITS = 3

PIECE = re.compile(
    r'"(?P<quoted>(?:\\.|[^"\\\n])*)"'
    r"|(?P<letters>[A-Za-z]+)|(?P<digits>[0-9]+)|(?P<spaces> +)"
    r"|(?P<ascii>[\x00-\x7f])|(?P<beyond>[^\x00-\x7f]+)"
)


def count(text: str) -> int:
    """How many tokens a text has, estimated."""
    return _count(text, LETTERS_OF_A_WORD)


def _count(text: str, letters: int) -> int:
    total = 0
    for piece in PIECE.finditer(text):
        kind, length = piece.lastgroup, piece.end() - piece.start()
        if kind == "letters":
            total += -(-length // letters)
        elif kind == "digits":
            total += -(-length // DIGITS)
        elif kind == "spaces":
            total += length - 1
        elif kind == "ascii":
            total += 1
        elif kind == "quoted":
            total += 2 + _count(piece["quoted"], LETTERS_OF_A_NAME)
        else:
            total += len(piece.group().encode())
    return total
