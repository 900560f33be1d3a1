"""Nodes: rows found again by their global ids."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import strawberry

from resolvers.context import Info
from resolvers.errors import bad_input
from resolvers.global_ids import decode, of_row, read_of
from resolvers.pages import LARGEST_PAGE


def global_id(info: Info, row: strawberry.Parent[Any]) -> strawberry.ID:
    """Its id among everything in this API: opaque, pass it to `node`."""
    return strawberry.ID(of_row(info.path.typename or "", row))


async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
) -> Any:
    """Whatever has this global id, or null where there is no such thing."""
    type_name, key = decode(id)
    return await info.context.loaders.one(read_of(type_name, key), *key)


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
) -> list[Any]:
    """For each global id what has it, or null, in the order asked."""
    if len(ids) > LARGEST_PAGE:
        raise bad_input(f"ids must be at most {LARGEST_PAGE}, not {len(ids)}.")
    return list(await asyncio.gather(*(node(info, one) for one in ids)))
