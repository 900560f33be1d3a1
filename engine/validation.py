"""Validation: graphql-core's rules, in less time.

graphql.validate visits every name in a document and asks all rules about every node. Here names are not
visited, and a node meets only the rules that look at its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    BREAK,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    TypeInfo,
    ValidationContext,
    Visitor,
    specified_rules,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation.rules import ASTValidationRule
from graphql.validation.rules.unique_directives_per_location import UniqueDirectivesPerLocationRule
from graphql.validation.validate import ValidationAbortedError
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

from engine.overlap import OverlappingFieldsRule
from engine.spreads import spreads_in

MOST_ERRORS = 100
KEYS = {
    kind: tuple(key for key in keys if key not in ("name", "alias", "description"))
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""What is visited below a node of each kind: all but names, which no rule looks at."""


class UniqueDirectivesRule(UniqueDirectivesPerLocationRule):
    """Each directive once at a place; looks only where directives may be."""

    enter_operation_definition = UniqueDirectivesPerLocationRule.enter
    enter_fragment_definition = UniqueDirectivesPerLocationRule.enter
    enter_variable_definition = UniqueDirectivesPerLocationRule.enter
    enter_field = UniqueDirectivesPerLocationRule.enter
    enter_fragment_spread = UniqueDirectivesPerLocationRule.enter
    enter_inline_fragment = UniqueDirectivesPerLocationRule.enter
    enter = None  # type: ignore[assignment]  # not every node


INSTEAD: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    OverlappingFieldsCanBeMergedRule: OverlappingFieldsRule,
    UniqueDirectivesPerLocationRule: UniqueDirectivesRule,
}
RULES: tuple[type[ASTValidationRule], ...] = tuple(INSTEAD.get(one, one) for one in specified_rules)
"""The rules of the specification: the same verdicts, each in time linear in the document."""


def validate(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    hide_suggestions: bool = False,
    rules: Sequence[type[Any]] = RULES,
) -> list[GraphQLError]:
    """What is wrong with a document; the schema itself is taken to be valid."""
    errors: list[GraphQLError] = []

    def tell(error: GraphQLError) -> None:
        if len(errors) >= MOST_ERRORS:
            raise ValidationAbortedError(
                "Too many validation errors, error limit reached. Validation aborted."
            )
        errors.append(error)

    info = TypeInfo(schema)
    context = Context(schema, document, info, tell, hide_suggestions)
    try:
        visit(document, Rules(info, [rule(context) for rule in rules]), KEYS)
    except ValidationAbortedError as error:
        error.__context__ = None  # it would keep the frames of the validation
        errors.append(error.with_traceback(None))
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    return errors


class Context(ValidationContext):
    """What rules ask about a document; remembered by node, where graphql-core compares whole trees."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        info: TypeInfo,
        tell: Callable[[GraphQLError], None],
        hide_suggestions: bool,
    ) -> None:
        super().__init__(schema, document, info, tell, hide_suggestions)
        self._spreads: dict[int, list[FragmentSpreadNode]] = {}
        self._usages: dict[int, list[VariableUsage]] = {}
        self._all_usages: dict[int, list[VariableUsage]] = {}

    def get_fragment_spreads(self, node: SelectionSetNode) -> list[FragmentSpreadNode]:
        """The fragment spreads in a selection set, at any depth."""
        if id(node) not in self._spreads:
            self._spreads[id(node)] = spreads_in(node)
        return self._spreads[id(node)]

    def get_variable_usages(self, node: Any) -> list[VariableUsage]:
        """The variables that an operation or a fragment uses, other than through fragments."""
        if id(node) not in self._usages:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            found = VariableUsageVisitor(self._type_info, fragment)
            visit(node, Rules(self._type_info, [found]), KEYS)
            self._usages[id(node)] = found.usages
        return self._usages[id(node)]

    def get_recursive_variable_usages(self, operation: OperationDefinitionNode) -> list[VariableUsage]:
        """The variables that an operation uses, also through fragments."""
        if id(operation) not in self._all_usages:
            usages = [*self.get_variable_usages(operation)]
            for fragment in self.get_recursively_referenced_fragments(operation):
                usages += self.get_variable_usages(fragment)
                self.spend_fragment_work(1 + len(self.get_variable_usages(fragment)))
            self._all_usages[id(operation)] = usages
        return self._all_usages[id(operation)]


@lru_cache(1000)
def _handlers(rules: tuple[type[Visitor], ...], kind: str) -> list[tuple[int, str | None, str | None]]:
    """Which rules look at nodes of a kind, and their methods for entering and for leaving one."""
    found = []
    for at, rule in enumerate(rules):
        enter, leave = _method(rule, "enter", kind), _method(rule, "leave", kind)
        if enter or leave:
            found.append((at, enter, leave))
    return found


def _method(rule: type[Visitor], prefix: str, kind: str) -> str | None:
    names = (f"{prefix}_{kind}", prefix)
    return next((name for name in names if getattr(rule, name, None) is not None), None)


class Rules(Visitor):
    """Visits a document with many rules at once, and keeps track of the types."""

    def __init__(self, info: TypeInfo, rules: Sequence[Visitor]) -> None:
        super().__init__()
        self.info = info
        self.rules = rules
        self.classes = tuple(type(one) for one in rules)
        self.skipping: list[Any] = [None] * len(rules)

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """What to do on entering and on leaving a node of this kind."""
        known = self.enter_leave_map.get(kind)
        if known is None:
            known = self.enter_leave_map[kind] = EnterLeaveVisitor(self._enter(kind), self._leave(kind))
        return known

    def _enter(self, kind: str) -> Callable[..., None] | None:
        skipping, follow = self.skipping, getattr(self.info, f"enter_{kind}", None)
        known = _handlers(self.classes, kind)
        handlers = [(at, getattr(self.rules[at], name)) for at, name, _ in known if name]
        if follow is None and not handlers:
            return None

        def enter(node: Node, *args: Any) -> None:
            if follow is not None:
                follow(node)
            for at, handler in handlers:
                if skipping[at] is None:
                    result = handler(node, *args)
                    if result is not None:
                        skipping[at] = BREAK if result is BREAK or result is True else node

        return enter

    def _leave(self, kind: str) -> Callable[..., None] | None:
        skipping, follow = self.skipping, getattr(self.info, f"leave_{kind}", None)
        known = _handlers(self.classes, kind)
        handlers = [(at, getattr(self.rules[at], name) if name else None) for at, _, name in known]
        if follow is None and not handlers:
            return None

        def leave(node: Node, *args: Any) -> None:
            for at, handler in handlers:
                if skipping[at] is None:
                    if handler is not None and handler(node, *args) is BREAK:
                        skipping[at] = BREAK
                elif skipping[at] is node:
                    skipping[at] = None
            if follow is not None:
                follow()

        return leave
