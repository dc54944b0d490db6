import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc767.frame_samples import (
    empty_series,
    extract_series,
    group_frames,
)
from dataflow_health.flight.arinc767.frames import find_frames
from dataflow_health.flight.layout import Linear, Parameter, Part
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import MISSING, Series
from dataflow_health_tests.flight.arinc767.frame_encoder import frame, pack, placed


def group(*frames_: tuple[int, bytes]):
    raw = b"".join(frame(3, tag, data) for tag, data in frames_)
    found = find_frames(raw)
    return group_frames(raw, found, found.tag_ms)


def samples_of(parameter: Parameter, *frames_: tuple[int, bytes]) -> Series:
    found = group(*frames_)
    return extract_series(found, parameter, found.second)


def series_of(parameter: Parameter, *data: bytes) -> Series:
    return samples_of(parameter, *((1000 * at, each) for at, each in enumerate(data)))


@given(st.data())
def test_a_field_starts_at_any_bit(data):
    width = data.draw(st.integers(1, 32))
    before = data.draw(st.integers(0, 20))
    value = data.draw(st.integers(0, 2**width - 1))
    raw = (
        pack((data.draw(st.integers(0, 2**20)), before), (value, width), (1, 3))
        if before
        else (pack((value, width), (1, 3)))
    )
    found = series_of(placed(before + 1, width), raw)
    assert to_values(found)[:, 0].tolist() == [value]


@pytest.mark.parametrize(
    ("parameter", "data", "values"),
    [
        (placed(1, 8, coding="bnr", conversion=Linear(scale=0.5)), b"\xff", -0.5),
        (placed(1, 8, coding="discrete"), b"\x01", 1),
        (placed(1, 8, coding="bcd"), b"\x42", 42),
        (placed(1, 32, conversion=Linear(scale=0.25)), b"\xff\xff\xff\xff", (2**32 - 1) / 4),
        (placed(1, 32, coding="float"), struct.pack(">f", 0.1), float(np.float32(0.1))),
        (placed(1, 32, coding="float", conversion=Linear(scale=2)), struct.pack(">f", 1.5), 3),
        (placed(1, 32, coding="float"), struct.pack(">f", -0.0), 0),
    ],
)  # fmt: skip
def test_bits_become_values_by_coding_and_conversion(parameter, data, values):
    assert to_values(series_of(parameter, data))[:, 0].tolist() == [values]


def test_not_a_number_is_missing_and_the_rest_stays():
    found = series_of(
        placed(1, 32, coding="float"), *(struct.pack(">f", x) for x in (2.0, float("nan"), 1.0))
    )
    assert found.rows.tolist() == [0, 2]
    assert to_values(found)[:, 0].tolist() == [2.0, 1.0]
    infinite = series_of(placed(1, 32, coding="float"), struct.pack(">f", float("inf")))
    assert len(infinite.rows) == 0


def test_characters_are_text():
    found = series_of(placed(5, 16, coding="characters"), pack((0, 4), (0x4142, 16)), bytes(3))
    assert [found.text[count] for count in found.counts[:, 0]] == ["AB", ""]


def test_several_frames_a_second_are_columns_with_their_times():
    data = [(200 * at, bytes([at])) for at in range(10) if at != 7]
    found = samples_of(placed(1, 8), *data)
    assert found.offsets_s == (0.0, 0.2, 0.4, 0.6, 0.8)
    assert found.counts.tolist() == [[0, 1, 2, 3, 4], [5, 6, MISSING, 8, 9]]


@given(
    st.sampled_from([1, 2, 4, 8, 10, 16, 32, 64]),
    st.floats(0, 0.9),
    st.lists(st.integers(-20, 20), min_size=100, max_size=150),
)
def test_tags_cut_off_to_milliseconds_or_with_jitter_lose_no_frame(rate_hz, delay, jitter):
    tags = [int((at + 1 + delay + each / 100) * 1000 / rate_hz) for at, each in enumerate(jitter)]
    found = group(*((tag, b"a") for tag in tags))
    assert (np.diff(found.cell) > 0).all()
    assert (len(found.cell), len(found.left_out)) == (len(tags), 0)


def test_a_rate_between_whole_numbers_has_a_place_for_every_frame():
    found = group(*((400 * at, b"a") for at in range(50)))
    assert (len(found.cell), len(found.offsets_s)) == (50, 3)


def test_sixteen_frames_a_second_with_tags_in_milliseconds_fill_every_cell():
    found = samples_of(placed(1, 8), *((at * 1000 // 16, bytes([at])) for at in range(64)))
    assert found.counts.reshape(-1).tolist() == list(range(64))
    assert found.offsets_s[:4] == (0.0, 0.062, 0.125, 0.187)


def test_slow_frames_have_one_column_and_rows_apart():
    found = samples_of(placed(1, 8), (50, b"a"), (4050, b"b"), (8050, b"c"))
    assert (found.offsets_s, found.counts[:, 0].tolist()) == ((0.05,), [97, 98, 99])


def test_a_frame_that_is_not_recorded_gives_no_rows():
    assert empty_series(placed(1, 8)).counts.shape == (0, 1)


def test_a_parameter_of_words_is_a_type_error():
    with pytest.raises(TypeError, match="ARINC 717"):
        series_of(Parameter(samples=((Part(word=1),),)), b"a")
