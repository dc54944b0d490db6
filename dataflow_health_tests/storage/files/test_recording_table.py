from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.layout import Parameter
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.storage.files import recording_table

NUMBER = Parameter.model_validate(
    {"words": [2], "conversion": {"kind": "linear", "scale": 0.5, "offset": -3}, "unit": "deg"}
)
TEXT = Parameter.model_validate({"words": [3], "bits": [1, 8], "coding": "characters"})


@st.composite
def recordings(draw: st.DrawFn) -> DecodedRecording:
    second = np.array(sorted(draw(st.sets(st.integers(0, 500), min_size=1, max_size=20))), np.int32)
    series = {}
    for number in range(draw(st.integers(0, 4))):
        rate = draw(st.sampled_from([1, 2, 8]))
        every = draw(st.booleans())
        picked = st.sets(st.integers(0, len(second) - 1), min_size=1)
        rows = range(len(second)) if every else sorted(draw(picked))
        shape = (len(rows), rate)
        low, high = draw(st.sampled_from([(0, 4095), (-(2**15), 2**15 - 1), (-(2**31), 2**31 - 1)]))
        values = draw(
            st.lists(st.integers(low, high), min_size=shape[0] * rate, max_size=shape[0] * rate)
        )
        series[f"p{number}"] = Series(
            NUMBER,
            np.array(rows, np.int32),
            np.array(values, np.int32).reshape(shape),
            tuple(k / rate for k in range(rate)),
        )
    started_at = draw(st.sampled_from([None, datetime(2026, 11, 20, 8, tzinfo=UTC)]))
    return DecodedRecording(second, series, started_at, "packed", int(second[-1]) + 1, 0)


@given(recordings())
def test_a_recording_comes_back_count_for_count(made: DecodedRecording) -> None:
    table = recording_table.to_table(made, {"tail": "HB-ZAA"})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    back = recording_table.from_table(pa.ipc.open_file(sink.getvalue()).read_all())
    np.testing.assert_array_equal(back.second, made.second)
    assert (back.started_at, back.encoding) == (made.started_at, made.encoding)
    assert list(back.series) == list(made.series)
    for name, series in made.series.items():
        np.testing.assert_array_equal(back.series[name].rows, series.rows)
        np.testing.assert_array_equal(back.series[name].counts, series.counts)
        assert back.series[name].offsets_s == series.offsets_s
        assert back.series[name].parameter.conversion == series.parameter.conversion


def test_text_comes_back_with_its_words() -> None:
    rows = np.array([0], np.int32)
    series = Series(TEXT, rows, np.array([[1]], np.int32), (0.0,), ("", "HB-ZAA"))
    made = DecodedRecording(np.array([0, 1], np.int32), {"tail": series}, None, "packed", 2, 0)
    back = recording_table.from_table(recording_table.to_table(made, {}))
    assert back.series["tail"].text == ("", "HB-ZAA")
    assert back.series["tail"].parameter.is_text


def test_counts_that_fit_take_two_bytes() -> None:
    rows = np.arange(2, dtype=np.int32)
    small = Series(NUMBER, rows, np.array([[4095], [0]], np.int32), (0.0,))
    large = Series(NUMBER, rows, np.array([[1 << 20], [0]], np.int32), (0.0,))
    made = DecodedRecording(rows, {"small": small, "large": large}, None, "packed", 2, 0)
    table = recording_table.to_table(made, {})
    assert (table["small"].type, table["large"].type) == (pa.int16(), pa.int32())
