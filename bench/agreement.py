"""Whether all contenders answer the same, which is found out before anything is measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bench.running import Server

COMPARED = (1, 7, 33, 64)
"""The NPCs about whom answers are compared: some of those that have brains."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class DisagreementError(RuntimeError):
    """Two contenders answer differently, so that comparing their speed would mean nothing."""


def agree(servers: Sequence[Server], shapes: Iterable[str]) -> None:
    """Ask all of them the same, and raise where one answers differently from the first."""
    for shape in shapes:
        for npc_id in COMPARED if shape != "page" else COMPARED[:1]:
            _agree(servers, shape, npc_id)


def _agree(servers: Sequence[Server], shape: str, npc_id: int) -> None:
    expected: Any = None
    for server in servers:
        said = server.ask(server.contender.questions(shape, [npc_id])[0])
        if said.get("errors") or not said.get("data"):
            raise DisagreementError(f"{server.contender.name} fails at {shape} {npc_id}: {str(said)[:1000]}")
        found = as_values(said["data"])
        expected = found if expected is None else expected
        if server.contender.sees_all(shape) and found != expected:
            where = difference(expected, found)
            raise DisagreementError(f"{server.contender.name} disagrees on {shape} {npc_id}: {where}")


def as_values(found: Any) -> Any:
    """An answer with moments as moments, and large numbers as numbers also where a peer writes text."""
    match found:
        case dict():
            return {name: as_values(value) for name, value in found.items()}
        case list():
            return [as_values(value) for value in found]
        case str() if MOMENT.fullmatch(found):
            return datetime.fromisoformat(found)
        case str() if found.isascii() and found.isdigit():
            return int(found)
    return found


def difference(one: Any, other: Any, path: str = "data") -> str:
    """The first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        inside = ((one[name], other[name], f"{path}.{name}") for name in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        inside = ((a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True)))
    else:
        return f"{path} is {str(other)[:200]}, not {str(one)[:200]}"
    return next(difference(*place) for place in inside if place[0] != place[1])
