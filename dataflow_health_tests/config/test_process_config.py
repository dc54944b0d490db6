from pathlib import Path

import pytest

from dataflow_health.config import BUILTIN_FOLDER, catalogue, process_config
from dataflow_health.errors import ConfigError

SERVICE = "describes: A service.\nexternal: true\nbefore: [load]\n"


def write_process(folder: Path, text: str = SERVICE, name: str = "service") -> Path:
    (folder / "processes").mkdir(exist_ok=True)
    (folder / "processes" / f"{name}.yaml").write_text(text)
    return folder


def test_processes_and_parts_equal_those_of_the_whole_catalogue(tmp_path: Path) -> None:
    folders = (BUILTIN_FOLDER, write_process(tmp_path))
    assert process_config.load(*folders).processes == catalogue.load(*folders).processes
    assert process_config.load(*folders).parts == catalogue.load(*folders).parts


def test_a_later_folder_replaces_a_file_of_the_same_name(tmp_path: Path) -> None:
    folder = write_process(tmp_path, "describes: Other.\nexternal: true\n", "spark")
    assert process_config.load(BUILTIN_FOLDER, folder).processes["spark"].describes == "Other."


@pytest.mark.parametrize(
    "text",
    [
        "describes: [",
        "describes: A.\nbefor: [load]\n",
        "describes: A.\nafter: [lod]\n",
        "describes: A.\nchecks: [{kind: asset_check, name: frames_in_sync}]\n",
        "- a\n",
    ],
)
def test_an_invalid_file_raises_the_same_issues_as_the_whole_catalogue(
    tmp_path: Path, text: str
) -> None:
    folders = (BUILTIN_FOLDER, write_process(tmp_path, text))
    with pytest.raises(ConfigError) as caught:
        process_config.load(*folders)
    with pytest.raises(ConfigError) as expected:
        catalogue.load(*folders)
    assert caught.value.issues == expected.value.issues
