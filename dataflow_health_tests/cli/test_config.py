import json
from pathlib import Path

import pytest

from dataflow_health.settings import Settings
from dataflow_health_tests.cli.conftest import Run


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    key = tmp_path / "key"
    key.write_text("s3cret-of-the-file")
    for name, value in {
        "HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://health:s3cret-of-the-url@db/health",
        "API_KEY_FILE": str(key),
        "PSEUDONYM_KEY": "s3cret-of-the-pseudonyms",
        "PING_URL": "https://ping.example/s3cret-of-the-path",
        "ALERT_HANGAR": "slack://s3cret-a/s3cret-b",
    }.items():
        monkeypatch.setenv(f"DATAFLOW_HEALTH_{name}", value)
    return run


def test_every_setting_stands_with_its_value_and_origin_and_no_secret(
    secrets: Run, tmp_path: Path
) -> None:
    result = secrets("config", "show", "--json")
    assert result.exit_code == 0, result.output
    assert "s3cret" not in result.output
    rows = {row["setting"]: row for row in json.loads(result.output)}
    fields = {f"DATAFLOW_HEALTH_{name.upper()}" for name in Settings.model_fields}
    assert set(rows) == {*fields, "DATAFLOW_HEALTH_ALERT_HANGAR"}
    found = {name: (row["value"], row["origin"]) for name, row in rows.items()}
    assert found["DATAFLOW_HEALTH_HOME"] == (str(tmp_path), "DATAFLOW_HEALTH_HOME")
    assert found["DATAFLOW_HEALTH_SETTLE_S"] == ("2.0", "default")
    url = "postgresql://health:***@db/health"
    assert found["DATAFLOW_HEALTH_DATABASE_URL"] == (url, "DATAFLOW_HEALTH_DATABASE_URL")
    assert found["DATAFLOW_HEALTH_API_KEY"] == ("***", f"file {tmp_path / 'key'}")
    assert found["DATAFLOW_HEALTH_ALERT_HANGAR"][0] == "slack://***"


def test_a_line_is_a_variable_with_its_value_and_where_it_comes_from(
    secrets: Run, tmp_path: Path
) -> None:
    result = secrets("config", "show")
    assert result.exit_code == 0, result.output
    assert "s3cret" not in result.output
    assert f"DATAFLOW_HEALTH_HOME={tmp_path}\n" in result.output
    assert "DATAFLOW_HEALTH_WORKERS=2  # default\n" in result.output


def test_a_wrong_variable_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_WORKRES", "3")
    result = run("config", "show")
    assert result.exit_code == 2
    assert "DATAFLOW_HEALTH_WORKRES" in result.output
