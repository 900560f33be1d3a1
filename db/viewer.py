"""Who asks, and under which condition they see a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a caller may do."""

    ADMIN = "admin"
    GAME = "game"
    BRAIN = "brain"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the role, and for a brain the NPC that it thinks for."""

    role: Role
    npc_id: int | None = None

    @property
    def sees_all(self) -> bool:
        """Whether private facts of every NPC are open to this viewer."""
        return self.role in (Role.ADMIN, Role.GAME)

    @property
    def owner(self) -> str:
        """A name for whose idempotency keys are this viewer's: another owner's are other keys."""
        return self.role.value if self.npc_id is None else f"{self.role.value} {self.npc_id}"


ADMIN = Viewer(Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Visible:
    """The condition under which a row is seen by those who do not see all.

    `owner` is the column that holds the NPC whose private matter the row is; `when` is a condition over the
    row `t` and the viewer `k.viewer_npc_id`. With neither, the row is public and a batch carries no viewer
    at all.
    """

    owner: str | None = None
    when: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether everybody sees such rows."""
        return self.owner is None and self.when is None

    def condition(self, key_columns: dict[str, str]) -> str:
        """The condition as SQL, given the name in the batch of each key column.

        Where the owner is part of the key, the condition stands on the key, so that the rows of others are
        not even read. Elsewhere it is a CASE: an OR would make the planner give up the order of the index
        below a LIMIT.
        """
        if self.owner in key_columns:
            return f"(k.sees_all OR k.{key_columns[self.owner]} = k.viewer_npc_id)"
        seen = self.when or f"t.{self.owner} = k.viewer_npc_id"
        return f"CASE WHEN k.sees_all THEN true ELSE ({seen}) END"


PUBLIC = Visible()
OWN = Visible(owner="npc_id")
