"""What a body, or the parameters of an address, ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from engine.asking import Asked
from entente.transport.problems import malformed

MOST_PARAMETERS = 20
KINDS = {
    "query": (str, "a string"),
    "operationName": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
    "documentId": (str, "a string"),
}


def in_body(body: bytes, most: int) -> Asked | list[Asked]:
    """What a body asks: one operation, or an array of no more than `most`."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed(f"The body is no JSON: {error}") from None
    if type(value) is list:
        return _batch(value, most)
    return asked_in(value)


def _batch(values: list[Any], most: int) -> list[Asked]:
    if not values:
        raise malformed("The array of operations is empty.")
    if len(values) > most:
        raise malformed(f"{len(values)} operations came in one request; {most} is the limit.")
    return [asked_in(value) for value in values]


def in_address(query_string: bytes) -> Asked:
    """What the parameters of an address ask."""
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise malformed(
            f"The parameters of the address must be at most {MOST_PARAMETERS}, in UTF-8, percent-encoded."
        ) from None
    given: dict[str, Any] = dict(pairs)
    if len(given) < len(pairs):
        raise malformed("A parameter of the address is given twice.")
    return asked_in(_decoded(given), only_query=True)


def _decoded(given: dict[str, Any]) -> dict[str, Any]:
    """Variables and extensions come as JSON; an empty name is none."""
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(name, given[name])
    return {name: value for name, value in given.items() if value != "" or name == "query"}


def _json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError as error:
        raise malformed(f"The parameter {name} is no JSON: {error}") from None


def asked_in(value: Any, *, only_query: bool = False) -> Asked:
    """What a JSON value asks."""
    if type(value) is not dict:
        raise malformed("Send a JSON object with query, variables and operationName.")
    get = value.get
    query, name, variables = get("query"), get("operationName"), get("variables")
    extensions, document_id = get("extensions"), get("documentId")
    if (
        (query is None or type(query) is str)
        and (name is None or type(name) is str)
        and (variables is None or type(variables) is dict)
        and (extensions is None or type(extensions) is dict)
        and (document_id is None or type(document_id) is str)
    ):
        return Asked(query, name, variables, extensions, document_id, only_query)
    raise malformed(_what_is_wrong(value))


def _what_is_wrong(value: dict[str, Any]) -> str:
    """The first parameter of a wrong type."""
    for name, (kind, told) in KINDS.items():
        if value.get(name) is not None and type(value[name]) is not kind:
            return f"{name} must be {told} or null."
    raise AssertionError
