from pathlib import Path

import pytest

from dataflow_health.health.outside_check import AirflowRuns
from dataflow_health.monitoring.collectors import address
from dataflow_health.monitoring.probes.result import NotConfigured

CHECK = AirflowRuns(
    kind="airflow_runs", name="airflow_runs", url="https://a.example/", url_from="A"
)


def test_the_variable_comes_before_the_file_and_both_before_the_check(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://file.example/\n")
    file = {"A_FILE": str(tmp_path / "url")}
    assert address.of_web_check(CHECK, {}) == "https://a.example"
    assert address.of_web_check(CHECK, file) == "https://file.example"
    assert address.of_web_check(CHECK, {"A": "http://b"} | file) == "http://b"


def test_an_address_of_the_environment_is_checked_and_never_shown() -> None:
    with pytest.raises(NotConfigured, match="A: the address holds a user") as caught:
        address.of_web_check(CHECK, {"A": "https://me:hunter2222@a.example"})
    assert "hunter2222" not in str(caught.value)


def test_a_secret_is_that_of_the_variable_or_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    assert address.secret("TOKEN", {"TOKEN_FILE": str(tmp_path / "token")}) == "abc"
    assert address.secret("TOKEN", {"TOKEN": "def"}) == "def"
    with pytest.raises(NotConfigured, match="TOKEN is not set, and TOKEN_FILE names no file"):
        address.secret("TOKEN", {})
    with pytest.raises(NotConfigured, match="cannot be read: Is a directory"):
        address.secret("TOKEN", {"TOKEN_FILE": str(tmp_path)})
    (tmp_path / "token").write_bytes(b"\xff")
    with pytest.raises(NotConfigured, match="it is not UTF-8 text"):
        address.secret("TOKEN", {"TOKEN_FILE": str(tmp_path / "token")})
