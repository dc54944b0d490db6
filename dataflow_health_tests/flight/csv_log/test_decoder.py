"""Garmin's logs: exact numbers, clocks, and files damaged by a power failure."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.decoder import decode
from dataflow_health.flight.parameter import format_counts, to_values
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder, CsvRecorder
from dataflow_health.flight.recording import DecodedRecording

REAL = Path(__file__).parents[3].parent / "shared/data/garmin-csv/log_110812_095915_KCKN.csv"
RECORDER = CsvRecorder(
    kind="csv",
    members=("x",),
    date="Lcl Date",
    time="Lcl Time",
    utc_offset="UTCOfst",
    columns={"FQtyL": "fuel_quantity_left_gal", "E1 OilP": "engine_1_oil_pressure_psi"},
)
HEAD = (
    '#airframe_info, log_version="1.00", system_id="24B6", mode=NORMAL, \n'
    "#yyy-mm-dd, hh:mm:ss, hh:mm, gals, psi, enum\n"
    "  Lcl Date, Lcl Time, UTCOfst, FQtyL, E1 OilP, HSIS\n"
)


def log(*rows: str) -> DecodedRecording:
    return decode((HEAD + "\n".join(rows) + "\n").encode(), RECORDER)


def row(time: str, *cells: str) -> str:
    return ", ".join(("2024-05-06", time, "-05:00", *cells, *("",) * (3 - len(cells))))


def test_cells_columns_units_and_text_are_read():
    decoded = log(row("09:59:07", " 17.94", "59.5", "GPS"), row("09:59:08", "17.9", "", "LOC"))
    fuel, oil, source = decoded.series.values()
    assert list(decoded.series) == [
        "fuel_quantity_left_gal",
        "engine_1_oil_pressure_psi",
        "hsis_enum",
    ]
    assert (fuel.parameter.unit, fuel.parameter.describes) == ("gals", "FQtyL")
    assert fuel.counts[:, 0].tolist() == [1794, 1790]
    assert to_values(fuel)[:, 0].tolist() == [17.94, 17.9]
    assert oil.rows.tolist() == [0]
    assert [source.text[count] for count in source.counts[:, 0]] == ["GPS", "LOC"]
    assert source.parameter.is_text
    assert decoded.started_at == datetime(2024, 5, 6, 14, 59, 7, tzinfo=UTC)
    assert decoded.encoding == "csv"


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_of_any_system_are_read_alike(line_end):
    rows = [row("09:59:07", "17.94"), row("09:59:08", "17.9"), row("08:00:00", "1")]
    text = HEAD + "\n".join(rows) + "\n"
    expected, found = (
        decode(each.encode(), RECORDER) for each in (text, text.replace("\n", line_end))
    )
    assert "line 6" in expected.notes[0]
    assert found.notes == expected.notes
    assert found.second.tolist() == expected.second.tolist()


@given(st.lists(st.decimals(-180, 180, places=7), min_size=1, max_size=20))
def test_a_number_is_exactly_the_float_of_its_text(numbers):
    decoded = log(*(row(f"09:59:{at:02}", f"{number:f}") for at, number in enumerate(numbers)))
    fuel = decoded.series["fuel_quantity_left_gal"]
    assert to_values(fuel)[:, 0].tolist() == [float(str(number)) for number in numbers]
    counts, written = format_counts(fuel)
    assert [float(text) for text in written] == sorted({float(number) for number in numbers})
    assert len(counts) == len(written)


def test_numbers_too_fine_for_a_count_are_exact_too():
    decoded = log(row("09:59:07", "12345678.12345678"), row("09:59:08", "-0.5"))
    values = to_values(decoded.series["fuel_quantity_left_gal"])[:, 0]
    assert values.tolist() == [12345678.12345678, -0.5]


def test_a_pause_in_the_log_is_a_gap():
    decoded = log(row("09:59:07", "1"), row("09:59:08", "2"), row("09:59:19", "3"))
    assert decoded.second.tolist() == [0, 1, 12]
    assert (decoded.duration_s, decoded.lost_s) == (13, 10)


def test_two_rows_of_one_second_take_the_next_free_one():
    times = ["09:59:07", "09:59:07", "09:59:09", "09:59:10"]
    decoded = log(*(row(time, "1") for time in times))
    assert decoded.second.tolist() == [0, 1, 2, 3]
    assert decoded.notes == (
        "1 of 4 lines are moved on by 1 to 2 s, as another line has the same second",
    )


def test_a_clock_that_goes_back_is_noted_and_time_goes_on():
    decoded = log(*(row(time, "1") for time in ("09:59:07", "09:59:08", "08:00:00", "08:00:01")))
    assert decoded.second.tolist() == [0, 1, 2, 3]
    assert decoded.notes == ("line 6: the clock jumps back by 7149 s",)


def test_rows_before_the_first_fix_have_no_time_and_are_kept():
    decoded = log(", , , 1, , ", row("09:59:07", "2"), row("09:59:08", "3"))
    assert decoded.second.tolist() == [0, 1, 2]
    assert decoded.started_at == datetime(2024, 5, 6, 14, 59, 6, tzinfo=UTC)
    assert decoded.notes == ("1 lines have no valid time; each gets the next second",)


def test_a_cell_cut_off_by_a_power_failure_is_dropped():
    raw = (
        HEAD + row("09:59:07", "17.94", "59.5", "GPS") + "\n2024-05-06, 09:59:08, -05:00, 1"
    ).encode()
    decoded = decode(raw + bytes(512), RECORDER)
    assert decoded.series["fuel_quantity_left_gal"].rows.tolist() == [0]
    assert decoded.second.tolist() == [0, 1]
    assert decoded.notes == (
        "line 5, the last, is cut off in column 4 of 6",
        "512 bytes of 0x00 between the lines are left out",
    )


def test_ragged_lines_keep_the_cells_that_have_a_column():
    decoded = log(row("09:59:07", "1") + ", 9, 9", "2024-05-06, 09:59:08, -05:00, 2")
    assert decoded.series["fuel_quantity_left_gal"].counts[:, 0].tolist() == [1, 2]
    assert decoded.notes == (
        "1 lines have fewer cells than columns, first 5",
        "1 lines have more cells than columns, first 4",
    )


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (b"", "zero_filled", "0 of 0 bytes are 0x00"),
        (bytes(999), "zero_filled", "999 of 999 bytes are 0x00"),
        (b"<html>please log in</html>", "no_header", "none of the first"),
        (HEAD.encode(), "no_rows", "line 3 is a header, but no row follows it"),
    ],
)
def test_a_file_that_is_not_a_log_is_refused(raw, reason, detail):
    with pytest.raises(RecordingRefused) as caught:
        decode(raw, RECORDER)
    assert caught.value.reason == reason
    assert detail in caught.value.detail
    assert (caught.value.byte_offset, caught.value.evidence) == (0, raw[:64])


def test_a_recorder_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="arinc717"):
        decode(HEAD.encode(), Arinc717Recorder(kind="arinc717", members=("x",)))


HUMS = CsvRecorder(
    kind="csv",
    members=("x",),
    delimiter=";",
    decimal=",",
    missing=("---", "n/a"),
    units_line=2,
    time="Zeit",
    time_format="%d.%m.%Y %H:%M:%S",
    time_zone="Europe/Zurich",
    columns={"Drehzahl": "rotor_speed_pct"},
)


def hums(*rows: str, **keys: object) -> DecodedRecording:
    text = "\n".join(("Zeit;Drehzahl;Drehmoment 1;Modus", ";%;%;", *rows, ""))
    return decode(text.encode("cp1252"), HUMS.model_copy(update=keys))


def test_an_export_declared_wholly_in_yaml_is_read():
    decoded = hums("06.05.2024 09:59:07;100,25;---;A", "06.05.2024 09:59:08;1,0025E2;55;n/a")
    rotor, torque, mode = decoded.series.values()
    assert list(decoded.series) == ["rotor_speed_pct", "drehmoment_1", "modus"]
    assert to_values(rotor)[:, 0].tolist() == [100.25, 100.25]
    assert (rotor.parameter.unit, torque.rows.tolist(), mode.text) == ("%", [1], ("A",))
    assert decoded.started_at == datetime(2024, 5, 6, 7, 59, 7, tzinfo=UTC)
    assert decoded.notes == ()


def test_elapsed_seconds_have_no_date():
    decoded = hums("0,0;100;1;A", "1,0;100;1;A", "5,0;100;1;A", time_format="elapsed_s")
    assert decoded.second.tolist() == [0, 1, 5]
    assert decoded.started_at is None


def test_several_rows_a_second_are_samples():
    rows = [f"{at / 4};100;{at};A" for at in range(12)]
    decoded = hums(*rows, time_format="elapsed_s")
    torque = decoded.series["drehmoment_1"]
    assert decoded.second.tolist() == [0, 1, 2]
    assert torque.counts.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert torque.offsets_s == (0.0, 0.25, 0.5, 0.75)


def fast_rows(*clock: float) -> list[str]:
    return [f"{second:.2f};100;{at};A" for at, second in enumerate(clock)]


def test_fast_rows_out_of_order_are_noted_and_too_many_refused():
    clock = [at / 2 for at in range(60)]
    clock[7] = 0.0
    rows = fast_rows(*clock)
    assert hums(*rows, time_format="elapsed_s").notes == (
        "1 of 60 rows are left out: their time is out of order, or more than 2 stand in its "
        "second, first line 10",
    )
    with pytest.raises(RecordingRefused, match="time_not_monotonic") as caught:
        hums(
            *(row for pair in zip(rows, rows[::-1], strict=True) for row in pair),
            time_format="elapsed_s",
        )
    assert "at most 10% may be" in caught.value.detail


def test_fast_rows_keep_every_sample_of_a_clock_of_hundredths():
    decoded = hums(*fast_rows(*(at // 0.08 / 100 for at in range(80))), time_format="elapsed_s")
    torque = decoded.series["drehmoment_1"]
    assert torque.counts.reshape(-1).tolist() == list(range(80))
    assert (decoded.lost_s, decoded.notes) == (0, ())


@pytest.mark.parametrize("wrong_by_s", [-4e8, 180])
def test_a_fast_clock_that_is_set_is_a_remark_and_no_row_is_lost(wrong_by_s):
    clock = [1e9 + at / 4 + (wrong_by_s if at < 10 else 0) for at in range(400)]
    decoded = hums(*fast_rows(*clock), time_format="unix_s")
    assert decoded.series["drehmoment_1"].counts.reshape(-1).tolist() == list(range(400))
    assert decoded.started_at == datetime.fromtimestamp(1e9, UTC)
    (remark,) = (each for each in assess_quality(decoded, None, None) if "clock" in each.check)
    assert remark.detail.startswith("line 13: the clock jumps ")


def test_a_fast_block_that_stands_twice_is_a_remark_and_a_clock_set_often_is_refused():
    rows = fast_rows(*(at / 4 for at in range(400)))
    decoded = hums(*rows[:300], *rows[200:], time_format="elapsed_s")
    assert decoded.series["drehmoment_1"].counts.reshape(-1).tolist() == list(range(400))
    assert decoded.notes == (
        "100 of 500 rows repeat earlier ones and are left out, first line 303",
    )
    with pytest.raises(RecordingRefused, match=r"the clock jumps at \d+ of 80 rows"):
        hums(*fast_rows(*(at % 4 / 4 - at // 4 for at in range(80))), time_format="elapsed_s")


def test_fast_rows_in_one_place_or_without_time_are_noted():
    rows = [f"{at / 4};100;{at};A" for at in range(40)]
    decoded = hums(*rows[:6], *rows[5:20], *rows[24:], ";100;9;A", time_format="elapsed_s")
    assert decoded.notes == (
        "14 of 38 rows were moved by 1 or 2 samples because another row has the same time",
        "1 lines have no valid time; each is one sample after the line before",
    )


def test_words_in_a_column_of_numbers_are_noted():
    rows = [f"{second},0;100;{cell};A" for second, cell in enumerate(("1", "2", "ERR", "4"))]
    decoded = hums(*rows, time_format="elapsed_s")
    assert decoded.series["drehmoment_1"].parameter.is_text
    assert decoded.notes == (
        "column 'Drehmoment 1': 1 of 4 cells are no numbers, such as 'ERR'; "
        "the column is read as text unless `missing` has them",
    )


def test_a_column_without_latin_letters_is_named_by_its_number():
    decoded = decode(
        "Zeit;Высота;高度 (m);Скорость (km/h);7\n0,0;1;2;3;4\n1,0;1;2;3;4\n".encode("utf-16"),
        HUMS.model_copy(
            update={"time_format": "elapsed_s", "encoding": "utf-16", "units_line": None}
        ),
    )
    assert list(decoded.series) == ["column_2", "column_3_m", "column_4_km_h", "column_7"]
    assert decoded.series["column_2"].parameter.describes == "Высота"
    assert decoded.notes == (
        "3 columns have no letter from a to z in their name and are named by their number, first "
        "'Высота' as column_2: give their names in `columns`",
    )


def test_rows_in_no_order_of_time_are_refused_with_the_first_of_them():
    rows = [f"{7919 * second % 997},0;100;1;A" for second in range(40)]
    with pytest.raises(RecordingRefused) as caught:
        hums(*rows, time_format="elapsed_s")
    assert caught.value.reason == "time_not_monotonic"
    assert caught.value.detail.startswith("the clock jumps at 36 of 40 rows, first line 5: ")
    assert caught.value.evidence.startswith(rows[2].encode())


RECORDERS = (
    RECORDER,
    HUMS,
    HUMS.model_copy(update={"time_format": "unix_ms", "encoding": "utf-16"}),
)
LINES = st.text(st.sampled_from('0123456789-:.,;eE+# "\r\n\t\0abT_nN°'), max_size=300)


@given(st.sampled_from(RECORDERS), LINES.map(str.encode) | st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(recorder, noise):
    head = HEAD if recorder is RECORDER else "Zeit;NG\n"
    try:
        decoded = decode(head.encode(recorder.encoding or "utf-8") + noise, recorder)
        rows = min(
            len(decoded.second), *(len(to_values(s)) + 1 for s in decoded.series.values()), 9
        )
    except RecordingRefused:
        rows = 1
    assert rows


NEWER = REAL.parents[1] / "garmin/flight_1936026_excerpt.csv"


@pytest.mark.skipif(
    not NEWER.exists(), reason="the newer log lies beside the repository, not in it"
)
def test_a_newer_log_with_a_torn_end_is_read():
    raw = NEWER.read_bytes()
    decoded = decode(raw, RECORDER)
    lines = [line for line in raw.rstrip(b"\0").split(b"\n")[3:] if line.strip()]
    assert len(decoded.second) == len(lines)
    assert decoded.series["altgps_ft_wgs"].parameter.unit == "ft wgs"
    assert any("cut off in column 28 of 45" in note for note in decoded.notes)
    assert "507904 bytes of 0x00 between the lines are left out" in decoded.notes
    assert decoded.started_at.date().isoformat() == "2024-07-20"


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real log lies beside the repository, not in it")
def test_every_cell_of_a_real_log_is_read_unchanged():
    lines = REAL.read_bytes().decode().split("\n")
    header = [cell.strip() for cell in lines[2].split(",")]
    cells = [[cell.strip() for cell in line.split(",")] for line in lines[3:]]
    decoded = decode(REAL.read_bytes(), RECORDER)
    assert len(decoded.second) == len(cells) == 3967
    assert decoded.duration_s == 4039
    assert decoded.started_at == datetime(2011, 8, 12, 14, 59, 7, tzinfo=UTC)
    for series in decoded.series.values():
        column = header.index(series.parameter.describes)
        kept = {
            r: line[column] for r, line in enumerate(cells) if len(line) > column and line[column]
        }
        kept.pop(len(cells) - 1, None) if column == len(cells[-1]) - 1 else None
        assert series.rows.tolist() == list(kept)
        if series.parameter.is_text:
            assert [series.text[count] for count in series.counts[:, 0]] == list(kept.values())
        else:
            assert np.array_equal(to_values(series)[:, 0], [float(cell) for cell in kept.values()])
