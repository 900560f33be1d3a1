"""Limits: how much one request may ask for, told before anything runs and in time linear in its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
)

from engine.spreads import fragments_of, innermost_first, operations_of

TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask for."""

    tokens: int = 10_000
    """Words and signs of a document; parsing stops there."""
    definitions: int = 300
    """Operations and fragments of a document."""
    depth: int = 20
    """Fields within fields, fragments spread."""
    nesting: int = 100
    """Selection sets within selection sets, those of fragments included."""
    fields: int = 5_000
    """Fields of a document as if every fragment were written out where it is spread."""
    root_fields: int = 20
    """Fields at the top of an operation, fragments spread."""
    aliases: int = 100
    """Aliases as written."""
    directives: int = 50
    """Directives as written."""
    input_list: int = 5_000
    """Entries of a list that is given, as written or in a variable."""
    variables: int = 1_000_000
    """Bytes of the variables, written as JSON."""
    cost: int = 10_000
    """Objects that an operation may ask for, as @cost and @listSize count them."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a selection set reaches when fragments are spread."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0
    roots: int = 0


NOTHING = Extent()


@dataclass(frozen=True, slots=True)
class Spread:
    """A fragment spread, and how deep it stands."""

    name: str
    depth: int
    nesting: int


@dataclass(slots=True)
class Written:
    """What a definition has in it as written: fragments are only named."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0
    roots: int = 0
    aliases: int = 0
    directives: int = 0
    longest_list: int = 0
    spreads: list[Spread] = field(default_factory=list)

    def extent(self, known: Mapping[str, Extent]) -> Extent:
        """How far it reaches, given how far the fragments do; one that is not known adds nothing."""
        spread = [(one, known.get(one.name, NOTHING)) for one in self.spreads]
        return Extent(
            max([self.depth, *(one.depth + its.depth for one, its in spread)]),
            max([self.nesting, *(one.nesting + its.nesting for one, its in spread)]),
            self.fields + sum(its.fields for _, its in spread),
            self.roots + sum(its.roots for one, its in spread if one.depth == 0),
        )


@dataclass(slots=True)
class Excess:
    """A limit that is exceeded."""

    limit: str
    asked: int
    most: float
    message: str

    def error(self) -> GraphQLError:
        """The error that the caller gets."""
        asked = f"{self.asked:,}" if self.asked < 10**12 else "more than a trillion"
        told = self.message.format(asked=asked, most=f"{self.most:,}")
        extensions = {"code": TOO_LARGE, "limit": self.limit, "most": self.most}
        return GraphQLError(f"This operation is too large: {told}", extensions=extensions)


MESSAGES = {
    "definitions": "the document has {asked} operations and fragments; {most} is the limit. "
    "Send only what is needed.",
    "nesting": "it nests {asked} selection sets; {most} is the limit. Nest fewer fragments.",
    "depth": "it goes {asked} levels deep; {most} is the limit. Nest less, or ask in several steps.",
    "root_fields": "it has {asked} fields at the top; {most} is the limit. "
    "Ask for lists, or in several operations.",
    "fields": "it has {asked} fields, fragments spread; {most} is the limit. "
    "Spread fewer fragments, or ask in several operations.",
    "aliases": "it has {asked} aliases; {most} is the limit. Ask for lists, or in several operations.",
    "directives": "it has {asked} directives; {most} is the limit. Leave out what is not needed.",
    "input_list": "it gives a list of {asked} entries; {most} is the limit. Give them in several operations.",
    "variables": "its variables have {asked} bytes; {most} is the limit. Give less at once.",
    "cost": "it may ask for {asked} objects; {most} is the limit: pass a smaller first, or nest less.",
}


def excess(limits: Limits, name: str, asked: int) -> GraphQLError | None:
    """The error where more is asked for than this limit allows."""
    most = getattr(limits, name)
    return Excess(name, asked, most, MESSAGES[name]).error() if asked > most else None


def _first(limits: Limits, asked: Mapping[str, int]) -> GraphQLError | None:
    told = (excess(limits, name, number) for name, number in asked.items())
    return next((one for one in told if one is not None), None)


def check_document(document: DocumentNode, limits: Limits) -> GraphQLError | None:
    """Refuses a document that is parsed, not yet validated, and too large to be."""
    fragments = {name: _written(one) for name, one in fragments_of(document).items()}
    operations = [_written(one) for one in operations_of(document)]
    order, _ = innermost_first({name: [to.name for to in one.spreads] for name, one in fragments.items()})
    known: dict[str, Extent] = {}
    for name in order:
        if name in fragments:
            known[name] = fragments[name].extent(known)
    asked = _asked([one.extent(known) for one in operations], [*operations, *fragments.values()])
    return _first(limits, {"definitions": len(document.definitions), **asked})


def _asked(operations: Sequence[Extent], written: Sequence[Written]) -> dict[str, int]:
    as_written = sum(one.fields for one in written)
    return {
        "depth": max((one.depth for one in operations), default=0),
        "nesting": max((one.nesting for one in operations), default=0),
        "root_fields": max((one.roots for one in operations), default=0),
        "fields": max(as_written, sum(one.fields for one in operations)),
        "aliases": sum(one.aliases for one in written),
        "directives": sum(one.directives for one in written),
        "input_list": max((one.longest_list for one in written), default=0),
    }


def _written(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Written:
    found = Written()
    found.directives = len(definition.directives or ())
    for variable in definition.variable_definitions or ():
        found.directives += len(variable.directives or ())
        found.longest_list = max(found.longest_list, _longest_list(variable.default_value))
    waiting: list[tuple[SelectionSetNode, int, int]] = [(definition.selection_set, 0, 1)]
    while waiting:
        selections, depth, nesting = waiting.pop()
        found.nesting = max(found.nesting, nesting)
        for one in selections.selections:
            found.directives += len(one.directives or ())
            below = _selection(found, one, depth, nesting)
            if below is not None:
                waiting.append((below, depth + isinstance(one, FieldNode), nesting + 1))
    return found


def _selection(found: Written, one: Any, depth: int, nesting: int) -> SelectionSetNode | None:
    if isinstance(one, FieldNode):
        found.fields += 1
        found.roots += depth == 0
        found.depth = max(found.depth, depth + 1)
        found.aliases += one.alias is not None
        for argument in one.arguments or ():
            found.longest_list = max(found.longest_list, _longest_list(argument.value))
        return one.selection_set
    if isinstance(one, FragmentSpreadNode):
        found.spreads.append(Spread(one.name.value, depth, nesting))
        return None
    inline: SelectionSetNode = one.selection_set
    return inline


def _longest_list(value: ValueNode | None) -> int:
    longest, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ListValueNode):
            longest = max(longest, len(one.values))
            waiting += one.values
        elif isinstance(one, ObjectValueNode):
            waiting += [inner.value for inner in one.fields]
    return longest


def check_variables(variables: Mapping[str, Any], limits: Limits) -> GraphQLError | None:
    """Refuses variables that are too large, before they are turned into values."""
    size, longest = _size(variables)
    return _first(limits, {"variables": size, "input_list": longest})


def _size(variables: Mapping[str, Any]) -> tuple[int, int]:
    """About how many bytes a value has as JSON, and the entries of its longest list."""
    size, longest, level = 0, 0, list[Any]([variables])
    while level:
        size += sum(_bytes(one) for one in level)
        longest = max(longest, *(len(one) for one in level if type(one) is list), 0)
        level = [inner for one in level for inner in _within(one)]
    return size, longest


def _bytes(value: Any) -> int:
    if isinstance(value, str):
        return 2 + (len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass")))
    if isinstance(value, int):
        return 2 + value.bit_length() // 3
    if isinstance(value, dict):
        return 2 + sum(_bytes(name) for name in value)
    return 2


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def check_cost(cost: int, limits: Limits) -> GraphQLError | None:
    """Refuses an operation that may ask for too many objects."""
    return excess(limits, "cost", cost)
