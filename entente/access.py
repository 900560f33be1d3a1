"""Who is calling, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from db.viewer import ADMIN, Viewer

UNKNOWN = "Send a key that this server knows: Authorization: Bearer <key>."


@dataclass(frozen=True)
class Access:
    """Without a key the server is open, which it may be only on this machine."""

    admin_key: str | None

    @property
    def is_open(self) -> bool:
        """Whether everybody who reaches the server is its admin."""
        return self.admin_key is None

    def viewer(self, authorization: str | None) -> Viewer | None:
        """Whom an Authorization header stands for, or None."""
        if self.admin_key is None:
            return ADMIN
        if hmac.compare_digest(_digest(authorization or ""), self._usual):
            return ADMIN
        scheme, _, key = (authorization or "").partition(" ")
        known = any(hmac.compare_digest(_digest(reading), self._ours) for reading in _readings(key.strip()))
        return ADMIN if known and scheme.lower() == "bearer" else None

    @cached_property
    def _ours(self) -> bytes:
        return _digest(self.admin_key or "")

    @cached_property
    def _usual(self) -> bytes:
        """Of the header as nearly everybody writes it."""
        return _digest(f"Bearer {self.admin_key}")

    def viewer_of_socket(self, header: str | None, payload: Mapping[str, Any]) -> Viewer | None:
        """Whom a socket stands for: by its handshake, or by the payload of its connection_init."""
        told = {str(name).lower(): value for name, value in payload.items()}.get("authorization")
        return self.viewer(header) or self.viewer(told if isinstance(told, str) else None)


def _readings(key: str) -> Iterator[str]:
    """The key as it came, and as UTF-8: the bytes of a header reach us as Latin-1."""
    yield key
    with suppress(UnicodeError):
        yield key.encode("latin-1").decode()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
