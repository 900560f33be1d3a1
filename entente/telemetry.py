"""Logs: a line for each operation and each surprise, for people or as JSON."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

import orjson

from entente.settings import LogFormat

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _details(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


class JsonLines(logging.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_details(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _as_json(line)


def _as_json(line: dict[str, object]) -> str:
    try:
        return orjson.dumps(line, default=str).decode()
    except TypeError:  # a giant number, half a character, a key that is no text
        return json.dumps({name: str(value) for name, value in line.items()})


def _on_one_line(text: str) -> str:
    """What others sent must not begin a line of its own, nor steer the terminal."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class PlainLines(logging.Formatter):
    """A line for people, with the details behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, a traceback below it."""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        details = "  ".join(
            f"{name}={value}" for name, value in _details(record).items() if value not in ([], None)
        )
        told = _on_one_line(f"{record.getMessage()}  {details}".rstrip())
        line = f"{moment} {record.levelname.lower():7} {told}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logs(log_format: LogFormat) -> None:
    """Send every record to standard error in this format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else PlainLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
