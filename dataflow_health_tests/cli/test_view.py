import json
from pathlib import Path

import pytest

from dataflow_health.storage.records import audit_log
from dataflow_health_tests import installation

NIGHT = "# by hand\ndescribes: Night shift\nprocesses: [parse]\n"


@pytest.fixture
def home(tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    installation.filled(installation.settings(tmp_path)).dispose()
    return tmp_path


def test_a_file_is_imported_listed_shown_exported_and_deleted(run, home: Path) -> None:
    assert run("view", "list").output == "There are no saved views.\n"
    file = home / "night.yaml"
    file.write_text(NIGHT)
    done = run("view", "import", file, "--operator", "eva")
    assert done.output == "saved as views/night.yaml: /?view=night\n"
    assert "Night shift" in run("view", "list").output
    assert run("view", "show", "night").output == NIGHT
    shown = json.loads(run("view", "show", "night", "--json").output)
    assert shown["view"]["processes"] == ["parse"]
    target = home / "copy.yaml"
    assert run("view", "export", "night", "--to", target).exit_code == 0
    assert target.read_text() == NIGHT
    kept = run("view", "export", "night", "--to", target)
    assert (kept.exit_code, "already exists and is kept" in kept.output) == (2, True)
    assert run("view", "delete", "night").exit_code == 0
    assert run("view", "show", "night").exit_code == 2
    engine = installation.monitor(installation.settings(home)).engine
    entries = [(each.action, each.operator) for each in audit_log.read(engine)[:2]]
    assert entries[1] == ("view_save", "eva")
    engine.dispose()


def test_a_view_is_replaced_only_when_that_is_said(run, home: Path) -> None:
    file = home / "night.yaml"
    file.write_text(NIGHT)
    assert run("view", "import", file).exit_code == 0
    assert "exists already" in run("view", "import", file).output
    assert run("view", "import", file, "--replace", "--json").exit_code == 0
    assert run("view", "import", file, "--name", "late").exit_code == 0
    names = [each["name"] for each in json.loads(run("view", "list", "--json").output)]
    assert names == ["late", "night"]


def test_an_invalid_file_is_refused_with_its_mistakes_and_listed_when_it_is_there(
    run, home: Path
) -> None:
    file = home / "night.yaml"
    file.write_text("processes: [pars]\ncolour: red\n")
    refused = run("view", "import", file)
    assert refused.exit_code == 2
    assert "unknown key colour" in refused.output
    assert "missing key describes" in refused.output
    (home / "config" / "views").mkdir()
    file.rename(home / "config" / "views" / "night.yaml")
    listed = run("view", "list")
    assert (listed.exit_code, "invalid:" in listed.output) == (1, True)
