"""Validation: graphql-core's verdicts and words, and soon told of whatever is within the limits."""

from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query, parse, specified_rules
from graphql import validate as by_graphql_core

from engine.limits import Limits, check_document
from engine.validation import RULES, validate
from tests.engine.test_overlap import SCHEMA, told

SAMPLES = {
    "introspection": get_introspection_query(),
    "an unknown field": "{ being { nam } }",
    "an unknown type": "{ being { ... on Nope { name } ...A } } fragment A on Nope { name }",
    "an unknown argument": "{ being { age(unti: DAYS) } }",
    "an unknown directive": "query @nope { being @nope { name @nope } }",
    "an unknown fragment": "{ being { ...A } }",
    "an unknown variable": "{ being { age(unit: $unit) ...A } } fragment A on Being { age(unit: $unit) }",
    "an unused variable": "query A($unit: Unit) { being { ...A } } fragment A on Being { name }",
    "a used variable": "query A($unit: Unit) { being { ...A } } fragment A on Being { age(unit: $unit) }",
    "a variable of another type": "query ($unit: Int) { being { age(unit: $unit) ...A } } "
    "fragment A on Being { age(of: [$unit]) }",
    "a variable without a type": "query ($unit: Nope, $being: Being) { being { age(unit: $unit) } }",
    "an unused fragment": "{ being { name } } fragment A on Being { name }",
    "a circle": "{ being { ...A } } fragment A on Being { ...B } fragment B on Being { ...A }",
    "a fragment that never fits": "{ cat { ... on Dog { name } ...A } } fragment A on Human { name }",
    "a leaf with fields": "{ being { name { nope } } }",
    "an object without": "{ being }",
    "a wrong value": '{ being { age(unit: 1, of: ["1", {a: 1}]) } }',
    "a directive twice": "{ being @skip(if: true) @skip(if: false) { name } }",
    "a directive without argument": "{ being @skip { name } }",
    "a directive in a wrong place": "query @skip(if: true) { being { name } }",
    "an argument twice": "{ being { age(unit: DAYS, unit: DAYS) } }",
    "names twice": "query A { being { name } } query A { ...F ...F } "
    "fragment F on Query { being { name } } fragment F on Query { cat { name } }",
    "a variable twice": "query ($a: Unit, $a: Unit) { being { age(unit: $a) } }",
    "two without names": "{ being { name } } { being { name } }",
    "a mutation": "mutation { being { name } }",
    "a type": "type Being { name: String } { being { name } }",
    "introspection in circles": "{ __schema { types { "
    "fields { type { fields { type { fields { name } } } } } } } }",
    "streams": "{ pets @stream(initialCount: 1) { name } ... @defer { being { name } } }",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_errors_are_those_of_graphql_core(text: str) -> None:
    document = parse(text)

    assert told(validate(SCHEMA, document)) == told(by_graphql_core(SCHEMA, document))


def test_suggestions_may_be_hidden() -> None:
    [shown] = validate(SCHEMA, parse("{ being { nam } }"))
    [hidden] = validate(SCHEMA, parse("{ being { nam } }"), hide_suggestions=True)

    assert "Did you mean" in shown.message
    assert "Did you mean" not in hidden.message


def test_after_a_hundred_errors_no_more_are_told() -> None:
    document = parse("{ being {" + " nope" * 150 + "} }")

    assert told(validate(SCHEMA, document)) == told(by_graphql_core(SCHEMA, document))


def test_every_rule_of_the_specification_is_there() -> None:
    assert len(RULES) == len(specified_rules)
    assert all(issubclass(ours, theirs) for ours, theirs in zip(RULES, specified_rules, strict=True))


def spread(count: int, body: str) -> str:
    """A chain of fragments; in the body, NEXT is the next of them."""
    chain = "".join(
        f" fragment F{n} on Being {{ {body.replace('NEXT', f'F{n + 1}')} }}" for n in range(count)
    )
    return "{ being { ...F0 } }" + chain + f" fragment F{count} on Being {{ name }}"


HOSTILE = {
    "equal fields": "{ being {" + " name" * 4990 + "} }",
    "equal fields with fields": "{ being {" + " friend { name }" * 2400 + "} }",
    "equal arguments": "{ being {" + " age(unit: DAYS)" * 1600 + "} }",
    "equal fields on types": "{ being {" + " ... on Cat { name } ... on Dog { name }" * 800 + "} }",
    "aliases": "{ being {" + " ".join(f"a{n}: name" for n in range(1000)) + "} }",
    "root fields": "{" + " being { name }" * 1000 + "}",
    "conflicts": "{ being {" + " a: name a: size" * 45 + "} }",
    "conflicts below": "{ being {" + " friend { a: name } friend { a: size }" * 45 + "} }",
    "conflicts of types": "{ being {"
    + " ... on Cat { kids { name } } ... on Dog { kids { name } }" * 500 + "} }",
    "nested fragments": spread(25, "...NEXT ...NEXT"),
    "nested fragments with fields": spread(9, "name friend { ...NEXT } friend { ...NEXT } ...NEXT"),
    "a chain of fragments": spread(1000, "name ...NEXT"),
    "circular fragments": spread(40, "...NEXT ...F0 ...F1 ...F2 friend { ...F3 }"),
    "inline fragments": "{ being {" + " ... { name }" * 2400 + "} }",
    "deep inline fragments": "{ being " + "{ ... " * 180 + "{ name }" + " }" * 180 + " }",
    "directives": "{ being { name" + " @include(if: true)" * 1200 + " } }",
    "unknown fragments": "{ being {" + "".join(f" ...F{n}" for n in range(3300)) + "} }",
    "unused fragments": "{ being { name } }"
    + "".join(f" fragment F{n} on Being {{ name }}" for n in range(290)),
    "a long list": "{ being { age(of: [" + "1 " * 9000 + "]) } }",
    "many lists": "{ being {" + f" age(of: [{'1 ' * 900}])" * 10 + "} }",
    "many variables": "query (" + "".join(f"$v{n}: Unit " for n in range(1200)) + ") { being {"
    + "".join(f" age(unit: $v{n})" for n in range(600)) + "} }",
    "many operations": "".join(f"query Q{n}($u: Unit) {{ ...F }} " for n in range(250))
    + "fragment F on Query { being {" + " age(unit: $u)" * 19 + "} }",
    "introspection in circles": "{ __schema { types {"
    + " fields { type {" * 60 + " name" + " } }" * 60 + " } } }",
    "introspections": "{" + " __schema { types { name } }" * 900 + "}",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_get_an_answer_soon(text: str) -> None:
    began = time.perf_counter()
    document = parse(text, max_tokens=Limits().tokens)

    if check_document(document, Limits()) is None:
        validate(SCHEMA, document)

    assert time.perf_counter() - began < 2
