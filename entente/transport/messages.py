"""Messages: what clients send over a socket, checked before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.asking import Asked

LONGEST_ID = 200


class MalformedError(Exception):
    """What came is no message of graphql-transport-ws; the message of the error says why."""


@dataclass(frozen=True, slots=True)
class Init:
    """Says who asks."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks whether we are there."""

    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """Says that the client is there."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Asks for an operation, whose answers shall carry this id."""

    id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Complete:
    """Says that nobody waits for this operation any more."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read(text: str | None) -> Message:
    """The message that a frame holds; raises MalformedError where it holds none."""
    if text is None:
        raise MalformedError("Messages are text frames.")
    try:
        message = orjson.loads(text)
    except ValueError:
        raise MalformedError("Messages are JSON.") from None
    if not isinstance(message, dict):
        raise MalformedError("Messages are JSON objects.")
    return _message(message)


def _message(message: dict[str, Any]) -> Message:
    match message.get("type"):
        case "connection_init":
            return Init(_object(message, "payload") or {})
        case "subscribe":
            return Subscribe(_id(message), _asked(_object(message, "payload") or {}))
        case "complete":
            return Complete(_id(message))
        case "ping":
            return Ping(_object(message, "payload"))
        case "pong":
            _object(message, "payload")
            return Pong()
    raise MalformedError("This type of message is unknown.")


def _id(message: dict[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise MalformedError(f"The id must be a text of 1 to {LONGEST_ID} characters.")
    return found


def _asked(payload: dict[str, Any]) -> Asked:
    asked = Asked(
        query=_text(payload, "query"),
        operation_name=_text(payload, "operationName"),
        variables=_object(payload, "variables"),
        extensions=_object(payload, "extensions"),
        document_id=_text(payload, "documentId"),
    )
    if asked.query is None and asked.document_id is None and asked.extensions is None:
        raise MalformedError("The payload must have a query.")
    return asked


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if not isinstance(value, str | None):
        raise MalformedError(f"{name} must be a text.")
    return value


def _object(given: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = given.get(name)
    if not isinstance(value, dict | None):
        raise MalformedError(f"{name} must be an object.")
    return value
