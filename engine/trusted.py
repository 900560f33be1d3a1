"""Trusted documents: texts that are asked for by name, and whether other texts may be run at all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from engine.asking import Asked, RefusedError, refusal

PREFIX = "sha256:"
MOST_REGISTERED = 1000
MOST_CHARACTERS = 2_000_000


def id_of(text: str) -> str:
    """The name that a text has without anybody giving it one."""
    return sha256(text.encode()).hexdigest()


@dataclass(eq=False)
class TrustedDocuments:
    """Finds the text that is asked for: a trusted one, one that a client has registered, or the one it
    brings."""

    named: Mapping[str, str] = field(default_factory=dict)
    """The trusted texts, each by the name that its makers gave it."""
    only: bool = False
    """Whether nothing but the trusted texts may be run."""
    _trusted: dict[str, str] = field(init=False)
    _registered: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _characters: int = 0

    def __post_init__(self) -> None:
        """Let every text go by its hash, too."""
        self._trusted = {id_of(text): text for text in self.named.values()} | dict(self.named)

    def __iter__(self) -> Iterator[str]:
        """The trusted texts, each once."""
        return iter(dict.fromkeys(self.named.values()))

    def text(self, asked: Asked) -> str:
        """The text that a request asks to be run; raises RefusedError where there is none."""
        extensions = asked.extensions
        if extensions and extensions.get("persistedQuery") is not None:
            return self._persisted(asked.query, hash_in(extensions["persistedQuery"]))
        if asked.document_id is not None:
            return self._by_id(asked.query, asked.document_id)
        if asked.query is None:
            raise refusal("BAD_REQUEST", "Send a query.")
        return self._allowed(asked.query)

    def knows(self, digest: str) -> bool:
        """Whether there is a text of this hash here."""
        return self._find(digest) is not None

    def register(self, digest: str, text: str) -> None:
        """Remember a text by its hash, as long as there is room."""
        if digest != id_of(text):
            raise refusal("PERSISTED_QUERY_MISMATCH", "sha256Hash is not the hash of this query.")
        if digest not in self._trusted and digest not in self._registered:
            self._registered[digest] = text
            self._characters += len(text)
            self._make_room()

    def _make_room(self) -> None:
        while len(self._registered) > MOST_REGISTERED or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._registered.popitem(last=False)[1])

    def _find(self, name: str) -> str | None:
        found = self._trusted.get(name)
        if found is None and not self.only and name in self._registered:
            self._registered.move_to_end(name)
            found = self._registered[name]
        return found

    def _by_id(self, query: str | None, name: str) -> str:
        if query is not None:
            raise refusal("BAD_REQUEST", "Send a query or a documentId, not both.")
        found = self._find(name.removeprefix(PREFIX))
        if found is None:
            raise refusal("DOCUMENT_NOT_FOUND", "This server has no document of this id.")
        return found

    def _persisted(self, query: str | None, digest: str) -> str:
        if query is not None:
            self.register(digest, self._allowed(query))
            return query
        found = self._find(digest)
        if found is None:
            raise _untrusted() if self.only else not_registered()
        return found

    def _allowed(self, query: str) -> str:
        if self.only and id_of(query) not in self._trusted:
            raise _untrusted()
        return query


def hash_in(persisted: Any) -> str:
    """The hash in `extensions.persistedQuery`."""
    match persisted:
        case {"version": 1, "sha256Hash": str(digest)} if len(digest) == 64:
            return digest.lower()
    raise refusal(
        "BAD_REQUEST", "persistedQuery must have version 1 and a sha256Hash of 64 hexadecimal digits."
    )


def not_registered() -> RefusedError:
    """What makes clients send the text; they know it by this very message."""
    return refusal("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


def _untrusted() -> RefusedError:
    return refusal("DOCUMENT_NOT_TRUSTED", "This server runs trusted documents only; this is none.")
