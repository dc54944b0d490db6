from pathlib import Path

import pytest

from dataflow_health import secret_files, settings
from dataflow_health.errors import ConfigError

SECRETS = (
    "DATABASE_URL", "SOURCE_URL", "LAKE_URL", "PING_URL", "SCHEDULE_URL", "API_KEY",
    "PSEUDONYM_KEY", "TELEMETRY_URL", "OPENLINEAGE_KEY",
)  # fmt: skip
"""Names of the secret settings that take any text of 16 characters."""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("sqlite:///secret\n")
    return path


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_setting_is_read_from_a_file(secret: Path, name: str) -> None:
    chosen = settings.load({f"DATAFLOW_HEALTH_{name}_FILE": str(secret)})
    value = getattr(chosen, name.lower())
    assert getattr(value, "get_secret_value", lambda: value)() == "sqlite:///secret"


def test_every_secret_setting_is_covered() -> None:
    types = {
        name for name, field in settings.Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }  # fmt: skip
    assert types | {"api_keys"} <= settings.SECRET_FIELDS
    assert {name.lower() for name in SECRETS} | {"api_keys"} == settings.SECRET_FIELDS


def test_api_keys_and_channels_of_alerts_are_read_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, channel = tmp_path / "keys", tmp_path / "channel"
    keys.write_text(f"anna:read:{'a' * 64}")
    channel.write_text("json://127.0.0.1/\n")
    monkeypatch.setenv("DATAFLOW_HEALTH_API_KEYS_FILE", str(keys))
    monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_ON_CALL_FILE", str(channel))
    chosen = settings.load()
    assert [key.name for key in chosen.api_keys] == ["anna"]
    for environment in (settings.environment(), settings.export(chosen)):
        assert environment["DATAFLOW_HEALTH_ALERT_ON_CALL"] == "json://127.0.0.1/"


def test_a_child_process_gets_the_value_and_not_both(secret: Path) -> None:
    environ = {"DATAFLOW_HEALTH_DATABASE_URL_FILE": str(secret)}
    chosen = settings.load(environ)
    child = settings.export(chosen, environ)
    assert settings.load(child) == chosen


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read: No such file"), (b"\xff\xfe\xff", "it is not UTF-8 text")],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        settings.load({"DATAFLOW_HEALTH_PING_URL_FILE": str(path)})
    assert [issue.key for issue in caught.value.issues] == ["DATAFLOW_HEALTH_PING_URL_FILE"]


def test_a_value_and_a_file_at_once_are_refused(secret: Path) -> None:
    environ = {"DATAFLOW_HEALTH_API_KEY": "k", "DATAFLOW_HEALTH_API_KEY_FILE": str(secret)}
    with pytest.raises(ConfigError, match="one of DATAFLOW_HEALTH_API_KEY and"):
        settings.load(environ)


def test_other_settings_have_no_file() -> None:
    values, issues = secret_files.resolve({"X_FILE": "a"}, lambda _: False)
    assert (values, issues) == ({"X_FILE": "a"}, [])
    with pytest.raises(ConfigError, match="no such setting"):
        settings.load({"DATAFLOW_HEALTH_WORKERS_FILE": "/x"})
