"""Compiles connections: pages of a list, with their rows, cursors, counts and what is told of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList

from engine import codegen, lists, steps
from engine.access import Rows
from engine.errors import UncompiledError
from engine.relations import Many
from engine.settle import Shape, Slot

if TYPE_CHECKING:
    from engine.compile import Compiler


class Paging:
    """Makes the pages of a connection."""

    def __init__(self, compiler: Compiler, kind: GraphQLObjectType, declared: Many) -> None:
        self.compiler, self.kind, self.declared = compiler, kind, declared
        self.access = Rows(declared.read)
        self.fields: list[tuple[str, str]] = []
        self.parts: list[Any] = []
        self.builds: list[steps.Build] = []
        self.shape: Shape = {}
        self.below = False
        self.counts = self.peeks = False

    @property
    def private(self) -> bool:
        """Whether something in it depends on who asks."""
        return self.below or self.compiler.source.is_private(self.declared.read, tuple(self.access.columns))

    def step(self, site: int, keys: steps.KeysOf) -> lists.Connection:
        """The finished step."""
        text = codegen.objects(self.fields, len(self.parts))
        make = codegen.function(text, {})
        columns = tuple(self.access.columns)
        for build in self.builds:
            build.columns = columns
        reads = bool(self.builds) or self.peeks
        return lists.Connection(
            site,
            keys,
            self.declared,
            self.parts,
            make,
            columns,
            reads,
            self.counts,
            self.peeks,
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
            return lists.PageNodes(nodes), shape
        if name == "edges":
            return self._edges(made, details)
        if name == "pageInfo":
            return self._info(made, details)
        if name == "totalCount":
            self.counts = True
            return lists.PageTotal(), None
        raise UncompiledError(f"{self.kind.name}.{name} is resolved by itself.")

    def _nodes(self, made: GraphQLField, details: FieldDetailsList) -> tuple[lists.Nodes, Shape]:
        kind: Any = get_named_type(made.type)
        self.compiler.reads.append(self.declared.read)
        build, shape = self.compiler.object(kind, self.compiler.below(kind, details), self.access)
        self.below = self.below or build.private
        self.builds.append(build)
        return lists.Nodes(build), shape

    def _marks(self) -> dict[str, int]:
        """Where the columns stand that cursors may be made of."""
        names = self.compiler.source.sortable(self.declared.read)
        return dict(zip(names, self.access.places(names), strict=True))

    def _edges(self, made: GraphQLField, details: FieldDetailsList) -> tuple[Any, Shape]:
        kind: Any = get_named_type(made.type)
        fields: list[tuple[str, str]] = []
        nodes: list[lists.Nodes] = []
        shape: Shape = {}
        marks = False
        for key, of_key in self.compiler.below(kind, details).items():
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
        return lists.PageEdges(self._marks() if marks else {}, nodes, make), shape

    def _info(self, made: GraphQLField, details: FieldDetailsList) -> tuple[Any, Shape]:
        kind: Any = get_named_type(made.type)
        places = {
            "hasNextPage": "r[0]",
            "hasPreviousPage": "r[1]",
            "startCursor": "r[2]",
            "endCursor": "r[3]",
        }
        fields: list[tuple[str, str]] = []
        shape: Shape = {}
        marks = False
        self.peeks = True
        for key, of_key in self.compiler.below(kind, details).items():
            asked = [one.node for one in of_key]
            name = asked[0].name.value
            field_of: Any = self.compiler.executor.schema.get_field(kind, name)
            marks = marks or name.endswith("Cursor")
            fields.append((key, places.get(name) or repr(kind.name)))
            shape[key] = Slot(field_of.type, f"{kind.name}.{name}", asked)
        make = codegen.function(codegen.objects(fields, 0), {})
        return lists.PageInfo(self._marks() if marks else {}, make), shape
