from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataflow_health.errors import ConfigError, NotAllowed, NotFound
from dataflow_health.health.saved_view import SavedView
from dataflow_health.operations.views import SavedViews, recorder
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests import installation

NIGHT = SavedView(describes="Night shift", processes=("parse",))
DONE: list[tuple[str, str]] = []


@contextmanager
def record(action: str, name: str) -> Iterator[None]:
    yield
    DONE.append((action, name))


@pytest.fixture
def views(tmp_path: Path) -> SavedViews:
    DONE.clear()
    (tmp_path / "config").mkdir()
    return SavedViews(installation.settings(tmp_path, config=tmp_path / "config"))


def file_of(tmp_path: Path, name: str = "night") -> Path:
    return tmp_path / "config" / "views" / f"{name}.yaml"


def test_a_view_is_saved_read_changed_and_deleted(views: SavedViews, tmp_path: Path) -> None:
    done = views.save("night", NIGHT, "", record)
    assert (done.file, done.comments_lost) == ("views/night.yaml", 0)
    assert file_of(tmp_path).read_text() == "describes: Night shift\nprocesses: [parse]\n"
    found = views.get("night")
    assert (found.view, found.version, found.is_own) == (NIGHT, done.version, True)
    longer = NIGHT.model_copy(update={"notes": "Call Eva."})
    views.save("night", longer, found.version, record)
    assert views.get("night").view == longer
    (entry,) = [each for each in views.entries() if each.name == "night"]
    assert (entry.describes, entry.problem) == ("Night shift", "")
    views.delete("night", record)
    with pytest.raises(NotFound, match="no view is named 'night'"):
        views.get("night")
    assert DONE == [("view_save", "night")] * 2 + [("view_delete", "night")]


def test_a_change_by_another_person_is_not_overwritten(views: SavedViews, tmp_path: Path) -> None:
    version = views.save("night", NIGHT, "", record).version
    file_of(tmp_path).write_text("describes: Changed by hand\n")
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        views.save("night", NIGHT, version, record)
    with pytest.raises(NotAllowed, match="exists already"):
        views.save("night", NIGHT, "", record)
    file_of(tmp_path).unlink()
    with pytest.raises(NotAllowed, match="deleted meanwhile"):
        views.save("night", NIGHT, version, record)


def test_all_mistakes_of_a_file_are_named_at_once(views: SavedViews, tmp_path: Path) -> None:
    text = b"describes: x\nprocesses: [pars]\nlayout: [clock]\ncolour: red\n"
    with pytest.raises(ConfigError) as refused:
        views.import_file("night", text, None, record)
    shown = str(refused.value)
    assert "views/night.yaml:3: layout.0" in shown
    assert "unknown key colour" in shown
    with pytest.raises(ConfigError, match=r"no process matches pars.*did you mean parse"):
        views.import_file("night", b"describes: x\nprocesses: [pars]\n", None, record)
    assert not file_of(tmp_path).exists()
    assert DONE == []


@pytest.mark.parametrize("name", ["../night", "a/b", "", ".night", "Night", "n" * 65, "night.yaml"])
def test_a_name_that_is_no_name_writes_no_file(
    views: SavedViews, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NotAllowed, match="is no name of a view"):
        views.import_file(name, b"describes: x\n", None, record)
    with pytest.raises(NotAllowed, match="is no name of a view"):
        views.save(name, NIGHT, "", record)
    assert [each.name for each in tmp_path.rglob("*")] == ["config"]


def test_an_imported_file_stays_as_it_is_and_replaces_none_unless_it_may(
    views: SavedViews, tmp_path: Path
) -> None:
    raw = b"# by hand\r\ndescribes: x\r\n"
    views.import_file("night", raw, "", record)
    assert views.file("night") == raw == file_of(tmp_path).read_bytes()
    with pytest.raises(NotAllowed, match="exists already"):
        views.import_file("night", raw, "", record)
    views.import_file("night", b"describes: y\n", None, record)
    with pytest.raises(NotAllowed, match="at most"):
        views.import_file("night", b"#" * 64_001, None, record)


def test_an_invalid_file_is_listed_with_its_mistakes(views: SavedViews, tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir(parents=True)
    file_of(tmp_path).write_text("colour: red\n")
    (entry,) = [each for each in views.entries() if each.name == "night"]
    assert "unknown key colour" in entry.problem
    with pytest.raises(ConfigError, match="unknown key colour"):
        views.get("night")


def test_without_a_folder_that_can_be_written_nothing_is_saved(tmp_path: Path) -> None:
    bare = SavedViews(installation.settings(tmp_path))
    with pytest.raises(NotAllowed, match="set DATAFLOW_HEALTH_CONFIG"):
        bare.save("night", NIGHT, "", record)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(NotAllowed, match="cannot be written"):
        SavedViews(installation.settings(tmp_path, config=blocked)).save("n", NIGHT, "", record)


def test_a_save_is_in_the_audit_log_and_a_failed_one_is_not(tmp_path: Path) -> None:
    chosen = installation.settings(tmp_path, config=tmp_path / "config")
    engine = installation.filled(chosen)
    eva = recorder(engine, Operator("eva", "cli@here"), installation.NOW)
    SavedViews(chosen).save("night", NIGHT, "", eva)
    (tmp_path / "config" / "views").chmod(0o700)
    with pytest.raises(OSError, match="full"), eva("view_save", "night"):
        raise OSError("full")
    found = [(each.operator, each.action, each.subject) for each in audit_log.read(engine)]
    assert found[0] == ("eva", "view_save", "view night")
    assert len([each for each in found if each[1] == "view_save"]) == 1
    engine.dispose()
