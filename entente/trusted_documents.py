"""Trusted documents from files: a folder of *.graphql, and the lists that client tools write as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from engine.trusted import id_of
from entente.settings import SettingsError


def documents_in(path: Path) -> dict[str, str]:
    """The texts in a folder, or in one file, by their names."""
    try:
        return dict(pair for file in _files(path) for pair in _texts(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"TRUSTED_DOCUMENTS cannot be read: {error}") from None


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SettingsError(f"TRUSTED_DOCUMENTS is neither a folder nor a file: {path}")
    return sorted(one for one in path.rglob("*") if one.suffix in (".graphql", ".gql", ".json"))


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    if file.suffix == ".json":
        yield from _listed(file)
        return
    text = file.read_text(encoding="utf-8")
    for one in (text, text.strip()):  # tools differ in whether they keep the end of the last line
        yield id_of(one), one


def _listed(file: Path) -> Iterator[tuple[str, str]]:
    """A map from names to texts, as Relay and graphql-codegen write it, or Apollo's manifest."""
    try:
        listed = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"TRUSTED_DOCUMENTS: {file} is no JSON: {error}") from None
    for name, text in _pairs(listed):
        if not isinstance(name, str) or not isinstance(text, str):
            raise SettingsError(f"TRUSTED_DOCUMENTS: {file} must map names to texts of operations")
        yield name, text


def _pairs(listed: Any) -> Iterable[tuple[Any, Any]]:
    match listed:
        case {"operations": [*operations]}:
            return [(one.get("id"), one.get("body")) for one in operations if isinstance(one, dict)]
        case dict():
            return list(listed.items())
    return [(None, None)]
