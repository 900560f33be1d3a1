"""Compiles an operation into a plan: batched reads with just the columns asked for, and generated code."""

from __future__ import annotations

import typing
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from graphql import (
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
)
from graphql.execution.collect_fields import FieldDetailsList, collect_fields, collect_subfields
from graphql.execution.executor import default_type_resolver
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from engine import codegen, steps
from engine.errors import Err
from engine.leaves import StoredNames, call, is_native, writer
from engine.relations import (
    COLUMN,
    PYTHON_NAME,
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
    Source,
    argument_names,
)
from engine.settle import Shape, Slot, merged


class UncompiledError(Exception):
    """The compiler does not cover this operation: the reference executor answers it."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the operation that takes arguments."""

    field: GraphQLField
    details: FieldDetailsList
    relation: Relation | Computed
    roots: dict[str, int]
    """Of the arguments that differ between requests that share a batch, the place of each."""


@dataclass(slots=True, eq=False)
class Plan:
    """An operation, compiled."""

    root: steps.Build
    shape: Shape
    sites: list[Site]
    contextual: bool
    """Whether functions want to know about the request, so that each is answered alone."""
    reads: list[Any]
    root_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it is asked for."""

    key: str
    parent: GraphQLObjectType
    field: GraphQLField
    details: FieldDetailsList

    @property
    def nodes(self) -> list[FieldNode]:
        """Where it is asked for."""
        return [one.node for one in self.details]

    def info(self, executor: Executor) -> GraphQLResolveInfo:
        """What a resolver is told of it."""
        path = Path(None, self.key, self.parent.name)
        return executor.build_resolve_info(self.field, self.nodes, self.parent, path)


@dataclass(slots=True, eq=False)
class Rows:
    """How generated code reaches the columns of the rows of a Read."""

    read: Any
    columns: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """The expression for a column."""
        if name not in self.columns:
            self.columns.append(name)
        return f"r[{self.columns.index(name) + 1}]"

    def places(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where these columns stand in a record."""
        for name in names:
            self.column(name)
        return tuple(self.columns.index(name) + 1 for name in names)

    def may_be_null(self, name: str) -> bool:
        """Whether a column may hold null."""
        return type(None) in typing.get_args(_hints(self.read.row)[name])


@cache
def _hints(row: type) -> dict[str, Any]:
    return typing.get_type_hints(row)


@dataclass(slots=True, eq=False)
class Things:
    """How generated code reaches the attributes of objects that functions gave."""

    columns: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """The expression for an attribute."""
        return f"r.{name}"

    def may_be_null(self, name: str) -> bool:
        """Anything may be missing in an object."""
        return True


@dataclass(slots=True, eq=False)
class Roots(Things):
    """The root of an operation: its rows are the requests."""

    places: dict[str, int] = field(default_factory=dict)


Access = Rows | Things | Roots


@dataclass(eq=False)
class Compiler:
    """Compiles one operation, as the coerced variables of an executor have it."""

    executor: Executor
    source: Source
    varying: Sequence[str] = ()
    """The variables that may differ between requests of one batch."""
    sites: list[Site] = field(default_factory=list)
    contextual: bool = False
    reads: list[Any] = field(default_factory=list)
    _names: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The plan of the operation."""
        of = self.executor
        root = of.schema.get_root_type(of.operation.operation)
        assert root is not None
        fields = collect_fields(of.schema, of.fragments, of.variable_values, root, of.operation)
        build, shape = self._object(root, fields.grouped_field_set, Roots())
        return Plan(build, shape, self.sites, self.contextual, self.reads, tuple(fields.grouped_field_set))

    def _below(self, kind: GraphQLObjectType, details: FieldDetailsList) -> dict[str, FieldDetailsList]:
        of = self.executor
        return collect_subfields(
            of.schema, of.fragments, of.variable_values, of.operation, kind, details
        ).grouped_field_set

    def _object(
        self, kind: GraphQLObjectType, fields: dict[str, FieldDetailsList], access: Access
    ) -> tuple[steps.Build, Shape]:
        making = _Making(self, kind, access)
        for key, details in fields.items():
            making.add(key, details)
        return making.build(), making.shape

    # Kinds of values --------------------------------------------------------------------------------------

    def rows_of(self, read: Any, kind: GraphQLObjectType, details: FieldDetailsList) -> tuple[Any, Shape]:
        """What makes objects of the rows of a Read."""
        self.reads.append(read)
        access = Rows(read)
        build, shape = self._object(kind, self._below(kind, details), access)
        build.private = build.private or self.source.is_private(read)
        return build, shape

    def complete(self, kind: GraphQLOutputType, asked: Asked) -> tuple[steps.Complete, Shape | None, bool]:
        """What completes values of a type that functions give; its shape, and whether it is private."""
        if is_non_null_type(kind):
            inner, shape, private = self.complete(kind.of_type, asked)
            return steps.Required(inner), shape, private
        if is_leaf_type(get_named_type(kind)):
            return steps.Leaf(writer(kind)), None, False
        if is_list_type(kind):
            inner, shape, private = self.complete(kind.of_type, asked)
            return steps.Items(inner), shape, private
        return self._objects(kind, asked)

    def _objects(self, kind: Any, asked: Asked) -> tuple[steps.Complete, Shape | None, bool]:
        possible = self.executor.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
        builds: dict[str, steps.Build] = {}
        shape: Shape | None = None
        for one in possible:
            builds[one.name], below = self._object(one, self._below(one, asked.details), Things())
            shape = merged(shape, below)
        return (
            steps.Objects(builds, _type_of(kind, asked)),
            shape,
            any(build.private for build in builds.values()),
        )

    def site(self, made: Any, details: FieldDetailsList, relation: Any) -> int:
        """A new place that takes arguments."""
        roots = {}
        for node in details[0].node.arguments or ():
            name = getattr(getattr(node.value, "name", None), "value", None)
            if node.value.kind == "variable" and name in self.varying:
                roots[made.args[node.name.value].extensions[PYTHON_NAME]] = self.varying.index(name)
        self.sites.append(Site(made, details, relation, roots))
        return len(self.sites) - 1


def _type_of(kind: Any, asked: Asked) -> Callable[[Any, Any], Any]:
    if not is_abstract_type(kind):
        return lambda _value, _batch: kind.name
    resolve = kind.resolve_type or default_type_resolver

    def type_of(value: Any, batch: Any) -> Any:
        try:
            name = resolve(value, asked.info(batch.executor), kind)
        except Exception as error:
            return error
        return name or TypeError(f"Abstract type '{kind}' has no type for this value.")

    return type_of


class _Making:
    """Makes objects of one type from rows reached in one way."""

    def __init__(self, compiler: Compiler, kind: GraphQLObjectType, access: Access) -> None:
        self.compiler, self.kind, self.access = compiler, kind, access
        self.fields: list[tuple[str, str]] = []
        self.children: list[Any] = []
        self.names: dict[str, Any] = {}
        self.shape: Shape = {}
        self.private = False

    def build(self) -> steps.Build:
        """The finished build."""
        text = codegen.objects(self.fields, len(self.children))
        make = codegen.function(text, self.names)
        columns = tuple(self.access.columns)
        return steps.Build(columns, self.children, self.private, text, make)

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
            return self._derived(key, made, declared.function, declared.needs)
        if isinstance(declared, Computed):
            if declared.pure and leaf:
                return self._view(key, made, declared)
            return self._called(key, made, declared, details)
        if declared is not None:
            return self._relation(key, made, declared, details)
        column = made.extensions.get(COLUMN)
        if column is None:
            raise UncompiledError(f"{self.kind.name}.{details[0].node.name.value} is resolved by itself.")
        if leaf:
            return self._column(key, made, column)
        return self._shown(key, made, attrgetter(column), details)

    # Values within a row ----------------------------------------------------------------------------------

    def _name(self, value: Any) -> str:
        name = f"f{len(self.names)}"
        self.names[name] = value
        return name

    def _column(self, key: str, made: GraphQLField, column: str) -> None:
        value = self.access.column(column)
        kind = get_nullable_type(made.type)
        null = self.access.may_be_null(column)
        if isinstance(self.access, Things) or (null and is_non_null_type(made.type)):
            self.fields.append((key, f"{self._name(writer(made.type))}({value})"))
        elif is_native(kind):
            self.fields.append((key, value))
        elif is_enum_type(kind):
            self.fields.append((key, f"{self._name(StoredNames(kind))}[{value}]"))
        elif getattr(kind, "name", "") == "Int" and not null:
            write = self._name(writer(kind))
            number = f"(x if -2147483648 <= (x := {value}) <= 2147483647 else {write}(x))"
            self.fields.append((key, number))
        else:
            self.fields.append((key, f"{self._name(writer(made.type))}({value})"))

    def _derived(
        self, key: str, made: GraphQLField, function: Callable[..., Any], needs: Sequence[str]
    ) -> None:
        values = ", ".join(self.access.column(one) for one in needs)
        write, called = self._name(writer(made.type)), self._name(call(function))
        self.fields.append((key, f"{write}({called}({values}))"))

    def _view(self, key: str, made: GraphQLField, declared: Computed) -> None:
        if isinstance(self.access, Rows):
            row = self._row(declared.needs)
            self._derived(key, made, lambda *values: declared.function(row(*values)), declared.needs)
            return
        write, called = self._name(writer(made.type)), self._name(call(declared.function))
        self.fields.append((key, f"{write}({called}(r))"))

    def _row(self, needs: Sequence[str]) -> Callable[..., Any]:
        """A row of which only these columns are known, enums from their stored values."""
        assert isinstance(self.access, Rows)
        view = namedtuple("Row", needs)
        return self.compiler.source.view(self.access.read, tuple(needs), view)

    # Values that steps give -------------------------------------------------------------------------------

    def _child(self, key: str, step: Any) -> None:
        self.fields.append((key, f"v{len(self.children)}"))
        self.children.append(step)

    def _shown(
        self, key: str, made: GraphQLField, value_of: Callable[[Any], Any], details: FieldDetailsList
    ) -> Shape | None:
        asked = Asked(key, self.kind, made, details)
        complete, shape, private = self.compiler.complete(made.type, asked)
        self.private = self.private or private
        self._child(key, steps.Shown(value_of, complete))
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
        self._child(key, steps.Called(site, view, asked, complete))
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
        site = self.compiler.site(made, details, declared)
        if isinstance(declared, One):
            return self._one(key, made, declared, details, site)
        if isinstance(declared, Either):
            choice, shape = self._choice(made, declared, details, site, is_non_null_type(made.type))
            self._child(key, choice)
            return shape
        if isinstance(declared, Both):
            return self._both(key, made, declared, details, site)
        if isinstance(declared, Listed):
            return self._listed(key, made, declared, details, site)
        return self._many(key, made, declared, details, site)

    def _lookup(self, read: Any, kind: Any, details: FieldDetailsList) -> tuple[steps.Lookup, Shape]:
        build, shape = self.compiler.rows_of(read, self._type_over(read, kind), details)
        self.private = self.private or build.private
        return steps.Lookup(read, build), shape

    def _type_over(self, read: Any, kind: Any) -> GraphQLObjectType:
        if is_object_type(kind):
            return kind
        assert is_union_type(kind)
        return next(one for one in kind.types if one.extensions.get(ROW) is read.row)

    def _keys(self, key: Key, site: int, *, private: bool, listed: bool = False) -> steps.KeysOf:
        parts, optional = [], []
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
        choices: list[Any] = []
        shape: Shape | None = None
        for one in declared.of:
            choice, below = self._choice(made, one, details, site, is_non_null_type(items.of_type))
            choices.append(choice)
            shape = merged(shape, below)
        self._child(key, steps.Several(choices))
        return shape

    def _listed(
        self, key: str, made: GraphQLField, declared: Listed, details: FieldDetailsList, site: int
    ) -> Shape:
        lookup, shape = self._lookup(declared.read, get_named_type(made.type), details)
        keys = self._keys(declared.key, site, private=lookup.build.private, listed=True)
        self._child(key, steps.Ids(site, keys, lookup))
        return shape

    def _many(
        self, key: str, made: GraphQLField, declared: Many, details: FieldDetailsList, site: int
    ) -> Shape:
        if declared.paged:
            return self._connection(key, made, declared, details, site)
        build, shape = self.compiler.rows_of(declared.read, get_named_type(made.type), details)  # type: ignore[arg-type]
        self.private = self.private or build.private
        keys = self._keys(declared.key, site, private=build.private)
        self._child(key, steps.List(site, keys, declared, steps.Nodes(build)))
        return shape

    def _connection(
        self, key: str, made: GraphQLField, declared: Many, details: FieldDetailsList, site: int
    ) -> Shape:
        kind: Any = get_named_type(made.type)
        paging = _Paging(self.compiler, kind, declared)
        for entry, of_entry in self.compiler._below(kind, details).items():
            paging.add(entry, of_entry)
        step = paging.step(site)
        self.private = self.private or paging.private
        step.keys = self._keys(declared.key, site, private=paging.private)
        self._child(key, step)
        return paging.shape


class _Paging:
    """Makes the pages of a connection."""

    def __init__(self, compiler: Compiler, kind: GraphQLObjectType, declared: Many) -> None:
        self.compiler, self.kind, self.declared = compiler, kind, declared
        self.access = Rows(declared.read)
        self.fields: list[tuple[str, str]] = []
        self.parts: list[Any] = []
        self.builds: list[steps.Build] = []
        self.shape: Shape = {}
        self.private = compiler.source.is_private(declared.read)
        self.counts = self.peeks = False

    def step(self, site: int) -> steps.Connection:
        """The finished step; its keys are still missing."""
        text = codegen.objects(self.fields, len(self.parts))
        make = codegen.function(text, {})
        columns = tuple(self.access.columns)
        for build in self.builds:
            build.columns = columns
        reads = bool(self.builds) or self.peeks
        return steps.Connection(
            site,
            None,
            self.declared,
            self.parts,
            make,
            columns,
            reads,
            self.counts,
            self.peeks,  # type: ignore[arg-type]
        )

    def add(self, key: str, details: FieldDetailsList) -> None:
        """Add a field of the connection."""
        nodes = [one.node for one in details]
        name = nodes[0].name.value
        made: Any = self.compiler.executor.schema.get_field(self.kind, name)
        coordinate = f"{self.kind.name}.{name}"
        if name == "__typename":
            self.fields.append((key, repr(self.kind.name)))
            self.shape[key] = Slot(made.type, coordinate, nodes)
            return
        part, below = self._part(name, made, details)
        self.fields.append((key, f"v{len(self.parts)}"))
        self.parts.append(part)
        self.shape[key] = Slot(made.type, coordinate, nodes, below)

    def _part(self, name: str, made: GraphQLField, details: FieldDetailsList) -> tuple[Any, Shape | None]:
        if name == "nodes":
            nodes, shape = self._nodes(made, details)
            return steps.PageNodes(nodes), shape
        if name == "edges":
            return self._edges(made, details)
        if name == "pageInfo":
            return self._info(made, details)
        if name == "totalCount":
            self.counts = True
            return steps.PageTotal(), None
        raise UncompiledError(f"{self.kind.name}.{name} is resolved by itself.")

    def _nodes(self, made: GraphQLField, details: FieldDetailsList) -> tuple[steps.Nodes, Shape]:
        kind: Any = get_named_type(made.type)
        self.compiler.reads.append(self.declared.read)
        build, shape = self.compiler._object(kind, self.compiler._below(kind, details), self.access)
        self.private = self.private or build.private
        self.builds.append(build)
        return steps.Nodes(build), shape

    def _marks(self) -> dict[str, int]:
        """Where the columns stand that cursors may be made of."""
        names = self.compiler.source.sortable(self.declared.read)
        return dict(zip(names, self.access.places(names), strict=True))

    def _edges(self, made: GraphQLField, details: FieldDetailsList) -> tuple[Any, Shape]:
        kind: Any = get_named_type(made.type)
        fields, nodes, shape, marks = [], [], {}, False
        for key, of_key in self.compiler._below(kind, details).items():
            asked = [one.node for one in of_key]
            name = asked[0].name.value
            field_of: Any = self.compiler.executor.schema.get_field(kind, name)
            below = None
            if name == "node":
                one, below = self._nodes(field_of, of_key)
                fields.append((key, f"v{len(nodes)}"))
                nodes.append(one)
            elif name == "cursor":
                fields.append((key, "m"))
                marks = True
            else:
                fields.append((key, repr(kind.name)))
            shape[key] = Slot(field_of.type, f"{kind.name}.{name}", asked, below)
        self.peeks = self.peeks or not nodes  # the rows are counted even where nothing of them is shown
        make = codegen.function(codegen.edges(fields, len(nodes), marks=marks), {})
        return steps.PageEdges(self._marks() if marks else {}, nodes, make), shape

    def _info(self, made: GraphQLField, details: FieldDetailsList) -> tuple[Any, Shape]:
        kind: Any = get_named_type(made.type)
        places = {
            "hasNextPage": "r[0]",
            "hasPreviousPage": "r[1]",
            "startCursor": "r[2]",
            "endCursor": "r[3]",
        }
        fields, shape, marks = [], {}, False
        self.peeks = True
        for key, of_key in self.compiler._below(kind, details).items():
            asked = [one.node for one in of_key]
            name = asked[0].name.value
            field_of: Any = self.compiler.executor.schema.get_field(kind, name)
            marks = marks or name.endswith("Cursor")
            fields.append((key, places.get(name) or repr(kind.name)))
            shape[key] = Slot(field_of.type, f"{kind.name}.{name}", asked)
        make = codegen.function(codegen.objects(fields, 0), {})
        return steps.PageInfo(self._marks() if marks else {}, make), shape


def arguments_of(site: Site, executor: Executor, source: Source) -> Any:
    """What a place of the operation is given with these variables; an Err where it cannot be."""
    detail, relation = site.details[0], site.relation
    try:
        values = get_argument_values(
            site.field, detail.node, executor.variable_values, detail.fragment_variable_values
        )
        if isinstance(relation, Computed):
            return values
        named = {site.field.args[name].extensions[PYTHON_NAME]: value for name, value in values.items()}
        if isinstance(relation, Many):
            return named, source.ask(relation, named)
        if isinstance(relation, Listed):
            return named | {"first": source.ask(relation, named)}
        if isinstance(relation, Either):
            _refuse_unclear(relation, named, site.roots)
    except Exception as error:
        return Err(error)
    return named


def _refuse_unclear(either: Either, named: dict[str, Any], roots: dict[str, int]) -> None:
    if either.otherwise is None:
        return
    given = [name for name in argument_names(either) if named.get(name) is not None or name in roots]
    if len(given) != 1:
        raise GraphQLError(either.otherwise, extensions={"code": "BAD_USER_INPUT"})
