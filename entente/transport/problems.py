"""Problems: requests that are turned away before they are operations, and the status codes of refusals."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from engine.asking import Answer

ALLOW = (b"allow", b"GET, HEAD, POST, OPTIONS")
CLOSE = (b"connection", b"close")

# Where the request itself is at fault; told by every media type.
MALFORMED = {
    "BAD_REQUEST": HTTPStatus.BAD_REQUEST,
    "NOT_A_QUERY": HTTPStatus.METHOD_NOT_ALLOWED,
}
# Where a well-formed request is refused; told only by the media type that has statuses.
REFUSED = {
    "BUDGET_EXCEEDED": HTTPStatus.TOO_MANY_REQUESTS,
    "DEADLINE_EXCEEDED": HTTPStatus.SERVICE_UNAVAILABLE,
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "STORE_UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "INTERNAL": HTTPStatus.INTERNAL_SERVER_ERROR,
}

OK = 200
Header = tuple[bytes, bytes]


class Problem(Exception):  # noqa: N818
    """A request that is turned away, and what its client is told."""

    def __init__(self, status: int, code: str, message: str, *headers: Header) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers

    @property
    def body(self) -> bytes:
        """What is wrong, in the form of every GraphQL error."""
        return told(self.code, str(self))


def told(code: str, message: str) -> bytes:
    """The body of a response with one error."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})


def malformed(message: str) -> Problem:
    """A request that is no GraphQL request."""
    return Problem(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", message)


def status(code: str, by_status: bool) -> int:
    """The status of a response to an operation that was refused with this code."""
    if code in MALFORMED:
        return MALFORMED[code]
    return REFUSED.get(code, HTTPStatus.BAD_REQUEST) if by_status else OK


def status_of(answer: Answer, by_status: bool) -> int:
    """The status of an answer."""
    return OK if answer.refused is None else status(answer.refused, by_status)
