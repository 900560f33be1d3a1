"""Public research data, which is read where it lies and never shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"


def public_data(name: str) -> Path:
    """The file of this name; without it the test is skipped, but fails in CI, which must have it."""
    path = Path(os.environ.get("ENTENTE_DATA", BESIDE)) / name
    if path.exists():
        return path
    reason = f"{name} is not in {path.parent}; set ENTENTE_DATA to a folder that has it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
