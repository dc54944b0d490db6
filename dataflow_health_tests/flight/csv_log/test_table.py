"""Header, units and rows of delimited text, as Garmin's avionics and HUMS ground stations write."""

import pytest

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.table import parse_log, read_tail
from dataflow_health.flight.recorder import CsvRecorder

COMMENT = '#airframe_info, product="GDU 460", aircraft_ident="N123AB", system_id="24B6"\n'
HUMS = CsvRecorder(kind="csv", members=("x",), delimiter=";", time="Time", decimal=",")


def with_keys(*keys: str, tail: str | None = None) -> CsvRecorder:
    return HUMS.model_copy(update={"tail_keys": keys, "delimiter": ",", "tail": tail})


def declared(**keys: object) -> CsvRecorder:
    return HUMS.model_copy(update=keys)


def refusal(text: str, recorder: CsvRecorder = HUMS) -> RecordingRefused:
    with pytest.raises(RecordingRefused) as caught:
        parse_log(text.encode(), recorder)
    return caught.value


@pytest.mark.parametrize(
    ("recorder", "tail"),
    [
        (with_keys("system_id"), "24B6"),
        (with_keys("aircraft_ident", "system_id"), "N123AB"),
        (with_keys("registration", "system_id"), "24B6"),
        (with_keys("registration", tail="HB-ZAA"), "HB-ZAA"),
        (with_keys(), None),
    ],
)
def test_the_tail_is_the_first_of_its_keys(recorder, tail):
    assert read_tail(COMMENT.encode(), recorder) == tail


def test_without_comments_no_line_names_a_tail():
    assert (
        read_tail(COMMENT.encode(), with_keys("system_id").model_copy(update={"comment": ""}))
        is None
    )
    assert read_tail(b"no comment", with_keys("system_id")) is None


def test_units_stand_on_a_line_of_their_own_in_brackets_or_in_the_yaml():
    below = parse_log(b"Time;NG;Oil\ns;%;psi\n1;2;3\n", declared(units_line=2))
    assert (below.units, below.rows, below.lines) == (("s", "%", "psi"), (("1", "2", "3"),), (3,))
    brackets = parse_log(b"Time;NG (%);Oil [psi];N\n1;2;3;4\n", HUMS)
    assert brackets.header == ("Time", "NG (%)", "Oil [psi]", "N")
    assert brackets.units == ("", "%", "psi", "")
    given = parse_log(b"Time;NG;Oil\n1;2;3\n", declared(units={"Oil": "bar"}))
    assert given.units == ("", "", "bar")
    assert parse_log(b"Time;NG\n1;2\n", declared(units_line=9)).units == ("", "")


def test_a_column_without_a_name_has_the_long_one_of_the_line_above():
    text = COMMENT + "Date (yyyy),Oil Temp (deg F),CAS Alert,RPM\nTime,E1 OilT,,\n1,2,3,4\n"
    log = parse_log(text.encode(), declared(delimiter=","))
    assert log.header == ("Time", "E1 OilT", "CAS Alert", "RPM")
    assert log.units == ("yyyy", "deg F", "", "")


def test_the_declared_line_is_the_header_though_one_before_has_the_columns_too():
    text = "Time;first\nnotes\nTime;NG\n1;2\n"
    assert parse_log(text.encode(), declared(header_line=3)).header == ("Time", "NG")
    assert parse_log(text.encode(), HUMS).header == ("Time", "first")


def test_a_separator_inside_quotes_belongs_to_the_cell_and_a_lone_quote_ends_with_its_line():
    log = parse_log(b'Time;Note\n1;"a;b"\n2;"c\n3;d\n', HUMS)
    assert log.rows == (("1", "a;b"), ("2", "c"), ("3", "d"))
    huge = b'1;"' + b"x" * 200_000
    assert len(parse_log(b"Time;Note\n" + huge + b"\n", HUMS).rows[0][1]) == 200_000


def test_without_comments_a_line_of_data_may_start_with_a_number_sign():
    log = parse_log(b"Time;Note\n#1;x\n", declared(comment=""))
    assert log.rows == (("#1", "x"),)


@pytest.mark.parametrize(
    ("recorder", "detail"),
    [
        (HUMS, "none of the first 50 lines is a header with the columns 'Time'"),
        (declared(date="Day"), "is a header with the columns 'Day' and 'Time'"),
        (declared(header_line=2), "line 2 is not a header with the columns 'Time'"),
        (declared(header_line=99), "line 99 is not a header with the columns 'Time'"),
    ],
)
def test_a_table_without_its_header_is_refused(recorder, detail):
    refused = refusal("1;2;3\n4;5;6\n", recorder)
    assert refused.reason == "no_header"
    assert detail in refused.detail
    assert refused.evidence


def test_rows_of_another_separator_are_refused_with_the_first_of_them():
    refused = refusal("Time;NG;Oil\n" + "1;2;3\n" + "1,2,3\n" * 12)
    assert refused.reason == "ragged_rows"
    assert refused.detail == (
        "12 of 13 rows do not have the header's 3 cells; the first, line 3, has 1: "
        "check `delimiter` and `decimal`"
    )
    assert (refused.byte_offset, refused.evidence[:6]) == (18, b"1,2,3\n")


def test_a_separator_at_the_end_of_every_row_is_no_cell():
    assert len(parse_log(("Time;NG\n" + "1;2;\n" * 20).encode(), HUMS).rows) == 20
