"""Travian's map.sql: one row for each village of a world, as every server publishes it.

A row has 11 columns (tile, x, y, tribe, village id, village, player id, player, alliance id, alliance's
tag, population); newer worlds add the region (12), and after it capital, city, harbour and victory points
(16). What else a dump holds (comments, SET, LOCK TABLES, CREATE TABLE …) is passed over; an INSERT into
another table is refused.

The usual row is read by one regular expression. What it does not match, such as a name with an apostrophe,
is read token by token, and that path alone decides what is malformed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from entente.imports import ImportRefused
from entente.imports.files import LONGEST_LINE, texts

TRIBES = {
    "1": "Romans", "2": "Teutons", "3": "Gauls", "4": "Nature", "5": "Natars",
    "6": "Egyptians", "7": "Huns", "8": "Spartans", "9": "Vikings",
}  # fmt: skip
NAME_LIMIT, TAG_LIMIT, REGION_LIMIT = 100, 50, 100


class Village(NamedTuple):
    """A row of the map, and the line it stands on."""

    line: int
    tile_id: int
    x: int
    y: int
    tribe: str
    village_id: int
    name: str
    player_id: int
    player: str
    alliance_id: int
    tag: str
    population: int
    region: str | None
    is_capital: bool
    is_city: bool
    has_harbour: bool
    victory_points: int


_NUMBER, _ID = r"(-?\d{1,9})", r"(\d{1,9})"
_NAME, _TAG = rf"'([^'\\\n]{{0,{NAME_LIMIT}}})'", rf"'([^'\\\n]{{0,{TAG_LIMIT}}})'"
_FLAG = r"(NULL|TRUE|FALSE)"
_USUAL_ROW = re.compile(
    r"(INSERT INTO `x_world` VALUES )?"
    rf"\({_ID},{_NUMBER},{_NUMBER},(\d{{1,3}}),{_ID},{_NAME},{_ID},{_NAME},{_ID},{_TAG},{_ID}"
    rf"(?:,(?:NULL|{_NAME}),{_FLAG},{_FLAG},{_FLAG},(?:NULL|{_NUMBER}))?\)([,;])\s*"
)


def villages(stream: IO[bytes]) -> Iterator[Village]:
    """The villages of a map, in the file's order; the memory in use does not grow with the file."""
    text = _Text(stream)
    in_values = False
    while True:
        text.look_ahead()
        row = _USUAL_ROW.match(text.buffer, text.at)
        if row is not None and (row[1] is None) is in_values:
            yield _usual(row, text.line)
            text.line += text.buffer.count("\n", text.at, row.end())
            text.at = row.end()
            in_values = row[18] == ","
        elif in_values:
            yield _unusual(text)
            in_values = text.expect(",", ";") == ","
        elif text.peek() is None:
            return
        else:
            in_values = _begins_rows(text)


def _usual(row: re.Match[str], line: int) -> Village:
    (_, tile, x, y, tribe, village_id, name, player_id, player, alliance_id, tag, population,
     region, capital, city, harbour, points, _) = row.groups()  # fmt: skip
    return Village(
        line,
        int(tile),
        int(x),
        int(y),
        TRIBES.get(tribe, "Unknown"),
        int(village_id),
        plain(name),
        int(player_id),
        plain(player),
        int(alliance_id),
        plain(tag),
        int(population),
        region and plain(region),
        capital == "TRUE",
        city == "TRUE",
        harbour == "TRUE",
        int(points or 0),
    )


# The game stores names as it shows them on a page.
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|#0?39);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "#39": "'", "#039": "'"}


def plain(name: str) -> str:
    """A name without the entities of HTML."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], name) if "&" in name else name


# The careful path -------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>\s+ | --[^\n]* | \#[^\n]*)
      | (?P<comment>/\*.*?\*/)
      | (?P<string>'(?:[^'\\\n]|''|\\[^\n])*')
      | (?P<quoted>`[^`\n]*`)
      | (?P<number>[-+]?\d+(?:\.\d+)?)
      | (?P<word>\w+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str


class _Text:
    """What has been read of the file and is not yet understood, and the line that it begins on."""

    __slots__ = ("_pieces", "at", "buffer", "ended", "line")

    def __init__(self, stream: IO[bytes]) -> None:
        self._pieces = texts(stream)
        self.buffer, self.at, self.line, self.ended = "", 0, 1, False

    def look_ahead(self) -> None:
        """Read on until a whole row is sure to be in the buffer, or the file ends."""
        while not self.ended and len(self.buffer) - self.at < LONGEST_LINE:
            piece = next(self._pieces, None)
            self.ended = piece is None
            self.buffer, self.at = self.buffer[self.at :] + (piece or ""), 0

    def peek(self) -> _Token | None:
        """The next token, past spaces and comments; None at the end of the file."""
        while True:
            self.look_ahead()
            found = _TOKEN.match(self.buffer, self.at)
            if found is None:
                return None
            kind = str(found.lastgroup)
            if kind not in ("space", "comment"):
                return _Token(kind, found[0])
            self._pass(found[0])

    def take(self) -> _Token:
        """The next token, which has to be there and to be whole."""
        token = self.peek()
        if token is None:
            raise self.refused("the file ends in the middle of a statement")
        if token.kind == "mark" and token.text in "'`":
            raise self.refused("a text begins here that does not end on its line")
        if token == ("mark", "/") and self.buffer.startswith("/*", self.at):
            raise self.refused("a comment begins here that does not end")
        self._pass(token.text)
        return token

    def expect(self, *texts: str) -> str:
        """The next token, which has to be one of these."""
        token = self.take()
        if token.text.upper() not in texts:
            raise self.refused(f"{' or '.join(texts)} is missing before {_shown(token.text)}")
        return token.text.upper()

    def refused(self, what: str) -> ImportRefused:
        return ImportRefused(f"{what}.", self.line)

    def _pass(self, text: str) -> None:
        self.at += len(text)
        self.line += text.count("\n")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


# What dumps hold beside their rows.
_PASSED_OVER = {
    "ALTER",
    "BEGIN",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DROP",
    "LOCK",
    "SET",
    "START",
    "UNLOCK",
    "USE",
}


def _begins_rows(text: _Text) -> bool:
    """Passes over one statement, or enters the rows of an INSERT."""
    verb = text.take()
    if verb.text.upper() in ("INSERT", "REPLACE"):
        _enter_rows(text)
        return True
    if verb.text.upper() not in _PASSED_OVER and verb.text != ";":
        raise text.refused(f"{_shown(verb.text)} begins no statement of a map")
    while verb.text != ";":
        verb = text.take()
    return False


def _enter_rows(text: _Text) -> None:
    if text.expect("INTO", "IGNORE") == "IGNORE":
        text.expect("INTO")
    table = text.take().text.strip("`")
    if (token := text.peek()) is not None and token.text == ".":
        text.take()
        table = text.take().text.strip("`")
    if table != "x_world":
        raise text.refused(f"an INSERT into {_shown(table)}; the map's table is x_world")
    text.expect("VALUES")


def _unusual(text: _Text) -> Village:
    text.expect("(")
    line, values = text.line, [text.take()]
    while text.expect(",", ")") == ",":
        values.append(text.take())
    if len(values) not in (11, 12, 16):
        raise ImportRefused(f"a row of the map has 11, 12 or 16 columns, this one has {len(values)}.", line)
    row = _Row(line, values)
    return Village(
        line,
        row.number(0, "tile"),
        row.number(1, "x", least=-(2**31)),
        row.number(2, "y", least=-(2**31)),
        TRIBES.get(str(row.number(3, "tribe")), "Unknown"),
        row.number(4, "village id"),
        row.name(5, "village", NAME_LIMIT),
        row.number(6, "player id"),
        row.name(7, "player", NAME_LIMIT),
        row.number(8, "alliance id"),
        row.name(9, "alliance", TAG_LIMIT),
        row.number(10, "population"),
        row.region(),
        row.flag(12, "capital"),
        row.flag(13, "city"),
        row.flag(14, "harbour"),
        0 if row.is_null(15) else row.number(15, "victory points", least=-(2**31)),
    )


class _Row(NamedTuple):
    """The values of one row, each to be read as what its column holds."""

    line: int
    values: list[_Token]

    def number(self, at: int, column: str, least: int = 0) -> int:
        kind, text = self.values[at]
        if kind != "number" or "." in text:
            raise self._refused(column, f"is {_shown(text)}, not a whole number")
        if len(text) > 12 or not least <= int(text) < 2**31:
            raise self._refused(column, f"is {_shown(text)}, which is out of range")
        return int(text)

    def name(self, at: int, column: str, limit: int) -> str:
        kind, text = self.values[at]
        if kind != "string":
            raise self._refused(column, f"is {_shown(text)}, not a text in quotes")
        name = plain(_unescaped(text[1:-1]))
        if "\0" in name:
            raise self._refused(column, "holds a NUL character")
        if len(name) > limit:
            raise self._refused(column, f"has {len(name)} characters; {limit} are the most")
        return name

    def region(self) -> str | None:
        if self.is_null(11):
            return None
        kind, text = self.values[11]
        return text if kind == "number" else self.name(11, "region", REGION_LIMIT)

    def flag(self, at: int, column: str) -> bool:
        if self.is_null(at):
            return False
        text = self.values[at].text.upper()
        if text not in ("TRUE", "FALSE", "1", "0"):
            raise self._refused(column, f"is {_shown(text)}, neither TRUE nor FALSE")
        return text in ("TRUE", "1")

    def is_null(self, at: int) -> bool:
        return at >= len(self.values) or self.values[at].text.upper() == "NULL"

    def _refused(self, column: str, what: str) -> ImportRefused:
        return ImportRefused(f"the {column} {what}.", self.line)


_ESCAPED = re.compile(r"''|\\(.)")
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": r"\%", "_": r"\_"}


def _unescaped(text: str) -> str:
    """A text as MySQL reads it between its quotes."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else "'", text)
