import numpy as np
import pytest

from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.layout import Linear
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.simulator.layouts import generic_layout


def decoded(counts: list[int], name: str = "software_version") -> DecodedRecording:
    parameter = generic_layout().parameters["software_version"]
    assert parameter.conversion == Linear(kind="linear", scale=0.01)
    rows = np.arange(len(counts), dtype=np.int32)
    series = Series(parameter, rows, np.array(counts, np.int32)[:, None], (0.0,))
    return DecodedRecording(rows, {name: series}, None, "le16", len(counts), 0)


def test_what_most_samples_say_is_told_as_it_reads_in_units():
    assert software_version(decoded([412, 412, 7, MISSING, 412])) == "4.12"


@pytest.mark.parametrize("unknown", [decoded([]), decoded([MISSING] * 3), decoded([412], "roll")])
def test_a_recording_that_does_not_tell_has_none(unknown: DecodedRecording):
    assert software_version(unknown) is None
