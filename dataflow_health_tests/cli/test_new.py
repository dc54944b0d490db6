import sys
from pathlib import Path

import pytest

from dataflow_health.cli.new import FILES
from dataflow_health_tests.cli.conftest import Run


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(folder))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def test_every_kind_is_written_valid_with_its_examples(run: Run, own: Path) -> None:
    for kind in FILES:
        name = "hums" if kind in ("recorder", "mapping") else f"own_{kind}"
        result = run("new", kind, name)
        assert result.exit_code == 0, result.output
        assert f"Change it, then run: dataflow-health validate {own}" in result.output
    result = run("validate")
    assert result.exit_code == 0, result.output
    assert not [each for each in own.rglob("*") if each.is_file() and "NAME" in each.read_text()]


def test_the_function_of_a_probe_passes(run: Run, own: Path) -> None:
    assert run("new", "probe", "tape_robot").exit_code == 0
    source: dict[str, object] = {}
    exec(compile((own / "tape_robot_probe.py").read_text(), "probe", "exec"), source)
    is_well = source["is_well"]
    assert callable(is_well)
    assert is_well({"at_least": 5}, None).outcome == "passed"
    assert is_well({"at_least": 8}, None).outcome == "failed"


def test_a_file_that_exists_and_a_name_that_is_none_are_refused(run: Run, own: Path) -> None:
    assert run("new", "alert", "night").exit_code == 0
    kept = (own / "alerts" / "night.yaml").read_text()
    again = run("new", "alert", "night")
    assert (again.exit_code, "already exists" in again.output) == (2, True)
    assert (own / "alerts" / "night.yaml").read_text() == kept
    outside = run("new", "alert", "../night")
    assert (outside.exit_code, "is no name" in outside.output) == (2, True)


def test_a_mapping_of_no_recorder_is_written_and_reported(run: Run, own: Path) -> None:
    result = run("new", "mapping", "unknown")
    assert result.exit_code == 1
    assert "unknown" in result.stderr
    assert (own / "mappings" / "unknown.yaml").exists()


def test_without_a_folder_there_is_nowhere_to_write(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "home"))
    result = run("new", "alert", "night")
    assert (result.exit_code, "DATAFLOW_HEALTH_CONFIG" in result.output) == (2, True)
