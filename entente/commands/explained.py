"""What `entente explain` shows on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleRenderable
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from engine.outline import Outline
from entente.commands.explain import Explained, Statement

BAR = 24
"""Characters for the longest time."""


def show(found: Explained, console: Console, *, code: bool, answer: bool) -> None:
    """Print the plan, the statements and the times; on request the generated code and the answer."""
    for part in _parts(found, code=code, answer=answer):
        console.print(part)
        console.print()


def _parts(found: Explained, *, code: bool, answer: bool) -> Iterator[ConsoleRenderable]:
    yield _plan(found.plan)
    yield _statements(found)
    yield _times(found)
    for number, one in enumerate(found.statements, 1):
        yield Text(f"{number}. {one.source}", style="bold")
        yield Syntax(_wrapped(one.text), "sql", theme="ansi_dark", background_color="default", word_wrap=True)
    if code and found.plan:
        for text in dict.fromkeys(_codes(found.plan)):
            yield Syntax(text, "python", theme="ansi_dark", background_color="default", word_wrap=True)
    if answer:
        told = json.dumps(found.answer, indent=2, ensure_ascii=False)
        yield Syntax(told, "json", theme="ansi_dark", background_color="default", word_wrap=True)


def _plan(plan: Outline | None) -> Tree:
    if plan is None:
        return Tree("No plan: the reference executor runs this operation.")
    tree = Tree(Text("Plan", style="bold"))
    _grow(tree, plan.below)
    return tree


def _grow(tree: Tree, below: Iterable[Outline]) -> None:
    for one in below:
        line = Text.assemble((f"{one.field} ", "bold cyan"), one.told)
        if one.columns:
            line.append(f"\n{', '.join(one.columns)}", style="dim")
        _grow(tree.add(line), one.below)


def _statements(found: Explained) -> Table:
    table = Table(title="Statements", title_justify="left", title_style="bold")
    for name in ("", "reads", "keys", "rows", "from ms", "took ms"):
        table.add_column(name, justify="left" if name == "reads" else "right")
    table.add_column("")
    for number, one in enumerate(found.statements, 1):
        numbers = (str(one.keys), str(one.rows), f"{one.began:.2f}", f"{one.ended - one.began:.2f}")
        table.add_row(str(number), one.source, *numbers, _bar(one, found.again))
    return table


def _bar(one: Statement, whole: float) -> Text:
    """When it ran, of the whole time."""
    start = min(round(one.began / whole * BAR), BAR - 1)
    length = min(max(1, round((one.ended - one.began) / whole * BAR)), BAR - start)
    return Text(" " * start + "━" * length, style="cyan", no_wrap=True)


def _times(found: Explained) -> Table:
    table = Table(show_header=False, box=None)
    cost = ", ".join(f"{number} {name}" for name, number in found.cost.items())
    for name, value in (
        ("text read and compiled", f"{found.parsed:.2f} ms"),
        ("first answer", f"{found.first:.2f} ms"),
        ("again", f"{found.again:.2f} ms"),
        ("cost", cost or "not known"),
        ("errors", str(len(found.answer.get("errors", [])))),
    ):
        table.add_row(Text(name, style="dim"), value)
    return table


def _codes(plan: Outline) -> Iterator[str]:
    if plan.code:
        yield plan.code
    for one in plan.below:
        yield from _codes(one)


def _wrapped(sql: str) -> str:
    """A line for each clause that begins a new thought."""
    for clause in (" FROM ", " CROSS JOIN ", " LEFT JOIN ", " WHERE ", " ORDER BY "):
        sql = sql.replace(clause, f"\n {clause.strip()} ")
    return sql
