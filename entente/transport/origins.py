"""Which web pages may ask, and under which names an open server answers.

A key comes in a header that no page can send to another origin unasked. An open server has none, and trusts
whoever reaches it: so no page from elsewhere may reach it, neither by a request that browsers send without
asking first, nor under a name that leads to this machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from entente.settings import LOOPBACK
from entente.transport.negotiation import is_json
from entente.transport.problems import Header, Problem

Headers = Mapping[bytes, bytes]

ANY = "*"
ELSEWHERE = (b"cross-site", b"same-site")
NOT_SIMPLE = (b"graphql-require-preflight", b"apollo-require-preflight", b"x-apollo-operation-name")
HEADER_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")
REMEMBERED_SECONDS = b"600"


@dataclass(frozen=True, slots=True)
class Origins:
    """The pages of these origins may ask, and those that the server itself gave out."""

    allowed: tuple[str, ...] = ()
    only_at_home: bool = False
    """Whether the server answers only under the names of this machine."""

    def check(self, headers: Headers) -> None:
        """Turn away what a page from elsewhere has sent, or sent here under another name."""
        if self.only_at_home and not is_home(headers.get(b"host", b"")):
            raise Problem(HTTPStatus.BAD_REQUEST, "UNKNOWN_HOST", "This server has no such host name.")
        if b"origin" in headers and not self.allows(headers[b"origin"], headers.get(b"host", b"")):
            raise _foreign()

    def check_simple(self, headers: Headers) -> None:
        """Turn away a GET that a page from elsewhere can make a browser send to an open server unasked."""
        if not self.only_at_home or b"origin" in headers or _asked_first(headers):
            return
        site = headers.get(b"sec-fetch-site")
        too_old_to_tell = site is None and headers.get(b"user-agent", b"").startswith(b"Mozilla/")
        if site in ELSEWHERE or too_old_to_tell:
            raise _foreign()

    def allows(self, origin: bytes, host: bytes) -> bool:
        """Whether pages of this origin may ask: it is on the list, or our own."""
        name = origin.decode("latin-1")
        ours = origin.partition(b"://")[2]
        return name in self.allowed or ANY in self.allowed or (bool(host) and ours == host)

    def shared(self, headers: Headers) -> tuple[Header, ...]:
        """What lets the page of an allowed origin read the answer."""
        if not self.allowed:
            return ()
        origin = headers.get(b"origin")
        if origin is None or not self.allows(origin, headers.get(b"host", b"")):
            return ((b"vary", b"Origin"),)
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"ETag, Retry-After"),
            (b"vary", b"Origin"),
        )

    def preflight(self, headers: Headers) -> tuple[Header, ...]:
        """What a browser is told that asks whether a page may ask; the page's origin was checked."""
        names = headers.get(b"access-control-request-headers", b"")
        told = ((b"access-control-allow-headers", names),) if HEADER_NAMES.fullmatch(names) else ()
        return (
            (b"access-control-allow-methods", b"GET, HEAD, POST"),
            (b"access-control-max-age", REMEMBERED_SECONDS),
            *told,
        )


def _asked_first(headers: Headers) -> bool:
    """Whether there is a header that no browser sends for a page of another origin without asking first."""
    return any(name in headers for name in NOT_SIMPLE) or is_json(headers.get(b"content-type", b""))


@lru_cache(100)
def is_home(host: bytes) -> bool:
    """Whether a header `Host` names this machine, and not a name that somebody else gave it."""
    name, _, port = host.decode("latin-1").rpartition(":")
    if not port.isdigit():
        name = host.decode("latin-1")
    return name.lower() in (*LOOPBACK, "[::1]")


def _foreign() -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN, "ORIGIN_NOT_ALLOWED", "Pages of this origin may not ask: see ALLOWED_ORIGINS."
    )
