import pytest

from dataflow_health.flight.layout_trial import ParameterTrial, try_parameters
from dataflow_health.flight.recording import MISSING
from dataflow_health.flight.vocabulary import Term
from dataflow_health_tests.flight.test_parameter_mapping import make_recording, make_series


def test_each_parameter_has_its_extremes_largest_step_and_share_out_of_range() -> None:
    recording = make_recording(
        n1=make_series([50, -54, MISSING], "%", valid_range=(0, 110)),
        still=make_series([7, 7, 7], "C"),
        roll_deg=make_series([200, 1, 2], "deg"),
        empty=make_series([MISSING] * 3),
        label=make_series([0, 0, 0], coding="characters"),
    )
    trials = try_parameters(
        recording, {"roll_deg": Term(describes="Bank.", unit="deg", plausible_range=(-180, 180))}
    )
    assert trials == {
        "n1": ParameterTrial("%", 2, -54, 50, 104, 0.5),
        "still": ParameterTrial("C", 3, 7, 7, 0, None, is_constant=True),
        "roll_deg": ParameterTrial("deg", 3, 1, 200, 199, pytest.approx(1 / 3)),
        "empty": ParameterTrial("", 0),
    }
