"""Packages of these names exist elsewhere too: ours are the ones in this repository."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["entente", "schema", "resolvers", "graph", "db", "engine", "tests"])
def test_a_package_is_the_one_of_this_repository(name: str) -> None:
    file = import_module(name).__file__

    assert file is not None
    assert Path(file).parent == REPOSITORY / name
