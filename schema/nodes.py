"""Node: whatever can be found again by a global id."""

from __future__ import annotations

import strawberry

from resolvers.nodes import global_id


@strawberry.interface(description="Whatever can be found again by a global id.")
class Node:
    """Whatever can be found again by a global id."""

    id: strawberry.ID = strawberry.field(resolver=global_id, description=global_id.__doc__)
