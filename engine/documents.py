"""Documents: query texts, each parsed and validated once and then remembered, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from engine.asking import RefusedError, refusal
from engine.counters import Counters
from engine.validation import validate

Check = Callable[[DocumentNode], GraphQLError | None]
"""Refuses a document that asks for too much, before it is validated."""

Errors = tuple[GraphQLError, ...]

MOST_REMEMBERED = 1000
LONGEST_REMEMBERED = 20_000  # characters; what is longer is read anew each time
MOST_CHARACTERS = 2_000_000


@dataclass(eq=False)
class Document:
    """A query text that may be executed."""

    text: str
    ast: DocumentNode
    plans: dict[Any, Any] = field(default_factory=dict)
    """What the engine made of its operations."""
    forbidden: dict[Any, Any] = field(default_factory=dict)
    """For an operation and a standing the errors about fields that are not for it."""

    @cached_property
    def operations(self) -> dict[str | None, OperationDefinitionNode]:
        """Its operations by name."""
        return {
            one.name.value if one.name else None: one
            for one in self.ast.definitions
            if isinstance(one, OperationDefinitionNode)
        }

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """Its fragments by name."""
        return {
            one.name.value: one for one in self.ast.definitions if isinstance(one, FragmentDefinitionNode)
        }

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of this name, or the only one."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        found = self.operations.get(name) if name is not None else None
        if found is None:
            told = (
                "This document has several operations: say which one with operationName."
                if name is None
                else f"This document has no operation named {name[:100]!r}."
            )
            raise refusal("OPERATION_RESOLUTION_FAILURE", told)
        return found


@dataclass(eq=False)
class Documents:
    """Reads texts; those of usual length only when they come for the first time."""

    schema: GraphQLSchema
    check: Check
    most_tokens: int
    hide_suggestions: bool = False
    """Whether errors keep to themselves which names would have been right."""
    counters: Counters = field(default_factory=Counters)
    _pinned: dict[str, Document | Errors] = field(default_factory=dict)
    _known: OrderedDict[str, Document | Errors] = field(default_factory=OrderedDict)
    _characters: int = 0

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._known) + len(self._pinned)

    def pin(self, text: str) -> Document:
        """Remember a text for good; raises RefusedError where it has no document."""
        found = self._pinned[text] = self._read(text)
        return _document_of(found)

    def read(self, text: str) -> Document:
        """The document of a text; raises RefusedError where it has none."""
        found = self._pinned.get(text) or self._known.get(text)
        if found is None:
            self.counters.cache_misses["documents"] += 1
            found = self._read(text)
            self._remember(text, found)
        else:
            self.counters.cache_hits["documents"] += 1
            if text in self._known:
                self._known.move_to_end(text)
        return _document_of(found)

    def _remember(self, text: str, found: Document | Errors) -> None:
        if len(text) > LONGEST_REMEMBERED:
            return
        self._known[text] = found
        self._characters += len(text)
        while len(self._known) > MOST_REMEMBERED or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._known.popitem(last=False)[0])

    def _read(self, text: str) -> Document | Errors:
        try:
            ast = _unchained(parse(text, max_tokens=self.most_tokens))
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return (error,)
        excess = self.check(ast)
        if excess is not None:
            return (excess,)
        return self._validated(Document(text, ast))

    def _validated(self, document: Document) -> Document | Errors:
        problems = validate(self.schema, document.ast, hide_suggestions=self.hide_suggestions)
        for problem in problems:
            problem.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"} | (problem.extensions or {})
        return tuple(problems) or document


def _document_of(found: Document | Errors) -> Document:
    if isinstance(found, Document):
        return found
    raise RefusedError(*found)  # a new one: each time it is raised, an exception keeps the frames it passed


def _unchained(ast: DocumentNode) -> DocumentNode:
    """The document, whose tokens no longer hold each other: a text that is forgotten is freed at once, and
    not when the collector comes by."""
    token = ast.loc.start_token if ast.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following
    return ast
