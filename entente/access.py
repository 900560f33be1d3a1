"""Who is calling, and what they may do."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from db.main.api_keys import LiveKey
from db.viewer import ADMIN
from entente.keyring import Keyring, hash_of

UNKNOWN = "Send a key that this server knows: Authorization: Bearer <key>."
THE_ADMIN = LiveKey(ADMIN, None, None)


@dataclass(frozen=True)
class Access:
    """Without any key the server is open, which it may be only on this machine."""

    admin_key: str | None
    keyring: Keyring = field(default_factory=Keyring)

    @property
    def is_open(self) -> bool:
        """Whether everybody who reaches the server is its admin."""
        return self.admin_key is None and not self.keyring

    def find(self, authorization: str | None) -> LiveKey | None:
        """Whom an Authorization header stands for, or None."""
        if self.is_open:
            return THE_ADMIN
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        for reading in _readings(key.strip()):
            hashed = hash_of(reading)
            if self._admins is not None and hmac.compare_digest(hashed, self._admins):
                return THE_ADMIN
            if found := self.keyring.find(hashed):
                return found
        return None

    async def find_newly(self, authorization: str | None) -> LiveKey | None:
        """The same, where the key may be one that was only just made."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return None
        return await self.keyring.find_newly(hash_of(key.strip()))

    async def of_socket(self, header: str | None, payload: Mapping[str, Any]) -> LiveKey | None:
        """Whom a socket stands for: by its handshake, or by the payload of its connection_init."""
        told = {str(name).lower(): value for name, value in payload.items()}.get("authorization")
        given = [header, told if isinstance(told, str) else None]
        known = next((found for one in given if (found := self.find(one))), None)
        if known is not None:
            return known
        for one in given:
            if found := await self.find_newly(one):
                return found
        return None

    @cached_property
    def _admins(self) -> bytes | None:
        return None if self.admin_key is None else hash_of(self.admin_key)


def _readings(key: str) -> Iterator[str]:
    """The key as it came, and as UTF-8: the bytes of a header reach us as Latin-1."""
    yield key
    if not key.isascii():
        with suppress(UnicodeError):
            yield key.encode("latin-1").decode()
