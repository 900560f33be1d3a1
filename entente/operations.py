"""How operations are run here: what is refused, what is shown of errors, and the line in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode

from db.connection import Stores
from db.outages import StoreUnavailableError
from engine.asking import RefusedError
from engine.documents import Document, Documents
from engine.limits import Measure
from engine.service import Observer, Service
from engine.trusted import TrustedDocuments
from resolvers.errors import bad_input
from resolvers.source import Rows

SURPRISES = logging.getLogger("entente.surprises")

MOST_TOKENS = 10_000
DEEPEST = 20
MOST_OBJECTS = 10_000
NUL = re.compile(r"\0|\\u0000|\\u\{0+\}")
LONG_NUMBER = re.compile(r"\d{1000}")  # Python turns no more than 4,300 digits into a number


def service(
    schema: GraphQLSchema,
    observe: Observer,
    trusted: TrustedDocuments | None = None,
    *,
    stores: Stores | None = None,
    hide_suggestions: bool = False,
) -> Service:
    """Answers questions to this schema, compiled where there are stores to read from; trusted documents are
    read at once."""
    documents = Documents(schema, check_document, MOST_TOKENS, hide_suggestions=hide_suggestions)
    trusted = trusted or TrustedDocuments()
    for text in trusted:
        _try(documents, text)
    source = Rows(stores) if stores is not None else None
    return Service(schema, documents, Sizes(schema).check, shown, observe, trusted, source)


def _try(documents: Documents, text: str) -> None:
    try:
        documents.read(text)
    except RefusedError as error:
        SURPRISES.warning("a trusted document cannot be run: %s, in: %.200s", error.errors[0].message, text)


def check_document(_: GraphQLSchema, document: DocumentNode) -> GraphQLError | None:
    """Refuse a document whose text no field could take."""
    text = document.loc.source.body if document.loc else ""
    if NUL.search(text):
        return bad_input("Text must be valid Unicode without NUL characters.")
    if LONG_NUMBER.search(text):
        return bad_input("A number has too many digits: 64 bits are the most that any field takes.")
    return None


class Sizes:
    """Refuses operations that ask for too much."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def check(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> GraphQLError | None:
        """Why this operation is refused, or None."""
        if has_bad_text(dict(variables)):
            return bad_input("Text must be valid Unicode without NUL characters.")
        size = Measure(self._schema, document.ast, variables).of(operation)
        if size.depth > DEEPEST:
            return _too_much(f"It goes {size.depth} levels deep; {DEEPEST} is the limit.")
        if size.objects > MOST_OBJECTS:
            return _too_much(
                f"It may ask for {size.objects} objects; {MOST_OBJECTS} is the limit: "
                "pass a smaller first, or nest less."
            )
        return None


def _too_much(message: str) -> GraphQLError:
    return GraphQLError(f"This operation is too large. {message}", extensions={"code": "TOO_LARGE"})


def has_bad_text(value: Any) -> bool:
    """Whether somewhere in a JSON value there is text that a database cannot hold."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and ("\0" in one or any("\ud800" <= letter <= "\udfff" for letter in one)):
            return True
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


def shown(error: GraphQLError, request_id: str) -> GraphQLError:
    """An error that a caller can do something about, as it is; of the others, only an id that stands in the
    log."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return error
    if isinstance(cause, StoreUnavailableError):
        return _in_place_of(error, str(cause), {"code": "STORE_UNAVAILABLE"})
    SURPRISES.error("request %s at %s", request_id, error.path, exc_info=cause)
    return _in_place_of(error, "Unexpected error.", {"code": "INTERNAL", "requestId": request_id})


def _in_place_of(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)
