from pathlib import Path

import pytest

from dataflow_health.config import catalogue as everything
from dataflow_health.config import process_config
from dataflow_health.errors import ConfigError

SERVICE = "describes: A service.\nexternal: true\nbefore: [load]\n"


def own(folder: Path, text: str = SERVICE, name: str = "service") -> Path:
    (folder / "processes").mkdir(exist_ok=True)
    (folder / "processes" / f"{name}.yaml").write_text(text)
    return folder


def test_the_processes_are_those_of_the_whole_catalogue(tmp_path: Path) -> None:
    folders = (everything.builtin_folder(), own(tmp_path))
    assert process_config.load(*folders).processes == everything.load(*folders).processes
    assert process_config.load(*folders).parts == everything.load(*folders).parts


def test_a_later_folder_replaces_a_file_of_the_same_name(tmp_path: Path) -> None:
    folder = own(tmp_path, "describes: Other.\nexternal: true\n", "spark")
    assert (
        process_config.load(process_config.builtin_folder(), folder).processes["spark"].describes
        == "Other."
    )


@pytest.mark.parametrize(
    "text",
    ["describes: [", "describes: A.\nbefor: [load]\n", "describes: A.\nafter: [lod]\n", "- a\n"],
)
def test_what_is_wrong_is_told_as_the_whole_catalogue_tells_it(tmp_path: Path, text: str) -> None:
    folders = (process_config.builtin_folder(), own(tmp_path, text))
    with pytest.raises(ConfigError) as lean:
        process_config.load(*folders)
    with pytest.raises(ConfigError) as whole:
        everything.load(*folders)
    assert lean.value.issues == whole.value.issues


def test_the_fingerprint_tells_a_changed_a_new_and_a_removed_file(tmp_path: Path) -> None:
    seen = [process_config.fingerprint(tmp_path)]
    seen.append(process_config.fingerprint(own(tmp_path)))
    seen.append(process_config.fingerprint(own(tmp_path, SERVICE + "owner: team:a\n")))
    (tmp_path / "processes" / "service.yaml").unlink()
    assert len(set(seen)) == 3
    assert process_config.fingerprint(tmp_path) == seen[0]
