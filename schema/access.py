"""Who may ask for a field, as the schema shows it: @access."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry
from graphql import GraphQLField
from strawberry.schema_directive import Location

from db.reads import Read
from db.viewer import Role
from engine.permissions import ONLY
from resolvers.descriptions import enum

enum(Role)

Roles = tuple[Role, ...]
ADMINS: Roles = (Role.ADMIN,)
THOSE_WHO_SEE_ALL: Roles = (Role.ADMIN, Role.GAME)
THOSE_WHO_ACT: Roles = (Role.ADMIN, Role.GAME, Role.BRAIN)


@strawberry.schema_directive(
    name="access",
    locations=[Location.FIELD_DEFINITION],
    description="The roles that may ask for a field: others are told FORBIDDEN. Which rows it shows is "
    "another matter: what somebody may not know is not there for them.",
)
class Access:
    """Who may ask for a field."""

    roles: list[Role]


def restricted(only: Roles | None) -> list[object]:
    """The directives of a field that is for these alone."""
    return [] if only is None else [Access(roles=list(only))]


def of_reads(reads: Iterable[Read[object]]) -> Roles | None:
    """Whoever has no NPC can see no row that is one NPC's own: to them the field says so."""
    return THOSE_WHO_ACT if all(read.visible.is_one_npcs for read in reads) else None


def hand_over(directives: Iterable[object], field: GraphQLField) -> None:
    """Tells the engine who may ask for a field."""
    for one in directives:
        if isinstance(one, Access):
            field.extensions[ONLY] = frozenset(one.roles)
