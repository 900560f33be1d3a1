"""Trusted documents: which text is run for which request."""

from __future__ import annotations

from typing import Any

import pytest

from engine import trusted
from engine.asking import Asked, RefusedError
from engine.trusted import TrustedDocuments, id_of

HOME, AWAY = "{ home }", "{ away }"


def persisted(text: str) -> dict[str, Any]:
    """The extensions with which Apollo names a text."""
    return {"persistedQuery": {"version": 1, "sha256Hash": id_of(text)}}


def code(documents: TrustedDocuments, **asked: Any) -> str:
    """Why a request is refused."""
    with pytest.raises(RefusedError) as refused:
        documents.text(Asked(**asked))
    return refused.value.code


@pytest.mark.parametrize("name", ["home", id_of(HOME), f"sha256:{id_of(HOME)}"])
@pytest.mark.parametrize("only", [False, True])
def test_a_document_is_found_by_its_name_and_its_hash(name: str, only: bool) -> None:
    documents = TrustedDocuments({"home": HOME}, only)

    assert documents.text(Asked(document_id=name)) == HOME


def test_without_an_id_the_query_is_run() -> None:
    assert TrustedDocuments().text(Asked(AWAY)) == AWAY
    assert TrustedDocuments().text(Asked(AWAY, extensions={"trace": 1})) == AWAY


def test_what_names_no_document_is_refused() -> None:
    documents = TrustedDocuments({"home": HOME})

    assert code(documents) == "BAD_REQUEST"
    assert code(documents, query=HOME, document_id="home") == "BAD_REQUEST"
    assert code(documents, document_id=id_of(AWAY)) == "DOCUMENT_NOT_FOUND"
    assert code(documents, extensions=persisted(AWAY)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "told",
    [7, [], {}, {"version": 2, "sha256Hash": "a" * 64}, {"version": 1, "sha256Hash": 7}, {"version": 1}],
)
def test_a_persisted_query_of_another_form_is_refused(told: Any) -> None:
    assert code(TrustedDocuments(), query=HOME, extensions={"persistedQuery": told}) == "BAD_REQUEST"


def test_what_a_client_registers_is_found_from_then_on() -> None:
    documents = TrustedDocuments()

    assert documents.text(Asked(AWAY, extensions=persisted(AWAY))) == AWAY
    assert documents.text(Asked(extensions=persisted(AWAY))) == AWAY
    assert documents.text(Asked(document_id=f"sha256:{id_of(AWAY)}")) == AWAY


def test_a_hash_that_is_of_another_text_registers_nothing() -> None:
    documents = TrustedDocuments()

    assert code(documents, query=AWAY, extensions=persisted(HOME)) == "PERSISTED_QUERY_MISMATCH"
    assert not documents.knows(id_of(HOME))


def test_only_trusted_texts_are_run_where_nothing_else_may_be() -> None:
    documents = TrustedDocuments({"home": HOME}, only=True)

    assert documents.text(Asked(HOME)) == HOME
    assert documents.text(Asked(HOME, extensions=persisted(HOME))) == HOME
    assert documents.text(Asked(extensions=persisted(HOME))) == HOME
    assert code(documents, query=AWAY) == "DOCUMENT_NOT_TRUSTED"
    assert code(documents, query=AWAY, extensions=persisted(AWAY)) == "DOCUMENT_NOT_TRUSTED"
    assert code(documents, extensions=persisted(AWAY)) == "DOCUMENT_NOT_TRUSTED"


def test_the_oldest_registered_text_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted, "MOST_REGISTERED", 2)
    documents = TrustedDocuments({"home": HOME})
    texts = [f"{{ a{number} }}" for number in range(3)]
    for text in texts:
        documents.text(Asked(text, extensions=persisted(text)))

    assert [documents.knows(id_of(text)) for text in [HOME, *texts]] == [True, False, True, True]


def test_registered_texts_have_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted, "MOST_CHARACTERS", 100)
    documents = TrustedDocuments()
    for number in range(10):
        text = f"{{ a{number} }} #{'x' * 40}"
        documents.text(Asked(text, extensions=persisted(text)))

    assert sum(map(len, documents._registered.values())) <= 100
