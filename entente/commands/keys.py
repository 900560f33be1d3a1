"""`entente keys`: makes keys, tells which there are, and revokes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from db.connection import Connection, Stores
from db.main import api_keys, npcs, worlds
from db.main.api_keys import KeyRow, NewKey
from db.viewer import Role
from entente.keyring import hash_of, made

LONGEST_LABEL = 100
MOST_WORLDS = 100
HINT = 4
"""How many characters of a key's secret part are kept to recognise it by."""


class KeyRefusedError(Exception):
    """A key that cannot be made or revoked; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whom a key is to let in."""

    role: Role
    label: str | None = None
    npc_id: int | None = None
    worlds: tuple[str, ...] = ()
    budget: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A key, shown this once, and what is kept of it."""

    key: str
    kept: KeyRow

    def __str__(self) -> str:
        return f"{self.key}\n  key {self.kept.key_id}, {self.kept.label}: shown this once; keep it safe."


async def create(stores: Stores, wish: Wish) -> Made:
    """Make a key."""
    _check(wish)
    for world_id in wish.worlds:
        if not await worlds.is_there(stores, world_id):
            raise KeyRefusedError(f"There is no world {world_id!r}: make it first, or leave --world out.")
    async with stores.main.acquire() as conn, conn.transaction():
        label = wish.label or await _label(conn, wish)
        key = made(wish.role)
        return Made(key, await api_keys.add(conn, _new(wish, label, key)))


def _check(wish: Wish) -> None:
    if (wish.role is Role.BRAIN) != (wish.npc_id is not None):
        raise KeyRefusedError("A brain's key, and no other, is for one NPC: pass --npc with --role brain.")
    if wish.worlds and wish.role in (Role.ADMIN, Role.BRAIN):
        told = "an admin is shown all worlds" if wish.role is Role.ADMIN else "a brain those its NPC plays in"
        raise KeyRefusedError(f"--world is for games and viewers: {told}.")
    if len(wish.worlds) > MOST_WORLDS:
        raise KeyRefusedError(f"A key is for {MOST_WORLDS} worlds at the most.")
    if wish.label is not None and not 0 < len(wish.label) <= LONGEST_LABEL:
        raise KeyRefusedError(f"--label must have 1 to {LONGEST_LABEL} characters.")


async def _label(conn: Connection, wish: Wish) -> str:
    if wish.npc_id is None:
        return f"{wish.role.value} of {', '.join(wish.worlds) or 'all worlds'}"[:LONGEST_LABEL]
    name = await npcs.name_of(conn, wish.npc_id)
    if name is None:
        raise KeyRefusedError(f"There is no NPC {wish.npc_id}: see `npcs`.")
    return f"brain of {name}"[:LONGEST_LABEL]


def _new(wish: Wish, label: str, key: str) -> NewKey:
    secret = len(f"ent_{wish.role.value}_")
    return NewKey(
        label=label,
        role=wish.role,
        npc_id=wish.npc_id,
        worlds=list(wish.worlds) or None,
        budget=wish.budget,
        expires_at=None if wish.days is None else datetime.now(UTC) + timedelta(days=wish.days),
        key_hash=hash_of(key),
        hint=f"{key[: secret + HINT]}…",
    )


async def every(stores: Stores) -> list[KeyRow]:
    """All keys there ever were."""
    async with stores.main.acquire() as conn:
        return await api_keys.every(conn)


async def revoke(stores: Stores, key_id: int) -> KeyRow:
    """Let nobody in by a key any more."""
    async with stores.main.acquire() as conn:
        found = await api_keys.revoke(conn, key_id, datetime.now(UTC))
    if found is None:
        raise KeyRefusedError(f"There is no key {key_id}: see `entente keys list`.")
    return found


def line(key: KeyRow) -> str:
    """A key in a line."""
    state = "revoked" if key.revoked_at else "expired" if _is_over(key) else "lets in"
    where = ", ".join(key.worlds) if key.worlds else "its worlds" if key.npc_id else "all worlds"
    budget = f", {key.budget} a minute" if key.budget else ""
    return f"{key.key_id:>4}  {state:<8} {key.role:<7} {key.hint:<18} {key.label} ({where}{budget})"


def _is_over(key: KeyRow) -> bool:
    return key.expires_at is not None and key.expires_at <= datetime.now(UTC)
