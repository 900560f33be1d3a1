"""Lines: a text cut to a number of tokens, so that what matters most stays, and each thing in its place.

A text is made of fragments. Each knows its section, its line, and how urgent it is. Fragments are taken in
the order of urgency until the next one no longer fits: a larger budget holds all that a smaller one does.
What stands in the text does so in the order of sections and lines, whatever was taken first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import NamedTuple

from resolvers.diplomacy.tokens import count

HEADING = "## "
BREAK = count("\n")


class Section(Enum):
    """The parts of a prompt, in their order, by their headings; the first has none."""

    YOU = ""
    DECIDE = "Decide now"
    MATTER = "Those who matter"
    TREATIES = "Treaties and wars"
    LEAGUE = "Alliance and blocs"
    SIDES = "Threats and friends"
    MEMORIES = "Memories"


ORDER = {section: place for place, section in enumerate(Section)}


class Place(NamedTuple):
    """Where a fragment stands."""

    section: int
    line: int
    part: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """Part of a line. It begins with its own space or sign, unless it opens the line."""

    section: Section
    line: int
    part: int
    urgency: float
    text: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(ORDER[self.section], self.line, self.part)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is in a text and how long it is."""

    text: str
    tokens: int
    kept: Sequence[Fragment]


def cut(fragments: Iterable[Fragment], budget: int) -> Cut:
    """The most urgent fragments that fit, in their places."""
    kept: list[Fragment] = []
    seen: set[tuple[Section, int | None]] = set()
    tokens = 0
    for fragment in sorted(fragments, key=lambda one: (-one.urgency, one.place)):
        cost = _cost(fragment, seen)
        if tokens + cost > budget:
            break
        tokens += cost
        kept.append(fragment)
        seen |= {(fragment.section, None), (fragment.section, fragment.line)}
    text = _text(kept)
    return Cut(text, count(text), kept)


def _cost(fragment: Fragment, seen: set[tuple[Section, int | None]]) -> int:
    """Its own tokens, those of the line break before a new line, and those of a heading that it is the first
    below."""
    cost = count(fragment.text)
    if (fragment.section, fragment.line) not in seen and seen:
        cost += BREAK
    if (fragment.section, None) not in seen and fragment.section is not Section.YOU:
        cost += count(HEADING + fragment.section.value) + BREAK
    return cost


def _text(fragments: Iterable[Fragment]) -> str:
    lines: list[str] = []
    in_place = sorted(fragments, key=lambda one: one.place)
    for section, members in groupby(in_place, key=lambda one: one.section):
        if section is not Section.YOU:
            lines.append(HEADING + section.value)
        lines += ["".join(one.text for one in line) for _, line in groupby(members, key=lambda one: one.line)]
    return "\n".join(lines)
