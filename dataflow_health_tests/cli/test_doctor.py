import json
from pathlib import Path

import pytest

from dataflow_health.settings import Settings

pytestmark = pytest.mark.server

LOOKED_AT = [
    "python", "config", "disk", "source", "database", "java", "spark", "daemon", "pictures",
]  # fmt: skip


def examined(said) -> dict[str, dict[str, str]]:
    return {each["name"]: each for each in json.loads(said.output)["findings"]}


def test_everything_that_a_run_needs_is_looked_at(run, installation: Settings) -> None:
    found = examined(run("doctor", "--home", installation.home, "--json"))
    assert list(found) == LOOKED_AT
    assert found["database"]["outcome"] == "good"
    assert found["config"]["outcome"] == "good"


def test_what_is_not_good_comes_with_its_fix(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/db")
    monkeypatch.setenv("DATAFLOW_HEALTH_SOURCE_URL", str(tmp_path / "gone"))
    monkeypatch.setenv("DATAFLOW_HEALTH_SPARK_MASTER", "spark://127.0.0.1:1")
    said = run("doctor", "--home", tmp_path, "--json")
    found = examined(said)
    for name in ("database", "source", "spark"):
        assert found[name]["outcome"] == "bad", name
    for each in found.values():
        assert bool(each["fix"]) == (each["outcome"] != "good"), each
    assert "s3cret" not in said.output
    assert said.exit_code == 1


def test_yaml_that_is_wrong_is_named_with_the_command_that_tells_all(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    (tmp_path / "own" / "processes" / "link.yaml").write_text("describes: [\n")
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(tmp_path / "own"))
    config = examined(run("doctor", "--home", tmp_path, "--json"))["config"]
    assert "link.yaml" in config["detail"]
    assert config["fix"] == f"dataflow-health validate {tmp_path / 'own'}"


def test_the_terminal_shows_a_line_and_its_fix(run, tmp_path: Path) -> None:
    said = run("doctor", "--home", tmp_path)
    assert "- database" in said.output
    assert "fix: dataflow-health demo" in said.output
