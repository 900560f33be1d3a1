"""Generated code: functions that make dictionaries and keys of rows, without a loop of ours around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

CODES_REMEMBERED = 2000


def function(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    """The function that this source defines as `made`."""
    space = dict(names)
    exec(_code(source), space)  # noqa: S102  of our own making: names and numbers only
    found: Callable[..., Any] = space.pop("made")  # a function in its own names would never be freed
    return found


@lru_cache(CODES_REMEMBERED)
def _code(source: str) -> CodeType:
    """Parts of one operation read like those of another, and to compile them is half of all work on a new
    one."""
    return compile(source, "<plan>", "exec")


def one_object(fields: Sequence[tuple[str, str]]) -> str:
    """The dictionary of one row."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in fields) + "}"


def objects(fields: Sequence[tuple[str, str]], children: int) -> str:
    """Makes for each row `r` a dictionary; the values of the children are v0, v1, …"""
    values = [f"v{n}" for n in range(children)]
    body = one_object(fields)
    loop = f"for r, {', '.join(values)} in zip(rows, {', '.join(_lists(children))})" if children else ""
    head = f"def made({', '.join(['rows', *_lists(children)])}):"
    return f"{head}\n return [{body} {loop or 'for r in rows'}]"


def _lists(children: int) -> list[str]:
    return [f"c{n}" for n in range(children)]


def keys(parts: Sequence[str], optional: Sequence[str], *, private: bool, listed: bool) -> str:
    """Makes for each row its key, or None where a part of it is missing; `a` holds the arguments."""
    values = f"({', '.join(parts)},)" if parts else "()"
    key = f"(o, {values})" if private else f"(None, {values})"
    absent = " or ".join(f"{part} is None" for part in optional)
    body = f"None if {absent} else {key}" if absent and not listed else key
    loop = "for r, o in zip(rows, owners)" if private else "for r in rows"
    return f"def made(rows, owners, a):\n return [{body} {loop}]"


def edges(fields: Sequence[tuple[str, str]], children: int, *, marks: bool) -> str:
    """Makes for each row `r` of a page an edge; its cursor is `m`."""
    names = [*(["m"] if marks else []), *(f"v{n}" for n in range(children))]
    lists = [*(["marks"] if marks else []), *_lists(children)]
    body = one_object(fields)
    loop = f"for r, {', '.join(names)} in zip(rows, {', '.join(lists)})" if names else "for r in rows"
    return f"def made({', '.join(['rows', 'marks', *_lists(children)])}):\n return [{body} {loop}]"
