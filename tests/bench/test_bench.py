"""The benchmarks' own arithmetic: what is counted, what is compared, and what is made of it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from bench import shapes, usage
from bench.agreement import as_values, difference
from bench.contenders import BRAINS, ENTENTE, LIMIT, MERCURIUS, POSTGRAPHILE
from bench.figures import figures
from bench.generator import NUMBER, Plan, Run
from bench.measures import Cell, Filled, Results, Thinking, middle
from bench.report import sheets
from bench.world import PEERS


class Echo(BaseHTTPRequestHandler):
    """Answers with a body of some length, or with an error when asked for one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: ClassVar[list[tuple[str, str | None]]]

    def do_POST(self) -> None:
        """Remember what was asked, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append((body, self.headers["Authorization"]))
        said = b'{"data": null, "errors": []}' if "fail" in body else b'{"data":{"npc":{"name":"%s"}}}'
        said = said.replace(b"%s", b"x" * 100_000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def echo() -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    handler = type("Handler", (Echo,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_the_generator_counts_what_it_asked() -> None:
    with echo() as (port, asked):
        told = Run(Plan(port, 3, 5.0, [("one", ""), ("two", "key")], count=20)).go()

    assert (told.requests, told.bad, len(asked)) == (20, 0, 20)
    assert asked.count(("one", None)) == asked.count(("two", "Bearer key")) == 10
    assert told.bytes > 20 * 100_000
    assert 0 < told.p50 <= told.p99 <= told.longest


def test_the_generator_tells_answers_without_data() -> None:
    with echo() as (port, _):
        told = Run(Plan(port, 1, 5.0, [("fine", ""), ("fail", "")], count=10)).go()

    assert (told.requests, told.bad) == (10, 5)


def test_each_text_is_another_one() -> None:
    body = shapes.body(shapes.unseen(shapes.texts(shapes.OURS)["context"]), 1)
    with echo() as (port, asked):
        Run(Plan(port, 2, 5.0, [(body, "")], count=6, first_number=40)).go()

    assert NUMBER in body
    texts = {json.loads(sent)["query"] for sent, _ in asked}
    assert len(texts) == 6
    assert all(any(f"a_{number:09d}: tribe" in text for text in texts) for number in range(40, 46))


def test_who_thinks_asks_less_and_each_for_itself() -> None:
    questions = [(f"about {i}", f"key {i}") for i in range(4)]
    with echo() as (port, asked):
        told = Run(Plan(port, 4, 0.5, questions, think=0.2, own=True)).go()

    assert 4 <= told.requests <= 12
    assert set(asked) <= {(f"about {i}", f"Bearer key {i}") for i in range(4)}


def test_a_server_that_hangs_up_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=lambda: server.accept()[0].close())
        thread.start()
        with pytest.raises(ConnectionError):
            Run(Plan(server.getsockname()[1], 1, 1.0, [("", "")])).go()
        thread.join()


def test_answers_are_compared_as_values() -> None:
    ours = {"at": "2026-10-31T00:00:00+00:00", "people": 453, "name": "Ada"}
    theirs = {"at": "2026-10-31T00:00:00.000000Z", "people": "453", "name": "Ada"}

    assert as_values(ours) == as_values(theirs)
    assert difference({"a": [1, 2]}, {"a": [1, 3]}) == "data.a[1] is 3, not 2"


def test_every_server_has_every_question() -> None:
    assert set(shapes.texts(shapes.OURS)) == set(shapes.texts(shapes.POSTGRAPHILES)) == set(shapes.SHAPES)


def test_no_committed_file_names_where_packages_come_from() -> None:
    lock = json.loads((PEERS / "package-lock.json").read_text())

    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def cell(contender: str, question: str, at_once: int, rate: float, cpu: float = 100.0) -> Cell:
    return Cell(contender, question, at_once, rate, 1000 / rate, 0.0, cpu, 0.0, 0.0, 0.0, 0)


def test_figures_are_against_the_best_peer() -> None:
    results = Results(
        cells=[
            cell(ENTENTE, "context", 16, 3600, cpu=130),
            cell(POSTGRAPHILE, "context", 16, 900),
            cell(MERCURIUS, "context", 16, 1000),
            cell(LIMIT, "context", 16, 4000),
        ],
        filled=[Filled(0, 50), Filled(20_000, 100), Filled(100_000, 104)],
        thinking=[Thinking(ENTENTE, 500, 1.0, 480, 4, 30, 40, 0, 0, 0)],
    )

    said = {figure.what: (figure.against, figure.reached, figure.verdict) for figure in figures(results)}

    assert said == {
        f"{ENTENTE}: context, 16 at once, requests/s": (MERCURIUS, 3.6, "pass"),
        f"{ENTENTE}: context, 16 at once, CPU of server and Postgres": (LIMIT, 1.3, "pass"),
        "500 brains, 1 s of thinking, p99": ("", 30, "short"),
        "memory after 100,000 distinct texts": ("after 20,000", 1.04, "pass"),
    }


def test_a_brain_is_not_compared_by_its_part_of_a_page() -> None:
    results = Results(cells=[cell(BRAINS, "page", 16, 9000), cell(MERCURIUS, "page", 16, 100)])

    assert not figures(results)


def test_the_middle_of_rounds_is_what_counts() -> None:
    rounds = [cell(ENTENTE, "small", 1, rate) for rate in (100, 900, 110)]

    assert middle(rounds).rate == 110


def test_tables_are_markdown_too() -> None:
    sheet = sheets(Results(cells=[cell(ENTENTE, "small", 1, 100)]))[0]

    assert sheet.markdown().splitlines()[2].startswith("|  | at once |")
    assert sheet.markdown().splitlines()[4].startswith("| Entente | 1 | 100 |")


def test_usage_is_read_from_the_system() -> None:
    before = usage.seconds(os.getpid())
    until = sum(before.values()) + 0.05
    while sum(usage.seconds(os.getpid()).values()) < until:
        pass

    assert usage.between(before, usage.seconds(os.getpid())) >= 0.04
    assert usage.resident(os.getpid()) > 1_000_000
    assert usage.parent(os.getpid()) == os.getppid()
