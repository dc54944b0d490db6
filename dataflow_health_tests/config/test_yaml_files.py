import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from dataflow_health.config import BUILTIN_FOLDER, catalogue, process_config, yaml_files
from dataflow_health.errors import ConfigError
from dataflow_health_tests.config.test_process_config import SERVICE, write_process


def test_the_fingerprint_changes_when_a_file_is_added_changed_or_removed(tmp_path: Path) -> None:
    fingerprints = [yaml_files.fingerprint(tmp_path)]
    fingerprints.append(yaml_files.fingerprint(write_process(tmp_path)))
    fingerprints.append(
        yaml_files.fingerprint(write_process(tmp_path, SERVICE + "owner: team:a\n"))
    )
    (tmp_path / "processes" / "service.yaml").unlink()
    assert len(set(fingerprints)) == 3
    assert yaml_files.fingerprint(tmp_path) == fingerprints[0]


UNREADABLE = {
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to("gone"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("load", [process_config.load, catalogue.load])
def test_what_cannot_be_read_is_an_invalid_file_and_not_a_missing_one(
    tmp_path: Path, make: object, load: object
) -> None:
    make(write_process(tmp_path) / "processes" / "other.yaml")
    with pytest.raises(ConfigError, match=r"other\.yaml.*(cannot be read|not a regular file)"):
        load(BUILTIN_FOLDER, tmp_path)


def test_a_file_that_cannot_be_reached_has_a_fingerprint_until_it_is_mended(tmp_path: Path) -> None:
    path = write_process(tmp_path) / "processes" / "other.yaml"
    path.symlink_to(path)
    broken = yaml_files.fingerprint(tmp_path)
    path.unlink()
    path.write_text(SERVICE)
    assert yaml_files.fingerprint(tmp_path) != broken


@pytest.mark.parametrize("load", [process_config.load, yaml_files.fingerprint])
def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, load: object) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load(BUILTIN_FOLDER, tmp_path / "gone")


def test_what_an_editor_hides_while_a_file_is_open_is_no_configuration(tmp_path: Path) -> None:
    (write_process(tmp_path) / "processes" / ".#service.yaml").symlink_to("user@host.1234")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "other.yaml").write_text("- a\n")
    assert "service" in catalogue.load(BUILTIN_FOLDER, tmp_path).processes


def test_a_file_that_may_be_read_from_now_on_is_a_changed_file(tmp_path: Path) -> None:
    path = write_process(tmp_path) / "processes" / "service.yaml"
    path.chmod(0o000)
    before = yaml_files.fingerprint(tmp_path)
    path.chmod(0o644)
    assert yaml_files.fingerprint(tmp_path) != before


def test_a_folder_that_cannot_be_reached_is_an_error_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Mock(side_effect=OSError(116, "Stale file handle"))
    monkeypatch.setattr(Path, "is_dir", stale)
    with pytest.raises(ConfigError, match="Stale file handle"):
        yaml_files.fingerprint(tmp_path)


def test_processes_are_read_from_their_own_folder_only(tmp_path: Path) -> None:
    write_process(tmp_path)
    (tmp_path / "old").mkdir()
    write_process(tmp_path / "old", name="spark")
    assert process_config.load(BUILTIN_FOLDER, tmp_path).processes["spark"].describes != SERVICE
