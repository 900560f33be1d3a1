"""Errors in what a caller sent: GraphQL errors that say what to do."""

from __future__ import annotations

from graphql import GraphQLError


def bad_input(message: str) -> GraphQLError:
    """An error that tells the caller what to send instead."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
