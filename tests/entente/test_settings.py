"""What the environment may say, and what it is told when it makes no sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.limits import Limits
from entente.settings import Settings, SettingsError


def test_an_empty_environment_means_embedded_stores_on_loopback() -> None:
    settings = Settings.read({"HOME": "/home/bela", "DATABASE_URL": " "})

    assert settings == Settings(state=Path("/home/bela/.local/state/entente"))
    assert settings.loopback


def test_everything_can_be_said() -> None:
    settings = Settings.read(
        {
            "ENTENTE_STATE": "/srv/state",
            "DATABASE_URL": "postgresql://db/entente",
            "WORLD_DATABASE_URL": "postgres://db/{world_id}",
            "METRICS_DATABASE_URL": "postgres://series/metrics",
            "REDIS_URL": "rediss://cache",
            "ENTENTE_ADMIN_KEY": "secret",
            "HOST": "0.0.0.0",  # noqa: S104
            "PORT": "80",
            "ALLOWED_ORIGINS": "https://a.example/, https://b.example",
            "LOG_FORMAT": "json",
            "BODY_LIMIT": "1000",
            "BATCH_LIMIT": "2",
            "BODY_TIMEOUT": "3",
            "REQUEST_TIMEOUT": "4",
            "MAINTAIN_EVERY": "60",
            "TRUSTED_DOCUMENTS": "/srv/documents",
            "TRUSTED_DOCUMENTS_ONLY": "1",
        }
    )

    assert settings.state == Path("/srv/state")
    assert settings.world_database_url == "postgres://db/{world_id}"
    assert settings.metrics_database_url == "postgres://series/metrics"
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert (settings.port, settings.log_format, settings.loopback) == (80, "json", False)
    assert (settings.body_limit, settings.batch_limit) == (1000, 2)
    assert (settings.body_timeout, settings.request_timeout) == (3, 4)
    assert settings.maintain_every == 60
    assert (settings.trusted_documents, settings.trusted_documents_only) == (Path("/srv/documents"), True)


def test_a_server_may_leave_maintenance_to_others() -> None:
    assert Settings.read({"MAINTAIN_EVERY": "0", "HOME": "/"}).maintain_every == 0


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({"XDG_STATE_HOME": "/var/state", "HOME": "/root"}, "/var/state/entente"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/root"}, "/root/.local/state/entente"),
        ({"ENTENTE_STATE": "/here", "XDG_STATE_HOME": "/var/state"}, "/here"),
    ],
)
def test_the_state_folder_is_where_the_system_keeps_state(environ: dict[str, str], state: str) -> None:
    assert Settings.read(environ).state == Path(state)


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "mysql://db/entente"},
        {"WORLD_DATABASE_URL": "postgresql://db/one_for_all"},
        {"REDIS_URL": "localhost:6379"},
        {"METRICS_DATABASE_URL": "influx://series"},
        {"PORT": "http"},
        {"PORT": "65536"},
        {"PORT": "²"},
        {"BODY_LIMIT": "1 MB"},
        {"BATCH_LIMIT": "0"},
        {"REQUEST_TIMEOUT": "-1"},
        {"TRUSTED_DOCUMENTS_ONLY": "yes", "TRUSTED_DOCUMENTS": "/srv/documents"},
        {"TRUSTED_DOCUMENTS_ONLY": "1"},
        {"PORT": "9" * 5000},
        {"LOG_FORMAT": "xml"},
        {"ATTACHED_WORLDS": "speed"},
        {"ATTACHED_WORLDS": "=postgresql://db/game"},
        {"ATTACHED_WORLDS": "speed=mysql://db/game"},
        {"ATTACHED_WORLDS_FILE": "/nowhere/worlds"},
        {"ENTENTE_ADMIN_KEY_FILE": "/nowhere/key"},
        {"ENTENTE_ADMIN_KEY_FILE": "/dev/null"},
    ],
)
def test_a_setting_that_makes_no_sense_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(environ))):
        Settings.read({"HOME": "/root", **environ})


def test_the_admin_key_may_lie_in_a_file_but_not_in_both_places(tmp_path: Path) -> None:
    key = tmp_path / "admin_key"
    key.write_text("secret\n")
    environ = {"HOME": "/root", "ENTENTE_ADMIN_KEY_FILE": str(key)}

    assert Settings.read(environ).admin_key == "secret"
    with pytest.raises(SettingsError, match="not both"):
        Settings.read({**environ, "ENTENTE_ADMIN_KEY": "other"})


def test_attached_worlds_may_be_said_or_lie_in_a_file(tmp_path: Path) -> None:
    worlds = tmp_path / "worlds"
    worlds.write_text("x-3=postgresql://a:p=w@db/x3\nspeed=postgres://db/speed\n")
    told = {"x-3": "postgresql://a:p=w@db/x3", "speed": "postgres://db/speed"}

    assert Settings.read({"HOME": "/root", "ATTACHED_WORLDS_FILE": str(worlds)}).attached_worlds == told
    assert Settings.read({"HOME": "/root", "ATTACHED_WORLDS": worlds.read_text()}).attached_worlds == told


def test_settings_never_show_what_is_secret() -> None:
    environ = {
        "HOME": "/root",
        "ENTENTE_ADMIN_KEY": "hush",
        "DATABASE_URL": "postgresql://me:hush@db",
        "ATTACHED_WORLDS": "speed=postgresql://me:hush@game",
    }
    shown = repr(Settings.read(environ))

    assert "hush" not in shown


def test_limits_are_set_one_by_one() -> None:
    limits = Settings.read({"LIMIT_DEPTH": "30"}).limits

    assert limits == replace(Limits(), depth=30)


def test_a_limit_that_is_no_number_is_told() -> None:
    with pytest.raises(SettingsError, match="LIMIT_COST must be a whole number above 0"):
        Settings.read({"LIMIT_COST": "much"})
