"""Connections: pages of a list, after the Relay specification of cursors."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import strawberry

from resolvers.descriptions import described_type
from resolvers.pages import Page

NodeT = TypeVar("NodeT")


@described_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    """Whether rows follow this page. Going backwards: whether a cursor was given to stop before."""
    has_previous_page: bool
    """Whether rows precede this page. Going forwards: whether a cursor was given to start after."""
    start_cursor: str | None
    """The cursor of the first row of this page."""
    end_cursor: str | None
    """The cursor of the last row of this page."""


@described_type
class Edge(Generic[NodeT]):
    """A row in a list, with its place."""

    node: NodeT
    """The row."""
    cursor: str
    """Its place in the list: pass it as after or before."""


async def edges(page: strawberry.Parent[Page]) -> list[Edge[NodeT]]:
    """The rows of this page, each with its cursor."""
    return [Edge(node=row, cursor=page.cursor(row)) for row in await page.rows()]


async def nodes(page: strawberry.Parent[Page]) -> list[NodeT]:
    """The rows of this page."""
    return await page.rows()


async def page_info(page: strawberry.Parent[Page]) -> PageInfo:
    """Where this page stands in its list."""
    rows = await page.rows()
    return PageInfo(
        has_next_page=await page.has_next(),
        has_previous_page=await page.has_previous(),
        start_cursor=page.cursor(rows[0]) if rows else None,
        end_cursor=page.cursor(rows[-1]) if rows else None,
    )


async def total_count(page: strawberry.Parent[Page]) -> int:
    """How many rows the whole list has, filters applied. It costs a statement: ask only when you show it."""
    return await page.total()


def _answered_by(function: Any) -> Any:
    return strawberry.field(resolver=function, description=function.__doc__)


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    """A page of a list."""

    edges: list[Edge[NodeT]] = _answered_by(edges)
    nodes: list[NodeT] = _answered_by(nodes)
    page_info: PageInfo = _answered_by(page_info)
    total_count: int = _answered_by(total_count)
