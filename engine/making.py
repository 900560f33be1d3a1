"""Compiles objects: for each field of a type, the code or the step that gives its value."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Container, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
)
from graphql.execution.collect_fields import FieldDetailsList

from engine import answers, codegen, lists, steps
from engine.access import Access, Roots, Rows, Things
from engine.errors import UncompiledError
from engine.joining import joined
from engine.leaves import StoredNames, call, is_native, writer
from engine.paging import Paging
from engine.relations import (
    COLUMN,
    RELATION,
    ROW,
    Argument,
    Both,
    Computed,
    Derived,
    Either,
    Key,
    Listed,
    Many,
    One,
    Relation,
    key_of,
    reads_of,
)
from engine.settle import Shape, Slot, merged
from engine.sites import Asked, given

if TYPE_CHECKING:
    from engine.compile import Compiler


class Making:
    """Makes objects of one type from rows reached in one way."""

    def __init__(self, compiler: Compiler, kind: GraphQLObjectType, access: Access) -> None:
        self.compiler, self.kind, self.access = compiler, kind, access
        self.fields: list[tuple[str, str]] = []
        self.children: list[Any] = []
        self.early: list[int] = []
        self.of_children: list[str] = []
        self.path = ""
        """Where the object stands within that of another row."""
        self.names: dict[str, Any] = {}
        self.shape: Shape = {}
        self.private = False

    def beyond(self, key: str, kind: GraphQLObjectType, access: Rows) -> Making:
        """Makes objects within these, of rows that come along with theirs."""
        inner = Making(self.compiler, kind, access)
        inner.children, inner.early, inner.names = self.children, self.early, self.names
        inner.of_children, inner.path = self.of_children, f"{self.path}{key}."
        return inner

    def build(self) -> steps.Build:
        """The finished build."""
        text = codegen.objects(self.fields, len(self.children))
        make = codegen.function(text, self.names)
        columns = tuple(self.access.columns)
        return steps.Build(
            columns, self.children, self.private, text, make, tuple(self.early), tuple(self.of_children)
        )

    def add(self, key: str, details: FieldDetailsList) -> None:
        """Add a field of the response."""
        nodes = [one.node for one in details]
        name = nodes[0].name.value
        if name == "__typename":
            self.fields.append((key, repr(self.kind.name)))
            made: Any = self.compiler.executor.schema.get_field(self.kind, name)
            self.shape[key] = Slot(made.type, f"{self.kind.name}.{name}", nodes)
            return
        if name.startswith("__"):
            raise UncompiledError("It asks for the schema.")
        made = self.kind.fields[name]
        below = self._field(key, made, details)
        self.shape[key] = Slot(made.type, f"{self.kind.name}.{name}", nodes, below)

    def _field(self, key: str, made: GraphQLField, details: FieldDetailsList) -> Shape | None:
        declared = made.extensions.get(RELATION)
        leaf = is_leaf_type(get_named_type(made.type))
        if isinstance(declared, Derived):
            self._derived(key, made, declared.function, declared.needs)
            return None
        if isinstance(declared, Computed):
            if declared.pure and leaf:
                self._view(key, made, declared)
                return None
            return self._called(key, made, declared, details)
        if declared is not None:
            return self._relation(key, made, declared, details)
        column = made.extensions.get(COLUMN)
        if column is None:
            raise UncompiledError(f"{self.kind.name}.{details[0].node.name.value} is resolved by itself.")
        if leaf:
            self._column(key, made, column)
            return None
        return self._shown(key, made, attrgetter(column), details)

    # Values within a row ----------------------------------------------------------------------------------

    def name(self, value: Any) -> str:
        """A name for a value in the generated code."""
        name = f"f{len(self.names)}"
        self.names[name] = value
        return name

    def _column(self, key: str, made: GraphQLField, column: str) -> None:
        value = self.access.column(column)
        kind: Any = get_nullable_type(made.type)
        null = self.access.may_be_null(column)
        if isinstance(self.access, Things) or (null and is_non_null_type(made.type)):
            self.fields.append((key, f"{self.name(writer(made.type))}({value})"))
        elif is_native(kind):
            self.fields.append((key, value))
        elif is_enum_type(kind):
            self.fields.append((key, f"{self.name(StoredNames(kind))}[{value}]"))
        elif getattr(kind, "name", "") == "Int":
            write = self.name(writer(kind))
            test = f"(x := {value}) is None or -2147483648" if null else "-2147483648"
            shown = "x" if null else f"(x := {value})"
            self.fields.append((key, f"(x if {test} <= {shown} <= 2147483647 else {write}(x))"))
        elif getattr(kind, "name", "") == "Float":
            write = self.name(writer(made.type))
            finite = f"(x if type(x := {value}) is float and x - x == 0.0 else {write}(x))"
            self.fields.append((key, finite))
        else:
            self.fields.append((key, f"{self.name(writer(made.type))}({value})"))

    def _derived(
        self, key: str, made: GraphQLField, function: Callable[..., Any], needs: Sequence[str]
    ) -> None:
        values = ", ".join(self.access.column(one) for one in needs)
        write, called = self.name(writer(made.type)), self.name(call(function))
        self.fields.append((key, f"{write}({called}({values}))"))

    def _view(self, key: str, made: GraphQLField, declared: Computed) -> None:
        if isinstance(self.access, Rows):
            row = self._row(declared.needs)
            self._derived(key, made, lambda *values: declared.function(row(*values)), declared.needs)
            return
        write, called = self.name(writer(made.type)), self.name(call(declared.function))
        self.fields.append((key, f"{write}({called}(r))"))

    def _row(self, needs: Sequence[str]) -> Callable[..., Any]:
        """A row of which only these columns are known, enums from their stored values."""
        assert isinstance(self.access, Rows)
        named: Any = namedtuple
        view = named("Row", needs)
        return self.compiler.source.view(self.access.read, tuple(needs), view)

    # Values that steps give -------------------------------------------------------------------------------

    def _child(self, key: str, step: Any) -> None:
        self.fields.append((key, f"v{len(self.children)}"))
        if isinstance(self.access, Rows) and self.access.hop is not None:
            step = steps.There(self.access.place_of_there, step)
        self.children.append(step)
        self.of_children.append(f"{self.path}{key}")

    def _shown(
        self, key: str, made: GraphQLField, value_of: Callable[[Any], Any], details: FieldDetailsList
    ) -> Shape | None:
        asked = Asked(key, self.kind, made, details)
        complete, shape, private = self.compiler.complete(made.type, asked)
        self.private = self.private or private
        self._child(key, answers.Shown(value_of, complete))
        return shape

    def _called(
        self, key: str, made: GraphQLField, declared: Computed, details: FieldDetailsList
    ) -> Shape | None:
        if declared.pure:
            return self._shown(key, made, call(self._viewed(declared, declared.function)), details)
        asked = Asked(key, self.kind, made, details)
        complete, shape, private = self.compiler.complete(made.type, asked)
        self.private = self.private or private
        self.compiler.contextual = True
        site = self.compiler.site(made, details, declared)
        view = (lambda _: None) if isinstance(self.access, Roots) else self._viewed(declared, lambda row: row)
        self._child(key, answers.Called(site, view, asked, complete))
        return shape

    def _viewed(self, declared: Computed, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        if not isinstance(self.access, Rows):
            return function
        row, places = self._row(declared.needs), self.access.places(declared.needs)
        return lambda record: function(row(*(record[place] for place in places)))

    # Relations --------------------------------------------------------------------------------------------

    def _relation(
        self, key: str, made: GraphQLField, declared: Relation, details: FieldDetailsList
    ) -> Shape | None:
        near = joined(self, key, made, declared, details)
        if near is not None:
            self.fields.append((key, near[0]))
            return near[1]
        if self._needs_only_the_key(declared):
            self.early.append(len(self.children))
        self.private = self.private or self._is_named(key_of(declared))
        site = self.compiler.site(made, details, declared)
        if isinstance(declared, One):
            return self._one(key, made, declared, details, site)
        if isinstance(declared, Either):
            likely = _likely(declared, given(made, details))
            if len(likely) == 1:
                return self._one(key, made, likely[0], details, site)
            choice, shape = self._choice(made, declared, details, site, is_non_null_type(made.type))
            self._child(key, choice)
            return shape
        if isinstance(declared, Both):
            return self._both(key, made, declared, details, site)
        if isinstance(declared, Listed):
            return self._listed(key, made, declared, details, site)
        if declared.past is not None and declared.past.moment in given(made, details):
            return self._at_a_moment(key, made, declared, details, site)
        step, shape = self._many(made, declared, details, site)
        self._child(key, step)
        return shape

    def _at_a_moment(
        self, key: str, made: GraphQLField, declared: Many, details: FieldDetailsList, site: int
    ) -> Shape:
        """Where a moment may be given, which may be null all the same."""
        assert declared.past is not None
        now, shape = self._many(made, declared, details, site)
        past, of_past = self._many(made, declared.in_the_past(), details, site)
        self._child(key, lists.AtAMoment(site, declared.past.moment, now, past))
        return merged(shape, of_past) or {}

    def _needs_only_the_key(self, declared: Relation) -> bool:
        access = self.access
        if not isinstance(access, Rows) or access.hop is not None:
            return False
        if not all(self.compiler.source.may_ask_ahead(read) for read in reads_of(declared)):
            return False
        return all(part in access.read.key for part in key_of(declared) if isinstance(part, str))

    def _lookup(self, read: Any, kind: Any, details: FieldDetailsList) -> tuple[steps.Lookup, Shape]:
        build, shape = self.compiler.rows_of(read, self.type_over(read, kind), details)
        self.private = self.private or build.private
        return steps.Lookup(read, build), shape

    def type_over(self, read: Any, kind: Any) -> GraphQLObjectType:
        """The type of a Read's rows, where a field may show several."""
        if is_object_type(kind):
            return kind
        assert is_union_type(kind)
        found: GraphQLObjectType = next(one for one in kind.types if one.extensions.get(ROW) is read.row)
        return found

    def _is_named(self, key: Key) -> bool:
        """Whether a caller names what is looked up, or subscribed to it: the source may have to refuse it to
        them."""
        return isinstance(self.access, Roots) or any(isinstance(part, Argument) for part in key)

    def _keys(self, key: Key, site: int, *, private: bool, listed: bool = False) -> steps.KeysOf:
        parts, optional = [], []
        private = private or self._is_named(key)
        for part in key:
            text, nullable = self._part(part, site)
            parts.append(text)
            optional += [text] if nullable else []
        text = codegen.keys(parts, optional, private=private, listed=listed)
        return codegen.function(text, {})

    def _part(self, part: Any, site: int) -> tuple[str, bool]:
        if isinstance(part, Argument):
            roots = self.compiler.sites[site].roots
            if part.name in roots:
                return f"r.values[{roots[part.name]}]", False
            return f"a.get({part.name!r})", True
        if isinstance(self.access, Roots):
            return f"r.root.{part}", True
        return self.access.column(part), self.access.may_be_null(part)

    def _one(
        self, key: str, made: GraphQLField, declared: One, details: FieldDetailsList, site: int
    ) -> Shape:
        lookup, shape = self._lookup(declared.read, get_named_type(made.type), details)
        keys = self._keys(declared.key, site, private=lookup.build.private)
        self._child(key, steps.Link(site, keys, lookup, is_non_null_type(made.type)))
        return shape

    def _choice(
        self, made: GraphQLField, declared: Either, details: FieldDetailsList, site: int, required: bool
    ) -> tuple[steps.Choice, Shape | None]:
        links: list[Any] = []
        shape: Shape | None = None
        for one in declared.of:
            lookup, below = self._lookup(one.read, get_named_type(made.type), details)
            links.append((self._keys(one.key, site, private=lookup.build.private), lookup))
            shape = merged(shape, below)
        return steps.Choice(site, links, required), shape

    def _both(
        self, key: str, made: GraphQLField, declared: Both, details: FieldDetailsList, site: int
    ) -> Shape | None:
        items: Any = get_nullable_type(made.type)
        first, *others = declared.of
        choice, shape = self._choice(made, first, details, site, is_non_null_type(items.of_type))
        choices = [choice, *(self._like(choice, one, site) for one in others)]
        self._child(key, steps.Several(choices))
        return shape

    def _like(self, choice: steps.Choice, declared: Either, site: int) -> steps.Choice:
        """Another choice among the same links."""
        links = [
            (self._keys(one.key, site, private=lookup.build.private), lookup)
            for one, (_, lookup) in zip(declared.of, choice.links, strict=True)
        ]
        return steps.Choice(site, links, choice.required)

    def _listed(
        self, key: str, made: GraphQLField, declared: Listed, details: FieldDetailsList, site: int
    ) -> Shape:
        lookup, shape = self._lookup(declared.read, get_named_type(made.type), details)
        keys = self._keys(declared.key, site, private=lookup.build.private, listed=True)
        self._child(key, steps.Ids(site, keys, lookup))
        return shape

    def _many(
        self, made: GraphQLField, declared: Many, details: FieldDetailsList, site: int
    ) -> tuple[steps.Step, Shape]:
        if declared.paged:
            return self._connection(made, declared, details, site)
        build, shape = self.compiler.rows_of(declared.read, get_named_type(made.type), details)  # type: ignore[arg-type]
        self.private = self.private or build.private
        keys = self._keys(declared.key, site, private=build.private)
        return lists.List(site, keys, declared, lists.Nodes(build)), shape

    def _connection(
        self, made: GraphQLField, declared: Many, details: FieldDetailsList, site: int
    ) -> tuple[steps.Step, Shape]:
        kind: Any = get_named_type(made.type)
        paging = Paging(self.compiler, kind, declared)
        for entry, of_entry in self.compiler.below(kind, details).items():
            paging.add(entry, of_entry)
        self.private = self.private or paging.private
        keys = self._keys(declared.key, site, private=paging.private)
        return paging.step(site, keys), paging.shape


def _likely(declared: Either, arguments: Container[str]) -> list[One]:
    """The links whose key may be complete, since none of the arguments that it needs is left out."""
    return [
        one
        for one in declared.of
        if all(
            part.name in arguments or part.default not in (..., None)
            for part in one.key
            if isinstance(part, Argument)
        )
    ]
