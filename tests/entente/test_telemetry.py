"""The log: a line for each operation, for people or as JSON, and nobody else writes lines into it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from entente.stores import StoreUrls
from entente.telemetry import JsonLines, PlainLines
from tests.serving import Client, served
from tests.world import World

OPERATION = {
    "operation": "query Stand",
    "milliseconds": 3.5,
    "statements": 2,
    "errors": ["TOO_LARGE"],
    "role": "admin",
    "request_id": "abc",
}


@pytest.fixture(autouse=True)
def everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "entente.operations")


def line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The only line of an operation, as it is written."""
    [record] = [one for one in caplog.records if one.name == "entente.operations"]
    written: dict[str, Any] = json.loads(JsonLines().format(record))
    return written


def record(message: str, **details: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "entente", **details})


async def test_an_operation_is_a_line(client: Client, world: World, caplog: pytest.LogCaptureFixture) -> None:
    query = "query Stand($w: String!) { world(worldId: $w) { players { nodes { name } } } }"
    await client.ask(query, w=world.world_id)

    written = line(caplog)
    assert written["operation"] == "query Stand"
    assert written["statements"] == 2
    assert written["errors"] == []
    assert written["role"] == "admin"
    assert 0 < written["milliseconds"] < 10_000
    assert len(written["request_id"]) == 32
    assert written["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("query", "operation", "code"),
    [
        ("mutation Act { nope }", "mutation Act", "GRAPHQL"),
        ("{ nope }", "query -", "GRAPHQL"),
        ("{", "-", "GRAPHQL"),
        (r'{ world(worldId: "\u0000") { name } }', "query -", "BAD_USER_INPUT"),
        ('{ players(worldId: "w", first: 100000) { nodes { name } } }', "query -", "TOO_LARGE"),
    ],
)
async def test_what_fails_is_a_line_too(
    client: Client, caplog: pytest.LogCaptureFixture, query: str, operation: str, code: str
) -> None:
    await client.ask(query)

    written = line(caplog)
    assert (written["operation"], written["statements"], written["errors"]) == (operation, 0, [code])


async def test_the_answer_names_the_line_of_a_bug(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("resolvers.loaders.fetch", fails)
    answer = await client.ask('{ world(worldId: "w1") { name } }')

    assert line(caplog)["request_id"] == answer["errors"][0]["extensions"]["requestId"]
    assert line(caplog)["errors"] == ["INTERNAL"]
    [surprise] = [one for one in caplog.records if one.name == "entente.surprises"]
    assert "ValueError: a bug" in json.loads(JsonLines().format(surprise))["traceback"]


async def test_a_key_is_never_written(urls: StoreUrls, caplog: pytest.LogCaptureFixture) -> None:
    async with served(urls, admin_key="s3cret") as locked:
        await locked.post({"query": "{ __typename }"}, Authorization="Bearer s3cret")
        await locked.post({"query": "{ __typename }"}, Authorization="Bearer s3cret?")

    assert line(caplog)["errors"] == []
    assert "s3cret" not in "".join(PlainLines().format(one) for one in caplog.records)


def test_people_read_details_behind_the_message() -> None:
    text = PlainLines().format(record("operation", **OPERATION))

    assert text.endswith(
        "info    operation  operation=query Stand  milliseconds=3.5  statements=2  errors=['TOO_LARGE']  "
        "role=admin  request_id=abc"
    )
    assert "errors" not in PlainLines().format(record("operation", **{**OPERATION, "errors": []}))


@pytest.mark.parametrize("form", [JsonLines(), PlainLines()])
def test_what_others_sent_stays_on_its_line(form: logging.Formatter) -> None:
    text = form.format(record("origin 'x\\n' refused\n12:00:00 info    all is well", operation="a\nb\x1b[2J"))

    assert "\n" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("value", [2**70, float("nan"), {1: object()}, b"\xff", "\ud800", {"a": {"b\ud800"}}])
def test_whatever_is_logged_is_json(value: object) -> None:
    assert "operation" in json.loads(JsonLines().format(record("operation", value=value)))["message"]


def test_a_traceback_is_one_string_of_json() -> None:
    try:
        raise ValueError("a bug")
    except ValueError:
        failed = record("failed", exc_info=sys.exc_info())

    assert "ValueError: a bug" in json.loads(JsonLines().format(failed))["traceback"]
    assert PlainLines().format(failed).count("\n") > 2
