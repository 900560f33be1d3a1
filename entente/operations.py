"""How operations are run here: what is refused, what is shown of errors, and the line in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema

from db.batches import NotAllowedError
from db.connection import Stores
from db.outages import StoreUnavailableError
from db.recording import UnsettledError
from engine.asking import RefusedError
from engine.counters import Counters
from engine.documents import Documents
from engine.limits import Limits, check_document, check_variables
from engine.runs import Observer
from engine.service import Service
from engine.trusted import TrustedDocuments
from resolvers.errors import bad_input
from resolvers.source import Rows

SURPRISES = logging.getLogger("entente.surprises")

USUAL = Limits()
BAD_TEXT = re.compile("[\0\ud800-\udfff]")
NUL = re.compile(r"\0|\\u0000|\\u\{0+\}")
FEW, SHORT, MOST_OF_INT = 10, 100, 2**63
MOST_OF_PLAIN = FEW * 2 * 4 * SHORT
"""Bytes that a few short names and words have at the most."""
LONG_NUMBER = re.compile(r"\d{1000}")  # Python turns no more than 4,300 digits into a number


def service(
    schema: GraphQLSchema,
    observe: Observer,
    trusted: TrustedDocuments | None = None,
    *,
    stores: Stores | None = None,
    limits: Limits = USUAL,
    hide_suggestions: bool = False,
) -> Service:
    """Answers questions to this schema, compiled where there are stores to read from; trusted documents are
    read at once."""
    counters, checks = Counters(), Checks(limits)
    documents = Documents(schema, checks.text, limits.tokens, hide_suggestions, counters)
    trusted = trusted or TrustedDocuments()
    for text in trusted:
        _try(documents, text)
    source = Rows(stores) if stores is not None else None
    return Service(schema, documents, limits, checks.values, shown, observe, trusted, source, counters)


def _try(documents: Documents, text: str) -> None:
    try:
        documents.pin(text)
    except RefusedError as error:
        SURPRISES.warning("a trusted document cannot be run: %s, in: %.200s", error.errors[0].message, text)


@dataclass(frozen=True, slots=True)
class Checks:
    """What is refused before anything runs."""

    limits: Limits

    def text(self, document: DocumentNode) -> GraphQLError | None:
        """Refuse a document that asks for too much, or whose text no field could take."""
        text = document.loc.source.body if document.loc else ""
        if NUL.search(text):
            return bad_input("Text must be valid Unicode without NUL characters.")
        if LONG_NUMBER.search(text):
            return bad_input("A number has too many digits: 64 bits are the most that any field takes.")
        return check_document(document, self.limits)

    def values(self, variables: Mapping[str, Any]) -> GraphQLError | None:
        """Refuse variables that are too large, or that no field could take."""
        if is_plain(variables) and self.limits.variables >= MOST_OF_PLAIN:
            return None
        refused = check_variables(variables, self.limits)
        if refused is None and has_bad_text(variables):
            return bad_input("Text must be valid Unicode without NUL characters.")
        return refused


def is_plain(variables: Mapping[str, Any]) -> bool:
    """Whether there are but a few numbers and short words, which need no closer look."""
    if len(variables) > FEW:
        return False
    for name, value in variables.items():
        if len(name) > SHORT or not name.isidentifier():
            return False
        if type(value) is str:
            if len(value) > SHORT or not value.isprintable():
                return False
        elif type(value) is not int or not -MOST_OF_INT < value < MOST_OF_INT:
            return False
    return True


def has_bad_text(value: Any) -> bool:
    """Whether somewhere in a JSON value there is text that a database cannot hold."""
    waiting = [dict(value) if isinstance(value, Mapping) else value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if BAD_TEXT.search(one):
                return True
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def shown(error: GraphQLError, request_id: str) -> GraphQLError:
    """An error that a caller can do something about, as it is; of the others, only an id that stands in the
    log."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return error
    if isinstance(cause, NotAllowedError):
        return _in_place_of(error, str(cause), {"code": "FORBIDDEN"})
    if isinstance(cause, UnsettledError):
        return _in_place_of(error, str(cause), {"code": "BAD_USER_INPUT"})
    if isinstance(cause, StoreUnavailableError):
        return _in_place_of(error, str(cause), {"code": "STORE_UNAVAILABLE"})
    if getattr(cause, "told", None) != request_id:  # one bug may fail a thousand fields
        SURPRISES.error("request %s at %s", request_id, error.path, exc_info=cause)
        with suppress(AttributeError):
            cause.told = request_id  # type: ignore[attr-defined]
    return _in_place_of(error, "Unexpected error.", {"code": "INTERNAL", "requestId": request_id})


def _in_place_of(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)
