import json
from pathlib import Path

import pytest

from dataflow_health.settings import Settings

pytestmark = pytest.mark.server

NAMES = [
    "python", "config", "disk", "source", "database", "java", "spark", "daemon", "rendering",
]  # fmt: skip


def checks(result) -> dict[str, dict[str, str]]:
    return {each["name"]: each for each in json.loads(result.output)["checks"]}


def test_everything_a_run_needs_is_checked(run, installation: Settings) -> None:
    found = checks(run("doctor", "--home", installation.home, "--json"))
    assert list(found) == NAMES
    assert found["database"]["outcome"] == "ok"
    assert found["config"]["outcome"] == "ok"


def test_every_problem_has_a_fix_and_a_failure_exits_with_code_1(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/db")
    monkeypatch.setenv("DATAFLOW_HEALTH_SOURCE_URL", str(tmp_path / "gone"))
    monkeypatch.setenv("DATAFLOW_HEALTH_SPARK_MASTER", "spark://127.0.0.1:1")
    result = run("doctor", "--home", tmp_path, "--json")
    found = checks(result)
    for name in ("database", "source", "spark"):
        assert found[name]["outcome"] == "failed", name
    for each in found.values():
        assert bool(each["fix"]) == (each["outcome"] != "ok"), each
    assert "s3cret" not in result.output
    assert result.exit_code == 1


def test_the_terminal_shows_a_line_per_check_and_its_fix(run, tmp_path: Path) -> None:
    result = run("doctor", "--home", tmp_path)
    assert "- database" in result.output
    assert "fix: dataflow-health demo" in result.output
