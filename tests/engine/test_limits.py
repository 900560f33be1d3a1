"""Limits: what asks for too much is refused before it is validated, in time linear in its text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse

from engine.limits import Limits, check_cost, check_document, check_variables
from engine.spreads import fragments_of, operations_of
from engine.validation import validate
from tests.engine.checking import check_operation

SCHEMA = build_schema("""
type Query { player: Player players(first: Int): [Player!]! nodes(ids: [ID!]!): [Player]! }
type Player { name: String best: Player rest: Rest }
input Rest2 { ids: [ID!] }
type Rest { name(of: Rest2): String }
""")
FEW = Limits(
    definitions=3,
    depth=4,
    nesting=6,
    fields=8,
    root_fields=3,
    aliases=2,
    directives=2,
    input_list=3,
    variables=50,
)


def refused(text: str, limits: Limits = FEW) -> str | None:
    """The limit that a document passes."""
    return limit_of(check_document(parse(text), limits))


def limit_of(error: GraphQLError | None) -> str | None:
    if error is None:
        return None
    assert error.extensions is not None
    assert error.extensions["code"] == "TOO_LARGE"
    limit: str = error.extensions["limit"]
    assert error.message.startswith("This operation is too large: ")
    assert f"{error.extensions['most']:,} is the limit" in error.message
    return limit


SAME = " fragment A on Player { ...B ...B } fragment B on Player { name }"

WITHIN_AND_BEYOND = {
    "depth": ("{ player { best { best { name } } } }", "{ player { best { best { best { name } } } } }"),
    "nesting": (
        "{ ... " * 5 + "{ __typename }" + " }" * 5,
        "{ ... " * 6 + "{ __typename }" + " }" * 6,
    ),
    "fields": ("{ player {" + " name" * 7 + "} }", "{ player {" + " name" * 8 + "} }"),
    "root_fields": ("{ " + "player { name } " * 3 + "}", "{ " + "player { name } " * 4 + "}"),
    "aliases": ("{ a: player { b: name } }", "{ a: player { b: name c: name } }"),
    "directives": (
        "query @a { player { name @skip(if: false) } }",
        "query @a { player { ... @b { name @skip(if: false) } } }",
    ),
    "input_list": ("{ nodes(ids: [1 2 3]) { name } }", "{ nodes(ids: [1 2 3 4]) { name } }"),
    "definitions": ("query A { player { name } } " * 3, "query A { player { name } } " * 4),
}


@pytest.mark.parametrize(("limit", "texts"), WITHIN_AND_BEYOND.items(), ids=WITHIN_AND_BEYOND)
def test_each_limit_allows_what_is_within_and_nothing_more(limit: str, texts: tuple[str, str]) -> None:
    within, beyond = texts

    assert refused(within) is None
    assert refused(beyond) == limit


BEYOND_BY_FRAGMENTS = {
    "depth": "{ player { ...A } } fragment A on Player { best { best { ...B } } } "
    "fragment B on Player { best { name } }",
    "nesting": "{ ...A } fragment A on Query { ... { ... { ...B } } } "
    "fragment B on Query { ... { ... { player } } }",
    "fields": "{ player { ...A } } fragment A on Player { ...B ...B ...B ...B } "
    "fragment B on Player { name rest }",
    "root_fields": "{ ...A ... { ...A } } fragment A on Query { player { name } player { name } }",
    "aliases": "{ a: player { ...A } } fragment A on Player { b: name c: name }",
    "directives": "{ ...A @a } fragment A on Query @b { player @c { name } }",
    "input_list": "{ ...A } fragment A on Query { nodes(ids: [1 2 3 4]) { name } }",
}


@pytest.mark.parametrize(("limit", "text"), BEYOND_BY_FRAGMENTS.items(), ids=BEYOND_BY_FRAGMENTS)
def test_fragments_count_where_they_are_spread(limit: str, text: str) -> None:
    assert refused(text) == limit


@pytest.mark.parametrize(
    "text",
    [
        "{ player { rest { name(of: {ids: [1 2 3 4]}) } } }",
        "{ nodes(ids: [[1], [[1, 2, 3, 4]]]) { name } }",
        "query ($ids: [ID!]! = [1, 2, 3, 4]) { nodes(ids: $ids) { name } }",
    ],
    ids=["in an object", "in a list", "by default"],
)
def test_lists_count_wherever_they_stand(text: str) -> None:
    assert refused(text) == "input_list"


def test_directives_of_variables_count() -> None:
    assert refused("query ($a: Int @a @b @c) { player { name } }") == "directives"


def test_what_is_asked_and_what_to_do_is_told() -> None:
    error = check_document(parse("{ player {" + " name" * 1500 + "} }"), Limits(fields=1200))

    assert error is not None
    assert error.message == (
        "This operation is too large: it has 1,501 fields, fragments spread; 1,200 is the limit. "
        "Spread fewer fragments, or ask in several operations."
    )
    assert error.extensions == {"code": "TOO_LARGE", "limit": "fields", "most": 1200}


def test_fields_of_all_operations_and_of_unused_fragments_count() -> None:
    unused = "{ player { name } } fragment A on Player {" + " name" * 8 + "}"
    several = "query A { player { name name name } } query B { player { name name name name } }"

    assert refused(unused) == "fields"
    assert refused(several) == "fields"


@pytest.mark.parametrize(
    "text",
    [
        "{ player { ...A } } fragment A on Player { ...A }",
        "{ player { ...A } } fragment A on Player { best { ...B } } fragment B on Player { name ...A }",
        "{ player { ...A ...Nowhere } } fragment A on Player { name }",
        "fragment A on Player { ...A }",
    ],
    ids=["itself", "each other", "unknown", "no operation"],
)
def test_fragments_that_lead_nowhere_are_left_to_validation(text: str) -> None:
    assert refused(text) is None


def test_fragments_that_are_spread_twice_at_each_level_take_no_time() -> None:
    spread = "".join(f" fragment F{n} on Player {{ ...F{n + 1} ...F{n + 1} }}" for n in range(90))
    began = time.perf_counter()

    error = check_document(
        parse("{ player { ...F0 } }" + spread + " fragment F90 on Player { name }"), Limits()
    )

    assert time.perf_counter() - began < 1
    assert error is not None
    assert "more than a trillion fields" in error.message


@pytest.mark.parametrize("fragments", [250, 1000])
def test_fragments_in_a_long_chain_are_no_deep_recursion(fragments: int) -> None:
    chain = "".join(f" fragment F{n} on Player {{ ...F{n + 1} }}" for n in range(fragments))
    text = "{ player { ...F0 } }" + chain + f" fragment F{fragments} on Player {{ name }}"

    assert refused(text, Limits()) == ("nesting" if fragments < 300 else "definitions")


def test_introspection_is_within_limits() -> None:
    document = parse(
        get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
        )
    )

    assert check_document(document, Limits()) is None
    assert validate(SCHEMA, document) == []


@pytest.mark.parametrize("times", [3, 20])
def test_introspection_in_circles_is_refused(times: int) -> None:
    document = parse("{ __schema { types { " + "fields { type { " * times + "name" + " } }" * times + "} } }")

    refusal = check_document(document, Limits())

    assert refusal is not None or "introspection depth" in validate(SCHEMA, document)[0].message


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({}, None),
        ({"a": [1, 2, 3]}, None),
        ({"a": [1, 2, 3, 4]}, "input_list"),
        ({"a": {"b": [[1, 2, 3, 4]]}}, "input_list"),
        ({"a": "x" * 40}, None),
        ({"a": "x" * 50}, "variables"),
        ({"a": "ä" * 25}, "variables"),
        ({"x" * 50: 1}, "variables"),
        ({"a": 10**200}, "variables"),
        ({"a": [None, True, 1.5]}, None),
        ({"a": "\ud800"}, None),
    ],
)
def test_variables_have_limits(variables: dict[str, Any], limit: str | None) -> None:
    assert limit_of(check_variables(variables, FEW)) == limit


def test_variables_may_be_nested_deep() -> None:
    deep: Any = 1
    for _ in range(20_000):
        deep = [deep]

    assert check_variables({"a": deep}, Limits()) is None


def test_cost_has_a_limit() -> None:
    assert check_cost(10_000, Limits()) is None
    assert limit_of(check_cost(10_001, Limits())) == "cost"


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({"n": 1}, None),
        ({"n": "many"}, None),
        ({"x": "x" * 50}, "variables"),
        ({"x": [1, 2, 3, 4]}, "input_list"),
    ],
)
def test_an_operation_is_checked_with_its_variables(variables: dict[str, Any], limit: str | None) -> None:
    document = parse("query ($n: Int = 2) { players(first: $n) { name } }")
    [operation] = operations_of(document)

    error = check_operation(SCHEMA, operation, fragments_of(document), variables, FEW)

    assert limit_of(error) == limit
