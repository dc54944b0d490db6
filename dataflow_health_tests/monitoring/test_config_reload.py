from pathlib import Path

import pytest

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.errors import ConfigError
from dataflow_health.monitoring.config_reload import ConfigReloader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "processes").mkdir()
    return tmp_path


def declare(folder: Path, text: str) -> None:
    (folder / "processes" / "link.yaml").write_text(text)


def test_a_new_file_is_taken_when_somebody_looks(folder: Path) -> None:
    config = ConfigReloader((BUILTIN_FOLDER, folder))
    assert not config.reload_if_changed()
    declare(folder, "describes: The fleet's link.\nexternal: true\nbefore: [download]\n")
    assert config.reload_if_changed()
    assert "link" in config.current.processes
    assert not config.reload_if_changed()


def test_a_wrong_file_changes_nothing_and_is_reported(folder: Path) -> None:
    config = ConfigReloader((BUILTIN_FOLDER, folder))
    before = config.current
    declare(folder, "describes: The fleet's link.\nbefor: [download]\n")
    assert config.reload_if_changed()
    assert config.current is before
    assert "link.yaml:2" in config.errors[0]
    declare(folder, "describes: The fleet's link.\nbefore: [download]\n")
    assert config.reload_if_changed()
    assert config.errors == ()


def test_wrong_files_at_the_start_are_refused(folder: Path) -> None:
    declare(folder, "describes: [\n")
    with pytest.raises(ConfigError, match=r"link\.yaml"):
        ConfigReloader((BUILTIN_FOLDER, folder))


def test_a_folder_that_disappears_takes_no_process_off_the_board(folder: Path) -> None:
    declare(folder, "describes: The fleet's link.\nexternal: true\nbefore: [download]\n")
    config = ConfigReloader((BUILTIN_FOLDER, folder))
    away = folder.rename(folder.with_name("away"))
    assert (config.reload_if_changed(), config.reload_if_changed()) == (True, False)
    assert "link" in config.current.processes
    assert "does not exist" in config.errors[0]
    away.rename(folder)
    assert config.reload_if_changed()
    assert config.errors == ()
