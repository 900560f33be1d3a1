"""API keys: who may come in, and as whom. Of a key itself only a hash is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.viewer import Role, Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key to be: whom it lets in, and how it is recognised."""

    label: str
    role: Role
    npc_id: int | None
    worlds: Sequence[str] | None
    budget: int | None
    expires_at: datetime | None
    key_hash: bytes
    hint: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key, as it may be shown."""

    key_id: int
    label: str
    role: str
    npc_id: int | None
    worlds: list[str] | None
    hint: str
    budget: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A key that lets somebody in now."""

    viewer: Viewer
    expires_at: datetime | None
    budget: int | None


SHOWN = "id, label, role, npc_id, worlds, hint, budget, created_at, expires_at, revoked_at, last_used_at"
ADD = f"""
INSERT INTO api_keys (label, role, npc_id, worlds, budget, expires_at, key_hash, hint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {SHOWN}
"""
ALL = f"SELECT {SHOWN} FROM api_keys ORDER BY id"
REVOKE = f"UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING {SHOWN}"
REVOKE_OF_NPC = "UPDATE api_keys SET revoked_at = $2 WHERE npc_id = $1 AND revoked_at IS NULL"
USED = "UPDATE api_keys SET last_used_at = $2 WHERE id = ANY($1::bigint[])"

# A brain is shown the worlds that its NPC plays in.
LIVE = """
SELECT k.key_hash, k.id, k.role, k.npc_id, k.expires_at, k.budget,
       CASE WHEN k.role <> 'brain' THEN k.worlds::text[] ELSE ARRAY(
            SELECT p.world_id::text FROM players p WHERE p.npc_id = k.npc_id ORDER BY 1) END AS worlds
  FROM api_keys k
 WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
"""
STATE = f"SELECT md5(string_agg(live::text, ',' ORDER BY id)) FROM ({LIVE}) live"


async def add(conn: Connection, new: NewKey) -> KeyRow:
    """Let somebody in from now on."""
    found = await conn.fetchrow(
        ADD, new.label, new.role.value, new.npc_id, new.worlds, new.budget, new.expires_at, new.key_hash,
        new.hint,
    )  # fmt: skip
    assert found is not None
    return KeyRow(*found)


async def every(conn: Connection) -> list[KeyRow]:
    """All keys there ever were, in the order in which they were made."""
    return [KeyRow(*record) for record in await conn.fetch(ALL)]


async def revoke(conn: Connection, key_id: int, at: datetime) -> KeyRow | None:
    """Let nobody in by this key any more; None where there is no such key."""
    found = await conn.fetchrow(REVOKE, key_id, at)
    return None if found is None else KeyRow(*found)


async def revoke_of_npc(conn: Connection, npc_id: int, at: datetime) -> None:
    """Let nobody in who thinks for this NPC."""
    await conn.execute(REVOKE_OF_NPC, npc_id, at)


async def any_there(conn: Connection) -> bool:
    """Whether there was ever a key, also in a database that is empty yet."""
    if await conn.fetchval("SELECT to_regclass('api_keys') IS NULL"):
        return False
    return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM api_keys)"))


async def state(conn: Connection) -> str | None:
    """Something that changes whenever the keys that let somebody in do; None where there are none."""
    found: str | None = await conn.fetchval(STATE)
    return found


async def live(conn: Connection) -> dict[bytes, LiveKey]:
    """The keys that let somebody in now, by their hashes."""
    return {
        key_hash: LiveKey(_viewer(key_id, role, npc_id, worlds), expires_at, budget)
        for key_hash, key_id, role, npc_id, expires_at, budget, worlds in await conn.fetch(LIVE)
    }


def _viewer(key_id: int, role: str, npc_id: int | None, worlds: list[str] | None) -> Viewer:
    return Viewer(Role(role), npc_id, None if worlds is None else frozenset(worlds), key_id)


async def used(conn: Connection, key_ids: Collection[int], at: datetime) -> None:
    """Note that keys were used."""
    await conn.execute(USED, sorted(key_ids), at)
