import numpy as np
import pytest

from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.layout import Linear
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.simulator.layouts import generic_layout


def make_decoded(counts: list[int], name: str = "software_version") -> DecodedRecording:
    parameter = generic_layout().parameters["software_version"]
    assert parameter.conversion == Linear(kind="linear", scale=0.01)
    rows = np.arange(len(counts), dtype=np.int32)
    series = Series(parameter, rows, np.array(counts, np.int32)[:, None], (0.0,))
    return DecodedRecording(rows, {name: series}, None, "le16", len(counts), 0)


def test_the_version_is_the_most_frequent_value_in_its_unit():
    assert software_version(make_decoded([412, 412, 7, MISSING, 412])) == "4.12"


@pytest.mark.parametrize(
    "unknown", [make_decoded([]), make_decoded([MISSING] * 3), make_decoded([412], "roll")]
)
def test_a_recording_without_version_samples_has_none(unknown: DecodedRecording):
    assert software_version(unknown) is None
