"""Scopes: which fields of a selection may stand side by side, since those of one response name are merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import GraphQLNamedType, GraphQLOutputType, get_named_type, is_leaf_type, is_object_type


@dataclass(frozen=True)
class Chosen:
    """A field as it is selected on a type, with the text of its arguments."""

    parent: GraphQLNamedType
    name: str
    arguments: str
    type: GraphQLOutputType

    def goes_with(self, other: Chosen) -> bool:
        """Whether both may have one response name; stricter than the specification for what has a
        selection of its own."""
        if str(self.type) != str(other.type):
            return False
        if (self.name, self.arguments) == (other.name, other.arguments):
            return True
        apart = is_object_type(self.parent) and is_object_type(other.parent) and self.parent != other.parent
        return apart and is_leaf_type(get_named_type(self.type))


@dataclass
class Scope:
    """What is selected for one object: by response name the fields, and the scope below them."""

    chosen: dict[str, list[Chosen]] = field(default_factory=dict)
    below: dict[str, Scope] = field(default_factory=dict)

    def fits(self, response: str, new: Chosen) -> bool:
        """Whether a field may be selected under this response name."""
        return all(new.goes_with(one) for one in self.chosen.get(response, ()))

    def add(self, response: str, new: Chosen) -> Scope:
        """Select a field that fits; the scope of what is selected of it."""
        self.chosen.setdefault(response, []).append(new)
        return self.below.setdefault(response, Scope())

    def takes(self, other: Scope) -> bool:
        """Whether a fragment with this scope may be spread here."""
        return all(self.fits(response, one) for response, one in other._each()) and all(
            self.below[response].takes(below)
            for response, below in other.below.items()
            if response in self.below
        )

    def take(self, other: Scope) -> None:
        """Spread a fragment with this scope here."""
        for response, one in other._each():
            self.add(response, one)
        for response, below in other.below.items():
            self.below[response].take(below)

    def _each(self) -> Iterator[tuple[str, Chosen]]:
        return ((response, one) for response, several in self.chosen.items() for one in several)
