from pathlib import Path

import pytest

from dataflow_health import settings
from dataflow_health.errors import ConfigError
from dataflow_health.settings import Settings


def test_settings_come_from_variables_with_the_prefix(tmp_path: Path) -> None:
    chosen = settings.load(
        {"DATAFLOW_HEALTH_HOME": str(tmp_path), "DATAFLOW_HEALTH_WORKERS": "7", "PATH": "/bin"}
    )
    assert (chosen.home, chosen.workers) == (tmp_path, 7)


def test_what_is_not_set_is_inside_the_home(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path)
    assert chosen.source_url == str(tmp_path / "landing")
    assert chosen.lake_url == (tmp_path / "lake").as_uri()
    assert chosen.database_url.get_secret_value() == f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    assert chosen.dagster_home == tmp_path / "dagster"


def test_every_wrong_variable_is_named() -> None:
    wrong = {"DATAFLOW_HEALTH_WORKERS": "none", "DATAFLOW_HEALTH_WORKER": "2"}
    with pytest.raises(ConfigError) as caught:
        settings.load(wrong)
    assert {issue.key for issue in caught.value.issues} == set(wrong)


def test_channels_of_alert_rules_are_no_settings() -> None:
    settings.load({"DATAFLOW_HEALTH_ALERT_ON_CALL": "json://127.0.0.1/"})


def test_a_key_is_kept_as_its_digest_only() -> None:
    digest = "a" * 64
    chosen = settings.load(
        {"DATAFLOW_HEALTH_API_KEYS": f"anna:operate:{digest}, bot:read:{digest}"}
    )
    assert [(key.name, key.scope) for key in chosen.api_keys] == [
        ("anna", "operate"), ("bot", "read"),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="name:scope:sha256"):
        settings.load({"DATAFLOW_HEALTH_API_KEYS": "anna:operate"})


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path)
    child = settings.export(chosen, {"PATH": "/bin"})
    assert child["PATH"] == "/bin"
    assert child["DAGSTER_HOME"] == str(chosen.dagster_home)
    own = {name: value for name, value in child.items() if name.startswith(settings.PREFIX)}
    assert settings.load(own) == chosen


@pytest.mark.parametrize(
    "given", [{"SANDBOX_FILE_BYTES": "1000"}, {"MAX_ARCHIVE_BYTES": str(16 << 30)}]
)
def test_a_member_that_an_archive_may_have_fits_into_the_sandbox(given: dict[str, str]) -> None:
    environ = {f"DATAFLOW_HEALTH_{name}": value for name, value in given.items()}
    with pytest.raises(ConfigError, match=r"SANDBOX_FILE_BYTES.*MAX_ARCHIVE_BYTES"):
        settings.load(environ)
    sound = environ | {"DATAFLOW_HEALTH_MAX_ARCHIVE_BYTES": "1000"}
    assert settings.load(sound).max_archive_bytes == 1000


def test_a_child_process_finds_libraries_as_its_parent_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    monkeypatch.delenv("PYTHONHOME", raising=False)
    found = settings.loader_environment()
    assert found["LD_LIBRARY_PATH"] == "/opt/lib"
    assert "PYTHONHOME" not in found


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"AUDIENCE": ""}, "TOKEN_AUDIENCE and DATAFLOW_HEALTH_TOKEN_KEYS"),
        ({"KEYS": ""}, "TOKEN_AUDIENCE and DATAFLOW_HEALTH_TOKEN_KEYS"),
        ({"KEYS": "http://login.example.org/keys"}, "give an https URL"),
        ({"ALGORITHMS": "RS256,HS256"}, "TOKEN_ALGORITHMS"),
        ({"ALGORITHMS": "none"}, "TOKEN_ALGORITHMS"),
        ({"ALGORITHMS": ""}, "TOKEN_ALGORITHMS"),
    ],
)
def test_tokens_that_could_be_forged_are_not_accepted(given: dict[str, str], problem: str) -> None:
    sound = {"ISSUER": "https://login.example.org", "AUDIENCE": "health", "KEYS": "/keys.json"}
    environ = {f"DATAFLOW_HEALTH_TOKEN_{name}": value for name, value in (sound | given).items()}
    with pytest.raises(ConfigError, match=problem):
        settings.load(environ)


def test_without_an_issuer_no_tokens_are_accepted() -> None:
    assert settings.load({"DATAFLOW_HEALTH_TOKEN_ISSUER": ""}).tokens is None
