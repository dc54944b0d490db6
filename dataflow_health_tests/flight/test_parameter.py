"""Counts, values and texts, compared with Python's integers and decimals."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.layout import Linear, Parameter, Polynomial, Table
from dataflow_health.flight.parameter import (
    character_widths,
    decoded_flight,
    field_to_count,
    field_to_text,
    format_counts,
    to_values,
)
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series


def two_words(coding: str, width: int, **given) -> Parameter:
    """A parameter of any width up to 24 bits."""
    high = width - min(width, 12)
    parts = [{"word": 2, "bits": [1, high]}] if high else []
    parts.append({"word": 3, "bits": [1, min(width, 12)]})
    return Parameter(coding=coding, samples=[parts], **given)


def make_series(counts, **given) -> Series:
    table = np.array(counts, np.int32).reshape(len(counts), -1)
    rows = np.arange(len(counts), dtype=np.int32)
    return Series(Parameter(words=[2], **given), rows, table, (0.0,))


def count_of(field: int, parameter: Parameter) -> int:
    return int(field_to_count(np.array([[field]], np.int64), parameter)[0, 0])


@given(st.integers(2, 24), st.data())
def test_twos_complement_of_any_width(width, data):
    count = data.draw(st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1))
    assert count_of(count % 2**width, two_words("bnr", width)) == count


@given(st.integers(2, 24), st.data())
def test_sign_and_magnitude_of_any_width(width, data):
    magnitude, negative = data.draw(st.integers(0, 2 ** (width - 1) - 1)), data.draw(st.booleans())
    field = magnitude + (2 ** (width - 1) if negative else 0)
    assert count_of(field, two_words("sign_magnitude", width)) == (
        -magnitude if negative else magnitude
    )


@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.data())
def test_decimal_digits_of_any_widths(widths, data):
    digits = [data.draw(st.integers(0, min(9, 2**width - 1))) for width in widths]
    field = 0
    for digit, width in zip(digits, widths, strict=True):
        field = field * 2**width + digit
    parameter = two_words("bcd", sum(widths), digits=widths)
    assert count_of(field, parameter) == int("".join(map(str, digits)))


def test_decimal_digits_are_fours_with_the_rest_in_front():
    assert count_of(0b11_1001_0111, two_words("bcd", 10)) == 397


@pytest.mark.parametrize("digit", range(10, 16))
def test_a_digit_above_nine_is_a_missing_sample(digit):
    assert count_of(digit << 4 | 5, two_words("bcd", 8)) == MISSING
    assert count_of(5 << 4 | digit, two_words("bcd", 8)) == MISSING


@given(st.integers(0, 2**31 - 1))
def test_unsigned_fields_are_their_own_count(field):
    parts = [{"word": 2, "bits": [1, 7]}, {"word": 3}, {"word": 4}]
    assert count_of(field, Parameter(samples=[parts])) == field


def test_no_unsigned_field_is_wider_than_a_count():
    parts = [{"word": 2, "bits": [1, 8]}, {"word": 3}, {"word": 4}]
    with pytest.raises(ValueError, match="32 bits, at most 31"):
        Parameter(samples=[parts])
    assert Parameter(samples=[parts], coding="bnr").width == 32
    assert Parameter(samples=[[*parts, *parts]], coding="characters").width == 64


@given(st.lists(st.text("ABC-19é", min_size=3, max_size=3), min_size=1, max_size=9))
def test_text_is_one_count_for_each_string(strings):
    codes = np.array([[ord(letter) for letter in string] for string in strings])
    counts, text = field_to_text(codes, (8, 8, 8))
    assert [text[count] for count in counts] == strings
    assert list(text) == sorted(set(strings))


def test_unused_places_are_dropped_and_damage_is_shown():
    codes = np.array([[72, 0, 66], [72, 66, 32], [72, 7, 66]])
    counts, text = field_to_text(codes, (7, 7, 7))
    assert [text[count] for count in counts] == ["HB", "HB", "H\ufffdB"]


def test_text_of_no_samples_is_no_text():
    counts, text = field_to_text(np.empty((0, 3), np.int64), (8, 8, 8))
    assert (counts.shape, text) == ((0,), ())


def test_characters_are_as_wide_as_declared_or_as_their_parts():
    seven = Parameter(coding="characters", samples=[[{"word": 2, "bits": [1, 7]}] * 3])
    whole = Parameter(coding="characters", samples=[[{"word": 2}, {"word": 3}]])
    odd = Parameter(coding="characters", samples=[[{"word": 2}, {"word": 3, "bits": [1, 9]}]])
    declared = seven.model_copy(update={"digits": (5, 8, 8)})
    assert character_widths(seven) == (7, 7, 7)
    assert character_widths(whole) == (8, 8, 8)
    assert character_widths(odd) == (7, 7, 7)
    assert character_widths(declared) == (5, 8, 8)


@given(st.integers(-(2**31) + 1, 2**31 - 1), st.integers(0, 9))
def test_a_decimal_scale_gives_the_nearest_float(count, decimals):
    series = make_series([count], conversion=Linear(scale=1 / 10**decimals))
    assert to_values(series)[0, 0] == float(Fraction(count, 10**decimals))


def test_linear_polynomial_and_table_conversions():
    counts = [-2, 0, 3]
    linear = make_series(counts, conversion=Linear(scale=0.5, offset=-1))
    curve = Polynomial(kind="polynomial", coefficients=(1, 2, 3))
    table = Table(kind="table", points=((-1, 5), (1, 15), (2, 0)))
    assert to_values(linear)[:, 0].tolist() == [-2, -1, 0.5]
    assert to_values(make_series(counts, conversion=curve))[:, 0].tolist() == [9, 1, 34]
    assert to_values(make_series(counts, conversion=table))[:, 0].tolist() == [5, 10, 0]


def test_missing_samples_and_text_have_no_value():
    assert np.isnan(to_values(make_series([MISSING, 1]))[0, 0])
    named = Parameter(words=[2], coding="characters")
    nothing = np.zeros(1, np.int32)
    text = Series(named, nothing, nothing[:, None], (0.0,), ("HB-ZAA",))
    assert np.isnan(to_values(text)).all()
    assert format_counts(text) == (np.zeros(1, np.int32), ["HB-ZAA"])


def test_zero_has_no_sign():
    values = to_values(make_series([0], conversion=Linear(scale=-0.3)))
    assert math.copysign(1, values[0, 0]) == 1


@given(
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=20),
    st.floats(-1e6, 1e6, allow_subnormal=False).filter(bool),
    st.floats(-1e6, 1e6),
)
def test_text_reads_back_as_exactly_the_value(counts, scale, offset):
    series = make_series(counts, conversion=Linear(scale=scale, offset=offset))
    distinct, written = format_counts(series)
    assert distinct.tolist() == sorted(set(counts))
    by_count = dict(zip(distinct.tolist(), written, strict=True))
    for count, value in zip(counts, to_values(series)[:, 0].tolist(), strict=True):
        if count == MISSING:
            assert by_count[count] == ""
        else:
            assert float(by_count[count]) == value
            assert not by_count[count].endswith(".0")


def test_a_missing_text_is_empty():
    letters = {"word": 2, "bits": [1, 8]}
    series = Series(
        Parameter(samples=[[letters]], coding="characters"), np.array([0, 1], np.int32),
        np.array([[0], [MISSING]], np.int32), (0.0,), ("A",),
    )  # fmt: skip
    distinct, written = format_counts(series)
    assert dict(zip(distinct.tolist(), written, strict=True)) == {0: "A", MISSING: ""}


def test_a_missing_number_has_no_text():
    distinct, written = format_counts(make_series([7, MISSING]))
    assert dict(zip(distinct.tolist(), written, strict=True)) == {7: "7", MISSING: ""}


def test_text_is_the_shortest_decimal():
    series = make_series([52, 3, -1], conversion=Linear(scale=0.1))
    assert format_counts(series)[1] == ["-0.1", "0.3", "5.2"]
    assert format_counts(make_series([52]))[1] == ["52"]


def test_a_flight_has_the_values_of_a_recording_in_their_seconds_and_no_text():
    parameter = {"samples": [[{"word": 2}]]}
    slow = Series(Parameter(**parameter), np.array([1], np.int32), np.array([[7]]), (0.0,))
    text = Series(Parameter(**parameter, coding="characters"), slow.rows, slow.counts, (0.0,))
    series = {"slow": slow, "text": text, "other": slow}
    recording = DecodedRecording(np.array([0, 1, 5], np.int32), series, None, "packed", 6, 3)
    flight = decoded_flight(recording)
    assert set(flight.values) == {"slow", "other"}
    np.testing.assert_array_equal(flight.values["slow"], [[math.nan], [7], [math.nan]])
    assert list(decoded_flight(recording, {"slow", "absent"}).values) == ["slow"]
