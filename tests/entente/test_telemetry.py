"""The log: a line for each operation, for people or as JSON, and nobody else writes lines into it."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from db.viewer import ADMIN
from engine.runs import Ran
from entente.journal import FLUSH_SECONDS, Journal
from entente.settings import LogFormat
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


@dataclass
class Lines:
    """What is written of operations, as JSON and for people."""

    client: Client
    written: list[str] = field(default_factory=list)

    def only(self) -> dict[str, Any]:
        """The only line."""
        self.client.app.journal.flush()
        [line] = "".join(self.written).splitlines()
        told: dict[str, Any] = json.loads(line)
        return told


@pytest.fixture
def lines(client: Client, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What the open server writes from now on."""
    client.app.journal.flush()
    heard = Lines(client)
    monkeypatch.setattr(client.app.journal, "write", heard.written.append)
    monkeypatch.setattr(client.app.journal, "log_format", "json")
    return heard


def record(message: str, **details: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "entente", **details})


async def test_an_operation_is_a_line(client: Client, world: World, lines: Lines) -> None:
    query = "query Stand($w: String!) { world(worldId: $w) { players { nodes { name } } } }"
    await client.ask(query, w=world.world_id)

    written = lines.only()
    assert written["operation"] == "query Stand"
    assert written["statements"] == 2
    assert written["errors"] == []
    assert written["role"] == "admin"
    assert 0 < written["milliseconds"] < 10_000
    assert len(written["request_id"]) == 16
    assert datetime.now(UTC) - datetime.fromisoformat(written["time"]) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("query", "operation", "code"),
    [
        ("mutation Act { nope }", "-", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "-", "GRAPHQL_PARSE_FAILED"),
        (r'{ world(worldId: "\u0000") { name } }', "-", "BAD_USER_INPUT"),
        ('{ players(worldId: "w", first: 100000) { nodes { name } } }', "query -", "TOO_LARGE"),
    ],
)
async def test_what_fails_is_a_line_too(
    client: Client, lines: Lines, query: str, operation: str, code: str
) -> None:
    await client.ask(query)

    written = lines.only()
    assert (written["operation"], written["statements"], written["errors"]) == (operation, 0, [code])


async def test_the_answer_names_the_line_of_a_bug(
    client: Client, lines: Lines, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("db.batches.records", fails)
    answer = await client.ask('{ world(worldId: "w1") { name } }')

    written = lines.only()
    assert written["request_id"] == answer["errors"][0]["extensions"]["requestId"]
    assert written["errors"] == ["INTERNAL"]
    [surprise] = [one for one in caplog.records if one.name == "entente.surprises"]
    assert "ValueError: a bug" in json.loads(JsonLines().format(surprise))["traceback"]


async def test_a_key_is_never_written(
    urls: StoreUrls, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with served(urls, admin_key="s3cret") as locked:
        await locked.post({"query": "{ __typename }"}, Authorization="Bearer s3cret")
        await locked.post({"query": "{ __typename }"}, Authorization="Bearer s3cret?")

    told = capsys.readouterr().err
    assert told.count("operation=query") == 1
    assert "s3cret" not in told + "".join(PlainLines().format(one) for one in caplog.records)


async def test_lines_are_written_soon(client: Client, lines: Lines) -> None:
    await client.ask("{ __typename }")
    assert lines.written == []

    await asyncio.sleep(3 * FLUSH_SECONDS)
    assert len(lines.written) == 1


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", '"', "\u2028", "é", "x" * 10_000])
async def test_no_name_leaves_its_line(log_format: LogFormat, name: str) -> None:
    written: list[str] = []
    journal = Journal(log_format, written.append)
    caller: Any = SimpleNamespace(viewer=ADMIN)
    journal.note(Ran("query", name, 0.0035, 2, ["TOO_LARGE"], caller, "abc"))
    journal.close()

    [line] = written
    assert line.isascii()
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert len(line) < 400


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
