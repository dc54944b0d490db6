import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight import parameter as decoder
from dataflow_health.flight.layout import Parameter
from dataflow_health.flight.recording import Series
from dataflow_health.simulator.convert import (
    count_limits,
    text_fields,
    to_counts,
    to_fields,
    to_values,
)
from dataflow_health.simulator.layouts import generic_layout

NUMBERS = {
    name: parameter
    for name, parameter in generic_layout().parameters.items()
    if not parameter.is_text
}


def parameter(**keys) -> Parameter:
    return Parameter.model_validate({"words": [2]} | keys)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_count_is_unchanged_after_converting_to_a_value_and_back(name):
    low, high = count_limits(NUMBERS[name])
    counts = np.unique(np.linspace(low, high, 5000).astype(np.int64))
    assert np.array_equal(to_counts(NUMBERS[name], to_values(NUMBERS[name], counts)), counts)


@pytest.mark.parametrize("name", NUMBERS)
def test_values_equal_those_of_the_decoder(name):
    low, high = count_limits(NUMBERS[name])
    counts = np.linspace(low, high, 999).astype(np.int32)[:, None]
    series = Series(NUMBERS[name], np.arange(len(counts), dtype=np.int32), counts, (0.0,))
    ours, decoded = to_values(NUMBERS[name], counts), decoder.to_values(series)
    assert np.allclose(ours, decoded, rtol=1e-12, atol=1e-12)


@given(st.sampled_from(["unsigned", "bnr", "sign_magnitude", "bcd"]), st.integers(2, 12), st.data())
def test_encoded_fields_are_decoded_to_the_same_count(coding, width, data):
    digits = ((width % 4,) if width % 4 else ()) + (4,) * (width // 4) if coding == "bcd" else ()
    given_parameter = parameter(coding=coding, bits=[1, width], digits=digits)
    if coding == "bcd":
        drawn_digits = [data.draw(st.integers(0, min((1 << bits) - 1, 9))) for bits in digits]
        count = int("".join(map(str, drawn_digits)))
    else:
        count = data.draw(st.integers(*count_limits(given_parameter)))
    field = to_fields(given_parameter, np.array([[count]]))
    assert 0 <= int(field[0, 0]) < 1 << width
    assert decoder.field_to_count(field, given_parameter).tolist() == [[count]]


def test_values_beyond_the_field_are_clipped():
    eight = parameter(bits=[1, 8], coding="bnr")
    assert to_counts(eight, [-1000.0, 1000.0]).tolist() == [-128, 127]


def test_text_is_padded_and_cut_to_its_samples():
    parts = [
        [{"word": 2 + 2 * k, "bits": [1, 8]}, {"word": 3 + 2 * k, "bits": [1, 8]}] for k in (0, 1)
    ]
    text = Parameter.model_validate({"coding": "characters", "samples": parts})
    assert text_fields(text, "ABC").tolist() == [0x4142, 0x4320]
    assert text_fields(text, "ABCDE").tolist() == [0x4142, 0x4344]


def test_a_falling_polynomial_is_inverted():
    falling = parameter(bits=[1, 8], conversion={"kind": "polynomial", "coefficients": [10, -0.5]})
    assert to_counts(falling, to_values(falling, np.arange(256))).tolist() == list(range(256))
