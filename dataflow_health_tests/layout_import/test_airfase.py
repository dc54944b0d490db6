from pathlib import Path

import numpy as np
import pytest

from dataflow_health.errors import ConfigError
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Linear, Part, Polynomial, Table
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.layout_import.airfase import import_prm
from dataflow_health_tests.flight.test_parameter import make_series

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "airfase"

PRM = """\
HDR03 00 00 02Feb2024 142013 DAR
DAT1 00 1024 00 00 0
SUP1 00 016 2    0225 01 04 00
PA11 016435 617275 ALT_BARO     BARO ALTI CORRECTED #1
PA12 0 DITS     BNR      Y ft                        21May21   0
PA17 ALT_BARO_ADC1
PA21 004         02 01 00 000000 00
PA22 -2.000000e+03  5.000000e+04  1.000000e+00             0
PA31 001 000000 ALL  0716 01 12 01 ALL  0715 08 12 00
PA11 016919 617759 DAY          DAY
PA12 0 DITS     BCD      N                           21May21   0
PA21 001 24      01 00 00 000000 00
PA31 001 000000 1    0017 01 06 00
PA70 01         004
PA11 041815 000162 ILSFRQ1      ILS FREQ/GLS CHNL LT
PA12 0 DITS     BCD      N MHZ                       03Nov10   0
PA21 004 3444    02 00 00 000000 00
PA31 001 000001 ALL  0246 09 12 00 ALL  0247 02 12 00
PA41 01 -999999  999999 0001 001  1.000000e+02  1.000000e-02             0
PA11 018166 619006 SAT          SAT_CA
PA12 0 DITS     BNR      Y degC                      21May21   0
PA31 001        1,3  0521 03 12 16
PA41 01 -001024  001024 0001 001             0  2.500000e-01             0
PA11 041674 000001 AILL         AILERON POSN LT
PA12 0 ANALOG   BNR      N DEGS                      04Sep14   0
PA31 001 000001 ALL  0017 01 12 00
PA31 002 000001 ALL  0081 01 12 00
PA41 01  000000  002047 0001 002  1.987531e+00  5.017969e-02 -2.933400e-05
PA41 02  002048  004095 0001 002 -7.042733e+02  2.950054e-01 -2.992300e-05
PA11 041824 000171 LDGSQTL      LEFT MAIN GEAR AIR/GND
PA12 0 DITS     DIS      N                           04Sep14   0
PA31 001 000001 ALL  0005 02 02 00
PA62 00000 AIR          00001 GND
PA11 045011 045011 CAS_R        Computed_Air_speed
PA12 0 DITS     BNR      N                           03May23   0
PA31 001 000001 ALL  0515 01 12
PA31 001 000001 ALL  0579 01 12
PA11 045012 045012 ODD          Odd one
PA12 0 DITS     ISO      N                           03May23   0
PA31 001 000001 ALL  0515 01 12
XX99 what is this
"""


@pytest.fixture
def prm(tmp_path):
    (tmp_path / "A320.PRM").write_text(PRM)
    return import_prm(tmp_path / "A320.PRM")


def read_parameter(folder, *lines, name="P"):
    """A parameter of one sample in word 17, and the warnings about it."""
    head = ["DAT1 00 0064 00 00 0", "SUP1 00 016 2    0025 01 04 00"]
    head += ["PA11 016435 617275 P            A parameter"]
    (folder / "x.PRM").write_text("\n".join([*head, *lines]))
    imported = import_prm(folder / "x.PRM")
    return imported.layouts["x"].parameters.get(name), imported.warnings


BINARY = "PA12 0 DITS     BNR      N                           21May21   0"
SAMPLE = "PA31 001 000001 ALL  0017 01 12 00"


def test_an_airfase_layout_is_read(prm):
    layout = prm.layouts["A320"]
    assert layout.words_per_subframe == 1024
    assert layout.counter.model_dump() == {"word": 225, "bits": (1, 4), "subframe": 2}
    altitude, day = layout.parameters["ALT_BARO_ADC1"], layout.parameters["DAY"]
    assert altitude.samples == ((Part(word=715, bits=(8, 12)), Part(word=716)),)
    assert (altitude.coding, altitude.unit) == ("bnr", "ft")
    assert altitude.describes == "BARO ALTI CORRECTED #1"
    assert (day.coding, day.digits) == ("bcd", (2, 4))
    assert day.samples == ((Part(word=17, bits=(1, 6), subframes=(1,), frames=(3,)),),)
    assert layout.parameters["SAT"].samples[0][0].subframes == (1, 3)
    assert layout.parameters["LDGSQTL"].states == {0: "AIR", 1: "GND"}
    assert layout.clock.day == "DAY"


def test_airfase_conversions_are_read(prm):
    parameters = prm.layouts["A320"].parameters
    assert parameters["ILSFRQ1"].conversion == Linear(scale=0.01, offset=100)
    assert parameters["ILSFRQ1"].digits == (3, 4, 4, 4)
    assert parameters["SAT"].conversion == Linear(scale=0.25)
    values = to_values(make_series([0, 2047, 2048, 4095], conversion=parameters["AILL"].conversion))
    expected = [
        1.987531,
        1.987531 + 5.017969e-02 * 2047 - 2.933400e-05 * 2047**2,
        -704.2733 + 0.2950054 * 2048 - 2.992300e-05 * 2048**2,
        -704.2733 + 0.2950054 * 4095 - 2.992300e-05 * 4095**2,
    ]
    assert values[:, 0].tolist() == pytest.approx(expected, abs=1e-9)


def test_everything_unsupported_is_warned_about(prm):
    assert prm.warnings == (
        "unknown line 'XX99 what is this'",
        "CAS_R: samples share a number; each line is read as its own sample",
        "ODD (line 38): unknown coding 'ISO'; left out",
    )
    assert "ODD" not in prm.layouts["A320"].parameters


def test_a_polynomial_of_another_degree_stays_one(tmp_path):
    line = "PA41 01 -999999  999999 0001 002  1.000000e+00             0  2.000000e+00"
    parameter, warnings = read_parameter(tmp_path, BINARY, SAMPLE, line)
    assert parameter.conversion == Polynomial(kind="polynomial", coefficients=(1, 0, 2))
    assert warnings == ()


def test_a_table_covers_the_counts_of_the_field_only(tmp_path):
    lines = [
        "PA31 001 000001 ALL  0017 01 02 00",
        "PA41 01 -999999  000001 0001 001             0  1.000000e+00",
        "PA41 02  000002  999999 0001 001  1.000000e+00  1.000000e+00",
    ]
    parameter, _ = read_parameter(tmp_path, BINARY, *lines)
    points = tuple((float(count), float(count + (count > 1))) for count in range(-4, 5))
    assert parameter.conversion == Table(kind="table", points=points)


def test_a_sample_may_continue_on_a_second_line(tmp_path):
    more = "PA32 001 000001 2,4  0019 01 04 00"
    parameter, _ = read_parameter(tmp_path, BINARY, SAMPLE, more)
    (sample,) = parameter.samples
    assert sample == (Part(word=19, bits=(1, 4), subframes=(2, 4)), Part(word=17))


def test_frames_are_counted_from_one_in_the_file_and_from_zero_here(tmp_path):
    frames = "PA70 01         001,016,005"
    parameter, _ = read_parameter(tmp_path, BINARY, SAMPLE, frames)
    assert parameter.samples[0][0].frames == (0, 4, 15)


@pytest.mark.parametrize(
    ("digits", "expected"), [("44", (2, 4)), ("444", (2, 4)), ("24", (2, 4)), ("4", (4,))]
)
def test_digits_fill_the_field_from_its_lowest_bit(tmp_path, digits, expected):
    lines = [
        BINARY.replace("BNR", "BCD"),
        f"PA21 001 {digits:<7} 01 00 00 000000 00",
        "PA31 001 000001 1    0017 01 06 00",
    ]
    parameter, warnings = read_parameter(tmp_path, *lines)
    assert parameter.digits == expected
    assert any("read from the lowest bit" in line for line in warnings) == (digits != "24")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([BINARY], "it has no location"),
        ([BINARY, "PA31 001"], "sample 001 has no location"),
        ([SAMPLE], "unknown coding ''"),
    ],
)
def test_a_parameter_without_location_or_coding_is_left_out(tmp_path, lines, reason):
    parameter, warnings = read_parameter(tmp_path, *lines)
    assert parameter is None
    assert warnings == (f"P (line 3): {reason}; left out",)


def test_a_layout_without_superframe_counter_is_read(tmp_path):
    (tmp_path / "x.PRM").write_text("DAT1 00 0064 00 00 0\n\n")
    imported = import_prm(tmp_path / "x.PRM")
    assert imported.layouts["x"].counter is None
    assert imported.warnings == ()


def test_a_file_without_word_rate_is_no_airfase_file(tmp_path):
    (tmp_path / "x.PRM").write_text("hello")
    with pytest.raises(ConfigError, match="not an AIRFASE parameter file"):
        import_prm(tmp_path / "x.PRM")


def test_without_a_superframe_counter_its_parameters_are_left_out(tmp_path):
    text = PRM.replace("SUP1 00 016 2    0225 01 04 00\n", "")
    (tmp_path / "x.PRM").write_text(text)
    imported = import_prm(tmp_path / "x.PRM")
    assert "DAY" not in imported.layouts["x"].parameters
    assert "ALT_BARO_ADC1" in imported.layouts["x"].parameters
    assert "DAY: the file has no superframe counter; left out" in imported.warnings


def test_a_counter_that_makes_no_sense_is_an_error_of_the_file(tmp_path):
    (tmp_path / "x.PRM").write_text(PRM.replace("016 2    0225", "016 9    0225"))
    with pytest.raises(ConfigError, match=r"x\.PRM"):
        import_prm(tmp_path / "x.PRM")


@pytest.mark.parametrize(
    "line",
    [
        "PA31 001 000001 ALL  0017 01 99 00",
        "PA31 001 000001 9    0017 01 12 00",
        "PA31 001 000001 ALL  00x7",
        f"{SAMPLE}\nPA41 01 -999999  999999 0001 001           nan  1.000000e+00",
        f"{SAMPLE}\nPA41 01 -999999  999999 0001 001  1.000000e+00           inf",
        f"{SAMPLE}\nPA41 01 -999999  999999 0001 009  1.000000e+00",
        f"{SAMPLE}\nPA41 01 -999999  999999 0001 -01  1.000000e+00",
        f"{SAMPLE}\nPA70 01         000",
        f"{SAMPLE}\nPA70 01         017",
    ],
)
def test_a_wrong_line_leaves_one_parameter_out(tmp_path, line):
    parameter, warnings = read_parameter(tmp_path, BINARY, line)
    assert parameter is None
    (warning,) = warnings
    assert warning.startswith("P (line 3): ")
    assert warning.endswith("; left out")


@pytest.mark.parametrize(
    ("targets", "is_read"),
    [("00 00", True), ("01 00", True), ("01 06", True), ("16 21", True), ("00 06", True),
     ("01 07", False), ("00 01", False)],
)  # fmt: skip
def test_parts_whose_target_bits_do_not_follow_are_refused_by_name(tmp_path, targets, is_read):
    first, second = targets.split()
    line = f"PA31 001 000001 ALL  0017 01 05 {first} ALL  0018 01 12 {second}"
    parameter, warnings = read_parameter(tmp_path, BINARY, line)
    assert (parameter is not None) == is_read
    assert ("target bit" in " ".join(warnings)) != is_read


def test_a_word_outside_the_frame_leaves_one_parameter_out(tmp_path):
    parameter, warnings = read_parameter(tmp_path, BINARY, SAMPLE.replace("0017", "0065"))
    assert parameter is None
    assert warnings == ("P: word 65 is outside 1..64; left out",)


@pytest.mark.parametrize(
    ("displayed", "recorded", "coding"),
    [("Y", "00", "unsigned"), ("N", "01", "bnr"), ("Y", "  ", "bnr"), ("N", "  ", "unsigned")],
)
def test_the_sign_is_as_recorded_not_as_displayed(tmp_path, displayed, recorded, coding):
    lines = [
        BINARY.replace("BNR      N", f"BNR      {displayed}"),
        f"PA21 004         01 {recorded} 00 000000 00", SAMPLE,
    ]  # fmt: skip
    parameter, warnings = read_parameter(tmp_path, *lines)
    assert (parameter.coding, warnings) == (coding, ())


@pytest.mark.parametrize(
    ("counter", "reason"),
    [
        ("SUP1 00 032 2    0225 01 05 00", "superframes of 32 frames, not 16"),
        (
            "SUP1 00 016 2    0225 01 04 00\nSUP1 01 016 2    0226 01 04 00",
            "2 superframe counters, not one",
        ),
    ],
)
def test_superframes_that_a_layout_cannot_hold_are_refused_by_name(tmp_path, counter, reason):
    text = PRM.replace("SUP1 00 016 2    0225 01 04 00", counter)
    (tmp_path / "x.PRM").write_text(text)
    imported = import_prm(tmp_path / "x.PRM")
    assert "DAY" not in imported.layouts["x"].parameters
    (warning,) = [each for each in imported.warnings if each.startswith("DAY ")]
    assert warning.endswith(f": {reason}; left out")


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the real AIRFASE layout is not beside this project")
def test_a_real_recording_has_the_values_of_another_decoder():
    layout = import_prm(DATA / "1024.PRM").layouts["1024"]
    recorder = Arinc717Recorder(kind="arinc717", members=("x",))
    decoded = decode((DATA / "raw.dat").read_bytes(), recorder, layout)
    files = {path.stem: path for path in sorted((DATA / "reference").glob("*.csv"))}
    files |= {path.stem: path for path in sorted((DATA / "corrected").glob("*.csv"))}
    del files["index"]
    assert files.keys() == decoded.series.keys()
    for name, path in files.items():
        expected = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1]
        values = to_values(decoded.series[name]).reshape(-1)
        assert values[np.isfinite(values)] == pytest.approx(expected, abs=1e-4, rel=1e-6), name
