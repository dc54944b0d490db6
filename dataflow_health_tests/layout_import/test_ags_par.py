import pytest

from dataflow_health.flight.layout import Linear, Part, Polynomial, Table
from dataflow_health.flight.parameter import to_values
from dataflow_health.layout_import.ags_par import read_par, split_records
from dataflow_health_tests.flight.test_parameter import make_series
from dataflow_health_tests.layout_import.ags_tables import (
    SLOT,
    par,
    read_parameter,
    read_tables,
    regular,
    slow,
)


def test_records_are_split_and_comments_skipped():
    text = "// 1|Name\n1|A\t B \n\nno record\n 2 |x\t"
    assert list(split_records(text)) == [("1", ("A", "B")), ("2", ("x", ""))]


def test_records_belong_to_the_parameter_before_them():
    entries, warnings = read_par("6|early\n1|A\n6|0\tOFF\n6|1\tON\n13|\n1|B\n99|new\n")
    assert entries["A"].more == {"6": [("0", "OFF"), ("1", "ON")]}
    assert entries["B"].more == {}
    assert warnings == ["unknown .par record 6|: early", "unknown .par record 99|: new"]


def test_a_signed_number_has_the_weight_of_its_lowest_recorded_bit(tmp_path):
    """Bits 18 to 29 of 14 to 29 are recorded, so one count is 2^4 steps of 0.5."""
    meaning = par("P", "BNR LINEAR (A*X)", 28, 15, sign="29", value="Resol=0.5", unit="ft")
    parameter = read_parameter(tmp_path, [regular("P", 4, 1, 20, 12, 12, 29)], meaning)
    assert (parameter.coding, parameter.unit, parameter.describes) == ("bnr", "ft", "P described")
    assert parameter.conversion == Linear(scale=0.5 * 2**4)


def test_a_number_without_recorded_sign_is_never_negative(tmp_path):
    meaning = par("P", "BNR LINEAR (A*X)", 28, 12, sign="29", value="Resol=1", offset="-5")
    layout, warnings = read_tables(tmp_path, [regular("P", 4, 1, 20, 12, 12, 28)], meaning)
    assert layout.parameters["P"].coding == "unsigned"
    assert layout.parameters["P"].conversion == Linear(scale=1, offset=-5)
    assert warnings == ("P: its sign bit is not recorded; read as never negative",)


def test_copies_of_the_sign_that_are_not_recorded_are_filled_in(tmp_path):
    places = [regular("P", 4, 1, 20, 12, 1, 29), regular("P", 4, 1, 20, 11, 11, 26)]
    meaning = par("P", "BNR LINEAR (A*X)", 28, 13, sign="29", value="Resol=1")
    parameter = read_parameter(tmp_path, places, meaning)
    assert parameter.samples == ((Part(word=20, bits=(12, 12)), Part(word=20, bits=(1, 11))),)
    assert (parameter.coding, parameter.width, parameter.conversion) == ("bnr", 12, Linear())


def test_parts_are_joined_from_the_top_and_a_shared_bit_is_the_fine_parts(tmp_path):
    places = [regular("P", 2, 2, 21, 4, 4, 20), regular("P", 2, 1, 20, 12, 12, 17)]
    meaning = par("P", "BNR LINEAR (A*X)", 20, 15, value="Resol=1")
    layout, warnings = read_tables(tmp_path, places, meaning)
    coarse, fine = layout.parameters["P"].samples[0]
    assert (coarse.bits, coarse.subframes) == ((2, 4), (2, 4))
    assert (fine.bits, fine.subframes) == ((1, 12), (1, 3))
    assert warnings == ("P: bits [17] are in two words; those of the lower part are read",)


def test_digits_have_the_decimal_point_of_the_display(tmp_path):
    digits = ["5|1\t29\t3", "5|2\t26\t4", "5|3\t22\t4", "5|4\t18\t4"]
    meaning = par("P", "BCD", 29, 15, *digits, offset="100", decimals="6.2")
    layout, warnings = read_tables(tmp_path, [regular("P", 1, 1, 20, 12, 9, 27)], meaning)
    parameter = layout.parameters["P"]
    assert (parameter.coding, parameter.digits) == ("bcd", (1, 4, 4))
    assert parameter.conversion == Linear(scale=0.1, offset=100)
    assert warnings == ("P: its last 1 of 4 digits are not recorded",)
    assert to_values(make_series([127], conversion=parameter.conversion))[0, 0] == 112.7


def test_digits_that_are_not_recorded_are_warned_about(tmp_path):
    digits = ["5|1\t20\t4", "5|2\t16\t4", "5|3\t12\t4"]
    place = regular("P", 1, 1, 20, 12, 5, 13)
    layout, warnings = read_tables(tmp_path, [place], par("P", "BCD", 20, 12, *digits))
    assert layout.parameters["P"].digits == (1, 4)
    assert layout.parameters["P"].conversion == Linear(scale=1)
    assert warnings == ("P: its first 1 of 3 digits are not recorded",)
    places = [regular("P", 1, 1, 20, 12, 4, 20), regular("P", 1, 1, 20, 1, 1, 13)]
    layout, warnings = read_tables(tmp_path, places, par("P", "BCD", 20, 12, *digits))
    assert layout.parameters["P"].digits == (4, 1)
    assert warnings == (
        "P: its last 1 of 3 digits are not recorded",
        "P: its last digit is one bit of unknown weight; read as 1",
    )


def test_characters_of_seven_bits_in_several_frames_are_one_text(tmp_path):
    places = [SLOT, *(slow("P", n, 7, 7, top) for n, top in ((2, 23), (1, 31), (3, 15)))]
    letters = ["5|1\t32\t8", "5|2\t24\t8", "5|3\t16\t8"]
    parameter = read_parameter(tmp_path, places, par("P", "CHARACTER", 32, 24, *letters))
    assert parameter.coding == "characters"
    assert parameter.digits == (7, 7, 7)
    assert [part.frames for part in parameter.samples[0]] == [(1,), (2,), (3,)]


def test_minutes_and_seconds_in_one_word_are_seconds(tmp_path):
    place = regular("P", 1, 1, 20, 12, 12, 23)
    parameter = read_parameter(tmp_path, [place], par("P", "UTC", 28, 17))
    assert parameter.unit == "s"
    series = make_series([0, 59, 64, 7 << 6 | 5], conversion=parameter.conversion)
    assert to_values(series)[:, 0].tolist() == [0, 59, 60, 425]
    assert parameter.conversion.points[-1] == (59 << 6 | 59, 3599)


def test_hours_minutes_and_seconds_in_two_words_are_seconds(tmp_path):
    places = [regular("P", 1, 1, 20, 12, 12, 23), regular("P", 1, 1, 21, 12, 5, 28)]
    parameter = read_parameter(tmp_path, places, par("P", "UTC", 28, 17))
    series = make_series([23 << 12 | 59 << 6 | 59, 1 << 12], conversion=parameter.conversion)
    assert to_values(series)[:, 0].tolist() == [86_399, 3600]


@pytest.mark.parametrize("place", [(12, 12, 22), (12, 11, 23), (11, 11, 23)])
def test_a_time_without_all_minutes_and_seconds_is_left_out(tmp_path, place):
    layout, warnings = read_tables(
        tmp_path, [regular("P", 1, 1, 20, *place)], par("P", "UTC", 28, 17)
    )
    assert layout.parameters == {}
    assert "without minutes or seconds; left out" in warnings[0]


def test_discretes_have_their_states(tmp_path):
    states = ["6|0\tAIR", "6|1\tGROUND", "6|2\t"]
    parameter = read_parameter(
        tmp_path, [regular("P", 4, 1, 20, 3, 1, 11)], par("P", "DISCRETE", 11, 1, *states)
    )
    assert (parameter.coding, parameter.states) == ("discrete", {0: "AIR", 1: "GROUND"})


def table_and_curve(folder, places, bits):
    """A table with two points and a polynomial of so many bits, as they are read."""
    dots = par("P", "BNR TABLE", bits, bits, "3|1\t0\t5", "3|2\t200\t25")
    powers = par("P", "BNR POLYNOMIAL", bits, bits, "4|3\t0", "4|0.5\t2")
    return (read_parameter(folder, places, each).conversion for each in (dots, powers))


def test_other_conversions_are_exact_at_whole_counts(tmp_path):
    places = [regular("P", 4, 1, 20, 8, 8, 8)]
    segments = ["2|1\t0\t2\t1", "2|2\t100\t-1\t500"]
    meaning = par("P", "BNR SEGMENTS (A*X+B)", 8, 8, *segments)
    table = read_parameter(tmp_path, places, meaning).conversion
    values = to_values(make_series([0, 99, 100, 255], conversion=table))[:, 0]
    assert values.tolist() == [1, 199, 400, 245]
    table, curve = table_and_curve(tmp_path, places, 8)
    assert table == Table(kind="table", points=((0, 5), (200, 25)))
    assert curve == Polynomial(kind="polynomial", coefficients=(3, 0, 0.5))


def test_other_conversions_count_in_units_of_the_lowest_recorded_bit(tmp_path):
    """Bits 3 to 10 are recorded of 1 to 10, so one count is four."""
    places = [regular("P", 4, 1, 20, 8, 8, 10)]
    segments = ["2|1\t0\t2\t1", "2|2\t102\t-1\t500"]
    meaning = par("P", "BNR SEGMENTS (A*X+B)", 10, 10, *segments)
    layout, warnings = read_tables(tmp_path, places, meaning)
    series = make_series([0, 25, 26, 255], conversion=layout.parameters["P"].conversion)
    assert to_values(series)[:, 0].tolist() == [1, 201, 396, -520]
    assert warnings == (
        "P: its segments are assumed to start at values of the bits, not of the unit",
    )
    table, curve = table_and_curve(tmp_path, places, 10)
    assert table == Table(kind="table", points=((0, 5), (50, 25)))
    assert curve == Polynomial(kind="polynomial", coefficients=(3, 0, 8))


@pytest.mark.parametrize(
    ("meaning", "reason"),
    [
        (par("P", "MYSTERY", 12, 12), "unknown type 'MYSTERY'; left out"),
        (
            par("P", "BNR LINEAR (A*X)", 11, 11, sign="12", complement="1", value="Resol=1"),
            "unknown complement '1' with a sign; left out",
        ),
        (
            par("P", "BNR LINEAR (A*X)", 12, 12, value="Whatever"),
            "unknown computation 'Whatever'; left out",
        ),
        (
            par("P", "BNR LINEAR (A*X)", 12, 12, "9|A+B", value="Resol=1"),
            "has a calibration formula; left out",
        ),
        (par("P", "PACKED BITS", 28, 4), "none of its bits 28 to 25 are recorded; left out"),
        (par("P", "BCD", 11, 11, sign="12"), "a BCD number with a sign bit; left out"),
    ],
)
def test_an_unsupported_parameter_is_left_out_with_its_reason(tmp_path, meaning, reason):
    layout, warnings = read_tables(tmp_path, [regular("P", 4, 1, 20, 12, 12, 12)], meaning)
    assert layout.parameters == {}
    assert warnings == (f"P: {reason}",)


@pytest.mark.parametrize("kind", ["PACKED BITS", "BNR LINEAR (A*X)"])
def test_missing_bits_in_the_middle_are_not_invented(tmp_path, kind):
    places = [regular("P", 4, 1, 20, 12, 4, 12), regular("P", 4, 1, 20, 4, 4, 4)]
    layout, warnings = read_tables(tmp_path, places, par("P", kind, 12, 12, value="Resol=1"))
    assert layout.parameters == {}
    assert warnings == ("P: bits [5, 6, 7, 8] in the middle are not recorded; left out",)


def test_a_digit_with_a_hole_is_left_out(tmp_path):
    places = [regular("P", 4, 1, 20, 12, 2, 12), regular("P", 4, 1, 20, 9, 1, 9)]
    meaning = par("P", "BCD", 12, 4, "5|1\t12\t4")
    layout, warnings = read_tables(tmp_path, places, meaning)
    assert layout.parameters == {}
    assert warnings == ("P: of digit 12 to 9 only bits [9, 11, 12] are recorded; left out",)


def test_samples_of_different_bits_are_left_out(tmp_path):
    places = [regular("P", 4, 1, 20, 12, 12, 12), regular("P", 4, 1, 60, 12, 11, 12)]
    layout, warnings = read_tables(tmp_path, places, par("P", "PACKED BITS", 12, 12))
    assert layout.parameters == {}
    assert warnings == ("P: its samples are split differently; left out",)
