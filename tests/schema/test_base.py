"""A type says at import what is wrong with it, and the schema what no type checker sees."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from db.main import alliances, players
from schema.base import backed_by, one, resolve


@dataclass(frozen=True, slots=True)
class StoneRow:
    """A stone."""

    world_id: str
    weight: int


def weigh() -> int:
    """Its weight in pounds."""
    return 1


def test_a_field_that_nothing_answers_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Stone\.colour has neither a Read, a resolver nor a column"):

        @backed_by(StoneRow)
        class Stone:
            """A stone."""

            colour: str


def test_a_link_whose_key_is_no_column_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Stone\.owner needs owner_id, which is no column"):

        @backed_by(StoneRow)
        class Stone:
            """A stone."""

            owner: object = one(players.BY_ID, key=("world_id", "owner_id"))


def test_a_function_that_needs_what_is_no_column_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Stone\.pounds needs mass, which is no column"):

        @backed_by(StoneRow)
        class Stone:
            """A stone."""

            pounds: int = resolve(weigh, needs=("mass",))


def test_a_link_that_gives_other_rows_than_it_shows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from schema.build import build
    from schema.players import Player

    field = next(one for one in Player.__strawberry_definition__.fields if one.python_name == "world")  # type: ignore[attr-defined]
    wrong = one(alliances.BY_ID, key=("world_id", "alliance_id"))
    monkeypatch.setattr(field, "metadata", wrong.metadata)

    with pytest.raises(TypeError, match=r"Player\.world: the read gives .*AllianceRow.* over WorldRow"):
        build()
