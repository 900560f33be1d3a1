"""Who asks, and under which condition they see a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """What a caller may do."""

    ADMIN = "admin"
    """Sees and does everything."""
    GAME = "game"
    """A game server: sees and does everything in its worlds."""
    BRAIN = "brain"
    """Thinks for one NPC: sees what this NPC may know, and acts for it."""
    VIEWER = "viewer"
    """A web tool: sees the public facts of its worlds."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the role, for a brain the NPC that it thinks for, and the worlds whose rows are shown.

    Two viewers that are equal see the same rows, whatever key they came with.
    """

    role: Role
    npc_id: int | None = None
    worlds: frozenset[str] | None = None
    """None: all worlds."""
    key_id: int | None = field(default=None, compare=False)
    """The key that they came with, if it is one that can be revoked."""
    player_id: int | None = None
    """As whom that NPC plays in the world whose own database is asked: a batch finds it out."""

    @property
    def sees_all(self) -> bool:
        """Whether private facts of every NPC are open to this viewer, in its worlds."""
        return self.role in (Role.ADMIN, Role.GAME)

    @property
    def owner(self) -> str:
        """A name for whose idempotency keys are this viewer's: another owner's are other keys."""
        whose = self.key_id if self.npc_id is None else self.npc_id
        return self.role.value if whose is None else f"{self.role.value} {whose}"

    def is_in(self, world_id: str) -> bool:
        """Whether rows of this world are shown; to others it is as if there were no such world."""
        return self.worlds is None or world_id in self.worlds

    @property
    def scope(self) -> str | None:
        """The worlds as one text, as a batch takes them; None: all."""
        return None if self.worlds is None else ",".join(sorted(self.worlds))


ADMIN = Viewer(Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Visible:
    """The condition under which a row is seen by those who do not see all.

    `owner` is the column that holds the NPC whose private matter the row is, `among` are columns of several
    that share it; `when` is a condition over the
    row `t` and the viewer `k.viewer_npc_id`; in a world's own database, which knows no NPC's player, also
    `k.viewer_player_id`. `within` is for rows that are read without naming a world: the condition under which
    a row is of one of the viewer's worlds, `{worlds}`. With none of them, the row is public and a batch
    carries no viewer at all.
    """

    owner: str | None = None
    when: str | None = None
    within: str | None = None
    among: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether everybody sees such rows."""
        return not self.hides and self.within is None

    @property
    def hides(self) -> bool:
        """Whether some rows of a world are kept from some who are shown that world."""
        return self.owner is not None or self.when is not None or bool(self.among)

    @property
    def is_one_npcs(self) -> bool:
        """Whether nobody but NPCs, and those who see all, ever sees such rows."""
        owned = self.owner is not None or bool(self.among)
        return (owned and self.when is None) or self.asks_for_player

    @property
    def asks_for_player(self) -> bool:
        """Whether it matters as whom the viewer's NPC plays in this world."""
        return "k.viewer_player_id" in (self.when or "")

    def condition(self, key_columns: dict[str, str]) -> str:
        """The condition as SQL, given the name in the batch of each key column.

        Where the owner is part of the key, the condition stands on the key, so that the rows of others are
        not even read. Elsewhere it is a CASE: an OR would make the planner give up the order of the index
        below a LIMIT.
        """
        return " AND ".join([*self._who(key_columns), *self._where()])

    def _who(self, key_columns: dict[str, str]) -> list[str]:
        if self.owner in key_columns:
            return [f"(k.sees_all OR k.{key_columns[self.owner]} = k.viewer_npc_id)"]
        owners = self.among or ((self.owner,) if self.owner else ())
        mine = owners and f"k.viewer_npc_id IN ({', '.join(f't.{one}' for one in owners)})"
        seen = self.when or mine
        return [f"CASE WHEN k.sees_all THEN true ELSE ({seen}) END"] if seen else []

    def _where(self) -> list[str]:
        if self.within is None:
            return []
        condition = self.within.replace("{worlds}", "string_to_array(k.worlds, ',')")
        return [f"CASE WHEN k.worlds IS NULL THEN true ELSE ({condition}) END"]


PUBLIC = Visible()
OWN = Visible(owner="npc_id")
IN_A_WORLD = "t.world_id = ANY({worlds})"
"""A row with a world of its own."""
OF_WORLDS = Visible(within=IN_A_WORLD)
OWN_PLAYERS = Visible(when="t.player_id = k.viewer_player_id")
