import contextlib
import io
import zipfile

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples

from dataflow_health.errors import ConfigError
from dataflow_health.layout_import import ags
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health_tests.layout_import.ags_tables import (
    FRAME,
    SLOT,
    par,
    regular,
    slow,
    write_tables,
)
from dataflow_health_tests.layout_import.damage import damaged, damaged_fields
from dataflow_health_tests.layout_import.test_airfase import PRM


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


FRA = "\n".join([*FRAME, SLOT, regular("P", 4, 1, 20, 6, 6, 6), slow("S", 3, 12, 12, 12)])
PAR = "\n".join([par("P", "PACKED BITS", 6, 6), par("S", "PACKED BITS", 12, 12)])
BEYOND_ONE_FOLDER = examples(suppress_health_check=[HealthCheck.function_scoped_fixture])


def vec(fra=FRA, table=PAR, compression=zipfile.ZIP_DEFLATED):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", compression) as archive:
        archive.writestr("000123.fra", fra.encode("utf-8", "replace"))
        archive.writestr("000123.par", table.encode("utf-8", "replace"))
    return raw.getvalue()


def end_well(folder, name, content):
    """Imports bytes; the only error is that of a file that cannot be imported."""
    path = folder / name
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        import_layout(path)


def test_the_files_that_are_damaged_below_are_valid(tmp_path):
    (tmp_path / "000123.vec").write_bytes(vec())
    (tmp_path / "a320.PRM").write_text(PRM)
    found = import_layout(tmp_path).layouts
    assert len(found["000123"].parameters) == 2
    assert len(found["a320"].parameters) > 5


@BEYOND_ONE_FOLDER
@given(damaged(vec()) | damaged(vec(compression=zipfile.ZIP_LZMA)))
@example(b"")
def test_no_damaged_vec_is_a_traceback(tmp_path, content):
    end_well(tmp_path, "x.vec", content)


@BEYOND_ONE_FOLDER
@given(damaged_fields(FRA, "\t"), damaged_fields(PAR, "\t"))
def test_no_vec_with_odd_fields_is_a_traceback(tmp_path, fra, table):
    end_well(tmp_path, "x.vec", vec(fra, PAR, zipfile.ZIP_STORED))
    end_well(tmp_path, "x.vec", vec(FRA, table, zipfile.ZIP_STORED))


@BEYOND_ONE_FOLDER
@given(damaged(PRM.encode()))
@example(b"\xff\xfe")
def test_no_damaged_prm_is_a_traceback(tmp_path, content):
    end_well(tmp_path, "x.PRM", content)


@BEYOND_ONE_FOLDER
@given(damaged_fields(PRM, " "))
@example(PRM.replace("0716 01 12", "0716 01 9999999"))
@example(PRM.replace("002047 0001 002", "inf    0001 002"))
def test_no_prm_with_odd_fields_is_a_traceback(tmp_path, text):
    end_well(tmp_path, "x.PRM", text.encode("utf-8", "replace"))


def test_a_table_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ags, "LARGEST_TABLE_BYTES", 100)
    (tmp_path / "x.vec").write_bytes(vec(FRA + " " * 1000))
    with pytest.raises(ConfigError, match="unpacks to more than 100 B"):
        import_layout(tmp_path / "x.vec")
