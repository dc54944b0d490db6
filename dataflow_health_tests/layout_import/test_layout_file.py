import zipfile

import pytest

from dataflow_health.errors import ConfigError
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health_tests.layout_import.ags_tables import par, regular, write_tables


def test_archive_folder_and_text_tables_give_the_same_layout(tmp_path):
    (tmp_path / "plain").mkdir()
    fra = write_tables(tmp_path, [regular("P", 4, 1, 20, 6, 6, 6)], par("P", "PACKED BITS", 6, 6))
    for file in (fra, fra.with_suffix(".par")):
        text = file.read_text("utf-16")
        (tmp_path / "plain" / f"{file.name}.txt").write_text(text, "utf-8")
    vec = tmp_path / "000123.vec"
    with zipfile.ZipFile(vec, "w") as archive:
        archive.write(fra, "000123.fra")
        archive.write(fra.with_suffix(".par"), "000123.par")
    pair = import_layout(fra)
    assert import_layout(fra.with_suffix(".par")) == pair
    assert import_layout(vec) == pair
    assert import_layout(tmp_path / "plain") == pair
    assert import_layout(tmp_path / "plain" / "000123.par.txt") == pair


def test_a_folder_gives_all_its_layouts_with_their_warnings(tmp_path):
    write_tables(tmp_path, ["8|odd"], "")
    (tmp_path / "a320.PRM").write_text("DAT1 00 0064 00 00 0\nXX99\n")
    (tmp_path / "notes.txt").write_text("ignored")
    imported = import_layout(tmp_path)
    assert sorted(imported.layouts) == ["000123", "a320"]
    assert imported.warnings == ("unknown .fra record 8|: odd", "unknown line 'XX99'")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x.doc", "not a layout file of a supported format"),
        ("x.PRM", "not an AIRFASE parameter file"),
        ("x.fra", r"the \.par table beside it is missing"),
        ("x.par", r"the \.fra table beside it is missing"),
    ],
)
def test_any_other_file_is_an_error(tmp_path, name, problem):
    (tmp_path / name).write_text("hello")
    (tmp_path / "y.par").write_text("")
    with pytest.raises(ConfigError, match=problem):
        import_layout(tmp_path / name)


def test_a_folder_without_layout_file_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ConfigError, match="contains no layout file"):
        import_layout(tmp_path)
