"""Answers of language models, as clients see them."""

from __future__ import annotations

from strawberry.scalars import JSON

from db.hot.llm_responses import LlmResponseRow
from schema.base import backed_by


@backed_by(LlmResponseRow)
class LlmResponse:
    """What a language model answered an NPC."""

    asked: str
    """What it was asked, as it was told when the answer was kept."""
    response: JSON
    """The answer, an object."""
