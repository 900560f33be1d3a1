"""What the environment asks for: read once, passed down, never imported below this floor."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from engine.limits import Limits

LogFormat = Literal["text", "json"]
POSTGRES = ("postgresql://", "postgres://")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SHORTEST_KEY = 16
"""With fewer characters an admin key may be guessed."""


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A store without a URL is an embedded one, kept in the folder `state`; metrics without one are kept in
    the global database."""

    state: Path
    database_url: str | None = field(default=None, repr=False)
    world_database_url: str | None = field(default=None, repr=False)
    attached_worlds: Mapping[str, str] = field(default_factory=dict, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    metrics_database_url: str | None = field(default=None, repr=False)
    admin_key: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_origins: tuple[str, ...] = ()
    log_format: LogFormat = "text"
    limits: Limits = field(default_factory=Limits)
    body_limit: int = 1_000_000
    batch_limit: int = 10
    body_timeout: float = 10
    request_timeout: float = 30
    maintain_every: int = 600
    """Seconds; 0: never."""
    trusted_documents: Path | None = None
    trusted_documents_only: bool = False

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from environment variables; an empty variable counts as absent."""
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        return cls(
            state=_state(given),
            database_url=_postgres_url(given, "DATABASE_URL"),
            world_database_url=_world_url(given),
            attached_worlds=_attached(given),
            redis_url=_redis_url(given),
            metrics_database_url=_postgres_url(given, "METRICS_DATABASE_URL"),
            admin_key=_admin_key(given),
            host=given.get("HOST", "127.0.0.1"),
            port=_port(given),
            allowed_origins=_origins(given),
            log_format=_log_format(given),
            limits=_limits(given),
            body_limit=_number(given, "BODY_LIMIT", 1_000_000),
            batch_limit=_number(given, "BATCH_LIMIT", 10),
            body_timeout=_number(given, "BODY_TIMEOUT", 10),
            request_timeout=_number(given, "REQUEST_TIMEOUT", 30),
            maintain_every=_maintain_every(given),
            trusted_documents=_path(given, "TRUSTED_DOCUMENTS"),
            trusted_documents_only=_trusted_only(given),
        )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def has_weak_key(self) -> bool:
        """Whether there is an admin key, and it may be guessed."""
        return self.admin_key is not None and len(self.admin_key) < SHORTEST_KEY


def _state(given: Mapping[str, str]) -> Path:
    if "ENTENTE_STATE" in given:
        return Path(given["ENTENTE_STATE"]).expanduser().absolute()
    if given.get("XDG_STATE_HOME", "").startswith("/"):  # its specification ignores relative paths
        return Path(given["XDG_STATE_HOME"]) / "entente"
    home = given.get("HOME")
    return (Path(home) if home else Path.home()) / ".local" / "state" / "entente"


def _url(given: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    url = given.get(name)
    if url is not None and not url.startswith(schemes):
        raise SettingsError(f"{name} must begin with {' or '.join(schemes)}")
    return url


def _postgres_url(given: Mapping[str, str], name: str) -> str | None:
    return _url(given, name, POSTGRES)


def _redis_url(given: Mapping[str, str]) -> str | None:
    return _url(given, "REDIS_URL", ("redis://", "rediss://", "unix://"))


def _world_url(given: Mapping[str, str]) -> str | None:
    url = _postgres_url(given, "WORLD_DATABASE_URL")
    if url is not None and "{world_id}" not in url:
        raise SettingsError("WORLD_DATABASE_URL must contain {world_id}: each world has its own database")
    return url


def _attached(given: Mapping[str, str]) -> dict[str, str]:
    """Each world that is attached, and where: `world=postgresql://…`, parted by spaces or lines."""
    pairs = [pair.partition("=") for pair in _text(given, "ATTACHED_WORLDS").split()]
    for world_id, _, url in pairs:
        if not world_id or not url.startswith(POSTGRES):
            raise SettingsError(
                "ATTACHED_WORLDS must be pairs such as speed=postgresql://reader@host/game, parted by spaces"
            )
    return {world_id: url for world_id, _, url in pairs}


def _text(given: Mapping[str, str], name: str) -> str:
    """A setting, or what the file holds that the setting of the same name with _FILE names."""
    path = given.get(f"{name}_FILE")
    if path is None:
        return given.get(name, "")
    if name in given:
        raise SettingsError(f"Set {name} or {name}_FILE, not both")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE cannot be read: {error}") from None


def _admin_key(given: Mapping[str, str]) -> str | None:
    key = _text(given, "ENTENTE_ADMIN_KEY")
    if not key and "ENTENTE_ADMIN_KEY_FILE" in given:
        raise SettingsError(f"ENTENTE_ADMIN_KEY_FILE is empty: {given['ENTENTE_ADMIN_KEY_FILE']}")
    return key or None


def _port(given: Mapping[str, str]) -> int:
    text = given.get("PORT", "8000")
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536):
        raise SettingsError("PORT must be a number from 0 to 65535")
    return int(text)


def _number(given: Mapping[str, str], name: str, unless: int) -> int:
    text = given.get(name)
    if text is None:
        return unless
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise SettingsError(f"{name} must be a whole number above 0")
    return int(text)


def _maintain_every(given: Mapping[str, str]) -> int:
    return 0 if given.get("MAINTAIN_EVERY") == "0" else _number(given, "MAINTAIN_EVERY", 600)


def _limits(given: Mapping[str, str]) -> Limits:
    """Each limit on an operation may be set, such as LIMIT_DEPTH."""
    usual = Limits()
    names = [one.name for one in dataclasses.fields(usual)]
    return Limits(**{name: _number(given, f"LIMIT_{name.upper()}", getattr(usual, name)) for name in names})


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]).expanduser().absolute() if name in given else None


def _trusted_only(given: Mapping[str, str]) -> bool:
    text = given.get("TRUSTED_DOCUMENTS_ONLY", "0")
    if text not in ("0", "1"):
        raise SettingsError("TRUSTED_DOCUMENTS_ONLY must be 0 or 1")
    if text == "1" and "TRUSTED_DOCUMENTS" not in given:
        raise SettingsError("TRUSTED_DOCUMENTS_ONLY needs TRUSTED_DOCUMENTS, or nothing could be run")
    return text == "1"


def _origins(given: Mapping[str, str]) -> tuple[str, ...]:
    listed = (origin.strip().rstrip("/") for origin in given.get("ALLOWED_ORIGINS", "").split(","))
    return tuple(origin for origin in listed if origin)


def _log_format(given: Mapping[str, str]) -> LogFormat:
    name = given.get("LOG_FORMAT", "text")
    if name not in ("text", "json"):
        raise SettingsError("LOG_FORMAT must be text or json")
    return cast(LogFormat, name)
