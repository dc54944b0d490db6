import zipfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import Layout
from dataflow_health.layout_import.ags import import_fra_par, import_vec
from dataflow_health.layout_import.layout_yaml import to_yaml
from dataflow_health_tests.layout_import.ags_tables import (
    FRAME,
    SLOT,
    par,
    read_parameter,
    read_tables,
    regular,
    slow,
    write_tables,
)

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "wqar-arinc717"
ALL = (1, 2, 3, 4)


def test_the_frame_and_its_superframe_counter_are_read(tmp_path):
    layout, warnings = read_tables(tmp_path, [], "")
    assert layout.words_per_subframe == 256
    assert layout.sync_words == (0x247, 0x5B8, 0xA47, 0xDB8)
    assert layout.counter.model_dump() == {"word": 100, "bits": (1, 4), "subframe": 2}
    assert layout.describes == "Imported from AGS layout 000123."
    assert warnings == ()


def test_a_frame_without_counter_has_none(tmp_path):
    frame = ["1|S\t256\t12\t247\t5B8\tA47\tDB8" + 11 * "\t"]
    assert read_tables(tmp_path, [], "", frame=frame)[0].counter is None


def test_longer_sync_words_and_a_second_counter_are_warned_about(tmp_path):
    frame = ["1|S\t64\t36\t247000\t5B8000\tA47000\tDB8000\t2\t60\t4\t4\t1\t\t3\t\t\t\t"]
    layout, warnings = read_tables(tmp_path, [], "", frame=frame)
    assert layout.sync_words == (0x247, 0x5B8, 0xA47, 0xDB8)
    assert warnings == (
        "a second superframe counter is declared; only the first is read",
        "sync words have 36 bits; only the first 12 are used",
    )
    assert read_tables(tmp_path, FRAME, "")[1] == warnings[:1]


@pytest.mark.parametrize(
    ("rate", "subframe", "words", "subframes"),
    [
        (1, 3, [20], (3,)),
        (2, 1, [20], (1, 3)),
        (2, 2, [20], (2, 4)),
        (2, 4, [20], (2, 4)),
        (4, 1, [20], ALL),
        (16, 1, [20, 84, 148, 212], ALL),
    ],
)
def test_the_rate_decides_words_and_subframes(tmp_path, rate, subframe, words, subframes):
    place = regular("P", rate, subframe, 20, 6, 6, 6)
    parameter = read_parameter(tmp_path, [place], par("P", "PACKED BITS", 6, 6))
    assert [sample[0].word for sample in parameter.samples] == words
    assert {sample[0].subframes for sample in parameter.samples} == {subframes}
    assert {sample[0].bits for sample in parameter.samples} == {(1, 6)}
    assert parameter.coding == "unsigned"


def test_repeated_locations_are_samples_and_equal_ones_are_read_once(tmp_path):
    places = [regular("P", 4, 1, word, 12, 12, 12) for word in (90, 20, 90)]
    layout, warnings = read_tables(tmp_path, places, par("P", "PACKED BITS", 12, 12))
    assert [sample[0].word for sample in layout.parameters["P"].samples] == [20, 90]
    assert warnings == ("P: 1 locations are repeated; read once",)


def test_a_superframe_parameter_is_in_its_frames(tmp_path):
    places = [SLOT, slow("P", 3, 8, 8, 8, period=8)]
    (part,) = read_parameter(tmp_path, places, par("P", "PACKED BITS", 8, 8)).samples[0]
    assert (part.word, part.subframes, part.bits) == (200, (3,), (1, 8))
    assert part.frames == (3, 11)  # frame 1 has counter 1 in this layout


def test_frames_wrap_around_at_the_end_of_the_superframe(tmp_path):
    places = [SLOT, slow("P", 16, 8, 8, 8)]
    (part,) = read_parameter(tmp_path, places, par("P", "PACKED BITS", 8, 8)).samples[0]
    assert part.frames == (0,)


@pytest.mark.parametrize(
    ("records", "warning"),
    [
        (
            [slow("P", 3, 8, 8, 8)],
            "P (line 5 of .fra): superframe 1 of period 16 is not supported; left out",
        ),
        (
            [SLOT, slow("P", 3, 8, 8, 8, period=3)],
            "P (line 6 of .fra): superframe 1 of period 3 is not supported; left out",
        ),
    ],
)
def test_superframes_that_are_not_supported_are_left_out(tmp_path, records, warning):
    layout, warnings = read_tables(tmp_path, records, par("P", "PACKED BITS", 8, 8))
    assert layout.parameters == {}
    assert warnings == (warning,)


def test_unknown_records_are_warned_about(tmp_path):
    _, warnings = read_tables(tmp_path, ["8|new\tthing"], "8|odd")
    assert warnings == ("unknown .fra record 8|: new thing", "unknown .par record 8|: odd")


def test_a_parameter_without_description_is_left_out(tmp_path):
    place = regular("P", 4, 1, 20, 12, 12, 12)
    layout, warnings = read_tables(tmp_path, [place], par("Q", "PACKED BITS", 28, 4))
    assert layout.parameters == {}
    assert warnings == ("P: recorded, but not described in the .par table; left out",)


def test_a_name_in_frames_and_superframe_is_two_parameters(tmp_path):
    places = [SLOT, regular("P", 4, 1, 20, 1, 1, 1), slow("P", 1, 1, 1, 1)]
    layout, warnings = read_tables(tmp_path, places, par("P", "DISCRETE", 1, 1))
    assert list(layout.parameters) == ["P", "P_2"]
    assert warnings == ("P: recorded in frames and in the superframe; read as two parameters",)


def test_the_clock_is_found_among_the_parameters(tmp_path):
    names = ["UTC_HOUR", "UTC_MIN"]
    places = [regular(name, 4, 1, 20, 6, 6, 6) for name in names]
    layout, _ = read_tables(tmp_path, places, *(par(name, "PACKED BITS", 6, 6) for name in names))
    assert (layout.clock.hour, layout.clock.minute, layout.clock.second) == (*names, None)


def test_an_archive_has_the_same_layout_as_its_two_tables(tmp_path):
    fra = write_tables(tmp_path, [regular("P", 4, 1, 20, 6, 6, 6)], par("P", "PACKED BITS", 6, 6))
    vec = tmp_path / "anything.vec"
    with zipfile.ZipFile(vec, "w") as archive:
        archive.write(fra, "folder/000123.FRA")
        archive.write(fra.with_suffix(".par"), "folder/000123.PAR")
    assert import_vec(vec) == import_fra_par(fra, fra.with_suffix(".par"))


def test_an_archive_must_be_a_zip_with_both_tables(tmp_path):
    vec = tmp_path / "x.vec"
    vec.write_bytes(b"no zip")
    with pytest.raises(ConfigError, match="not a zip archive, or a damaged one"):
        import_vec(vec)
    with zipfile.ZipFile(vec, "w") as archive:
        archive.writestr("x.fra", "")
    with pytest.raises(ConfigError, match=r"contains no \.par table"):
        import_vec(vec)
    zipfile.ZipFile(vec, "w").close()
    with pytest.raises(ConfigError, match=r"contains no \.fra and no \.par table"):
        import_vec(vec)


def test_a_table_without_frame_record_is_an_error(tmp_path):
    fra = write_tables(tmp_path, [], frame=[])
    with pytest.raises(ConfigError, match="no frame record"):
        import_fra_par(fra, fra.with_suffix(".par"))


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        (2, "x12", "invalid literal"),
        (4, "XYZ", "invalid literal"),
        (7, "9", r"Counter\.subframe"),
        (8, "", "invalid literal"),
    ],
)
def test_a_wrong_field_of_the_frame_record_is_an_error_of_the_file(tmp_path, field, text, problem):
    fields = [
        "1|S",
        "256",
        "12",
        "247",
        "5B8",
        "A47",
        "DB8",
        "2",
        "100",
        "4",
        "4",
        "1",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    fields[field] = text
    fra = write_tables(tmp_path, [], frame=["\t".join(fields)])
    with pytest.raises(ConfigError, match=problem):
        import_fra_par(fra, fra.with_suffix(".par"))


GOOD = regular("Q", 4, 1, 30, 12, 12, 12)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (regular("P", 0, 1, 20, 12, 12, 12), "0 samples per frame are not supported"),
        (regular("P", 3, 1, 20, 12, 12, 12), "3 samples per frame are not supported"),
        (regular("P", 6, 1, 20, 12, 12, 12), "6 samples per frame are not supported"),
        (regular("P", 12, 1, 20, 12, 12, 12), "12 samples per frame are not supported"),
        (regular("P", 4, 1, 20, 12, 12, 12).replace("20", "x"), "invalid literal"),
        ("2|P", "not enough values"),
        ("4|P\t1\t0\t1\t3\t16\t1\t1", "period 0 is not supported"),
        ("4|P\t1\t16\tz\t3\t16\t1\t1", "invalid literal"),
    ],
)
def test_a_wrong_line_leaves_its_parameter_out_as_a_whole(tmp_path, bad, problem):
    places = [GOOD, regular("P", 4, 1, 40, 12, 12, 12), bad]
    pars = [par(name, "PACKED BITS", 12, 12) for name in ("P", "Q")]
    if bad.startswith("4|"):
        del places[1]
    layout, warnings = read_tables(tmp_path, places, *pars)
    assert list(layout.parameters) == ["Q"]
    (warning,) = warnings
    assert warning.startswith(f"P (line {4 + len(places)} of .fra): ")
    assert problem in warning


def test_a_wrong_description_leaves_its_parameter_out(tmp_path):
    bad = par("P", "PACKED BITS", 12, 12).replace("\t12\t12\t", "\tx\t12\t", 1)
    good = par("Q", "PACKED BITS", 12, 12)
    places = [GOOD, regular("P", 4, 1, 40, 12, 12, 12)]
    layout, (warning,) = read_tables(tmp_path, places, bad, good)
    assert list(layout.parameters) == ["Q"]
    assert warning.startswith("P: record 1 in line 2 of .par, or one that follows it: ")


@pytest.mark.parametrize(("counter", "is_read"), [("1", True), ("2", False), ("", False)])
def test_of_two_counters_only_what_the_first_numbers_is_read(tmp_path, counter, is_read):
    frame = ["1|S\t256\t12\t247\t5B8\tA47\tDB8\t2\t100\t4\t4\t1\t\t3\t101\t4\t4\t1"]
    places = [SLOT[:-1] + counter, slow("P", 3, 12, 12, 12)]
    layout, warnings = read_tables(tmp_path, places, par("P", "PACKED BITS", 12, 12), frame=frame)
    assert list(layout.parameters) == (["P"] if is_read else [])
    assert ("not known to be numbered by the first counter" in " ".join(warnings)) != is_read


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL.exists(), reason="the real layout lies beside the repository, not in it"
)
def test_a_real_layout_is_imported_and_loads_from_its_yaml():
    imported = import_vec(REAL / "010888.vec")
    layout = imported.layouts["010888"]
    assert (layout.words_per_subframe, len(layout.parameters)) == (512, 853)
    assert "FPA: bits [28] in the middle are not recorded; left out" in imported.warnings
    assert Layout.model_validate(YAML(typ="safe").load(to_yaml(layout))) == layout
